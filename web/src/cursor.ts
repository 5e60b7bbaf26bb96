// The cursor of a list, and the way from a ticket to its neighbours in the list that led to it.

const LAST_LIST = "ds-last-list";

interface LastList {
  url: string;
  title: string;
  numbers: string[];
}

export function cursor(): HTMLElement | null {
  return document.querySelector<HTMLElement>(".ds-row[data-cursor]");
}

/** The next or previous row, or on a ticket page the next or previous ticket. */
export function moveCursor(step: 1 | -1): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>(".ds-row")];
  if (rows.length === 0) return goTo(step);
  const now = cursor();
  const next = rows[now ? Math.min(Math.max(rows.indexOf(now) + step, 0), rows.length - 1) : 0];
  now?.removeAttribute("data-cursor");
  next?.setAttribute("data-cursor", "");
  next?.querySelector<HTMLAnchorElement>("a")?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
  return true;
}

/** The list as it is now is where tickets opened from here come from. */
export function rememberList(): void {
  const numbers = [...document.querySelectorAll<HTMLElement>(".ds-row")].map((row) => row.dataset["number"] ?? "");
  const title = document.querySelector(".ds-bar h1")?.textContent ?? "Tickets";
  const last: LastList = { url: location.pathname + location.search, title, numbers };
  sessionStorage.setItem(LAST_LIST, JSON.stringify(last));
}

/** The way back and "3 of 23", from the list that led here. */
export function showPosition(): void {
  const last = lastList();
  const back = document.querySelector<HTMLAnchorElement>("[data-back]");
  if (!last || !back) return;
  back.href = last.url;
  const words = back.querySelector("span");
  if (words) words.textContent = last.title;
  const place = document.getElementById("position");
  const at = last.numbers.indexOf(ticketNumber());
  if (!place || at < 0) return;
  place.hidden = false;
  place.textContent = `${at + 1} of ${last.numbers.length}`;
  showNeighbour("previous", last.numbers[at - 1]);
  showNeighbour("next", last.numbers[at + 1]);
}

/** At either end of the list there is none: its place stays empty. */
function showNeighbour(id: string, number: string | undefined): void {
  const link = document.querySelector<HTMLAnchorElement>(`a#${id}`);
  if (!link) return;
  link.hidden = false;
  link.style.visibility = number === undefined ? "hidden" : "visible";
  if (number !== undefined) link.href = `/workspace/items/${number}`;
}

function goTo(step: number): boolean {
  const last = lastList();
  const number = ticketNumber();
  if (!last || number === "") return false;
  const next = last.numbers[last.numbers.indexOf(number) + step];
  if (next !== undefined && last.numbers.includes(number)) location.assign(`/workspace/items/${next}`);
  return true;
}

function ticketNumber(): string {
  return document.querySelector<HTMLElement>("[data-ticket]")?.dataset["number"] ?? "";
}

function lastList(): LastList | null {
  const kept = sessionStorage.getItem(LAST_LIST);
  return kept === null ? null : (JSON.parse(kept) as LastList);
}
