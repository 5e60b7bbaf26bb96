// Live pages: events say which tickets changed; what the page shows of them is fetched once, in parts, and replaced.
import htmx from "htmx.org";

import { announce } from "./announce";
import type { DeskEvent, Live } from "./live";

/** Events of a burst are taken together; a busy desk does not make a page ask more than once a second. */
const SOON_MS = 120;
const LEAST_MS = 1000;
const MOST_IDS = 50;
/** Older entries of a long conversation do not change. */
const LIVE_ENTRIES = 150;

/** Calls `run` soon after the first call, and then at most once in `LEAST_MS`. */
function gathered(run: () => Promise<unknown>): () => void {
  let timer = 0;
  let last = 0;
  let running = false;
  let again = false;
  const call = async () => {
    timer = 0;
    running = true;
    last = Date.now();
    try {
      await run();
    } catch {
      // Away for a moment: the stream says when it is back, and then all is read anew.
    } finally {
      running = false;
      if (again) {
        again = false;
        soon();
      }
    }
  };
  const soon = () => {
    if (running) again = true;
    else if (timer === 0) timer = window.setTimeout(() => void call(), Math.max(SOON_MS, last + LEAST_MS - Date.now()));
  };
  return soon;
}

/** The list keeps up with `live`; returns what reads it anew. */
export function followList(live: Live, list: HTMLElement): () => void {
  const ids = new Set<string>();
  const fresh = new Set<string>();
  const soon = gathered(async () => {
    const asked = [...ids].slice(0, MOST_IDS);
    asked.forEach((id) => ids.delete(id));
    for (const id of asked) if (!document.getElementById(`row-${id}`)) fresh.add(id);
    const query = new URL(list.dataset["query"] ?? "/workspace", location.href).searchParams;
    query.set("changed", asked.join(","));
    query.set("fresh", [...fresh].slice(-200).join(","));
    query.set("have", have(document.querySelectorAll("#places, .ds-row")));
    await htmx.ajax("get", `/workspace/rows?${query}`, { swap: "none", target: "#told" });
    if (ids.size > 0) soon();
  });
  live.on((event) => {
    if (event.item_id !== null && event.type.startsWith("tickets.")) ids.add(event.item_id);
    if (event.type.startsWith("tickets.") || event.type.startsWith("intake.")) soon();
  });
  const all = () => {
    document.querySelectorAll<HTMLElement>(".ds-row[data-id]").forEach((row) => ids.add(row.dataset["id"] ?? ""));
    soon();
  };
  live.onMissed(all);
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    const target = (event as CustomEvent<{ target: HTMLElement }>).detail.target;
    if (target.id === "list-new") announce(target.textContent?.trim() ?? "");
  });
  return all;
}

/** The ticket page keeps up with `live`; returns what reads it anew. */
export function followTicket(live: Live, ticket: HTMLElement): () => void {
  const id = ticket.dataset["ticket"];
  const soon = gathered(async () => {
    const shown = [...document.querySelectorAll("[data-entry]")].slice(-LIVE_ENTRIES);
    const blocks = document.querySelectorAll("[data-live][id^='t-'], #places");
    const query = new URLSearchParams({ have: have([...blocks, ...shown]) });
    const entries = document.getElementById("entries");
    const atEnd = entries !== null && entries.scrollHeight - entries.scrollTop - entries.clientHeight < 80;
    const before = document.querySelectorAll("[data-entry]").length;
    await htmx.ajax("get", `/workspace/items/${ticket.dataset["number"]}/changed?${query}`, { swap: "none", target: "#told" });
    const added = [...document.querySelectorAll<HTMLElement>("[data-entry]")].slice(before);
    if (added.length > 0 && atEnd) entries?.scrollTo({ top: entries.scrollHeight });
    for (const entry of added) {
      announce(entry.getAttribute("aria-label") ?? "");
      document.dispatchEvent(new CustomEvent("ds:entry", { detail: entry }));
    }
  });
  const about = (event: DeskEvent) => event.item_id === id || event.type === "intake.quarantine.changed";
  live.on((event) => about(event) && soon());
  live.onMissed(soon);
  return soon;
}

/** Pages with neither: only the counts of the navigation move. */
export function followPlaces(live: Live): () => void {
  const soon = gathered(async () => {
    const query = new URLSearchParams({ have: have(document.querySelectorAll("#places")), here: placeNow() });
    await htmx.ajax("get", `/workspace/rows?${query}`, { swap: "none", target: "#told" });
  });
  live.on((event) => (event.type.startsWith("tickets.") || event.type.startsWith("intake.")) && soon());
  live.onMissed(soon);
  return soon;
}

export function placeNow(): string {
  return document.querySelector<HTMLElement>(".ds-place[aria-current]")?.dataset["place"] ?? "";
}

/** What the page has, as `id~rev` pairs. */
function have(elements: Iterable<Element>): string {
  return [...elements].map((element) => `${element.id}~${(element as HTMLElement).dataset["rev"] ?? ""}`).join(",");
}
