// Menus are popovers with forms: they open and post without a script. This places them, moves through them by keys,
// narrows lists of people, and fetches the menu of a row.
import htmx from "htmx.org";

import { fold } from "./words";

const GAP = 4;

/** The element that opened a menu. */
const openers = new WeakMap<HTMLElement, HTMLElement>();

export function startMenus(): void {
  document.addEventListener(
    "click",
    (event) => {
      const opener = (event.target as Element).closest<HTMLElement>("[popovertarget]");
      const menu = opener && document.getElementById(opener.getAttribute("popovertarget") ?? "");
      if (opener && menu) openers.set(menu, opener);
      const rowButton = (event.target as Element).closest<HTMLElement>("[data-menu]");
      const row = rowButton?.closest<HTMLElement>("[data-number]");
      if (rowButton && row) void openRowMenu(row, rowButton.dataset["menu"] ?? "assignee", rowButton);
    },
    true,
  );
  document.addEventListener("toggle", opened, true);
  document.addEventListener("keydown", moved);
  document.addEventListener("input", narrowed);
}

/** The menu `what` of a ticket opens at its row. */
export async function openRowMenu(row: HTMLElement, what: string, anchor: HTMLElement): Promise<void> {
  const menu = rowMenu();
  if (menu.matches(":popover-open")) menu.hidePopover();
  await htmx.ajax("get", `/workspace/items/${row.dataset["number"]}/menus/${what}`, { target: menu, swap: "innerHTML" });
  if (menu.childElementCount === 0) return;
  openers.set(menu, anchor);
  menu.showPopover();
}

/** A menu of the page's own ticket opens; false where there is none. */
export function openPick(what: string): boolean {
  const menu = document.getElementById(`pick-${what}`);
  const opener = document.querySelector<HTMLElement>(`[popovertarget="pick-${what}"]`);
  if (!menu || !opener) return false;
  openers.set(menu, opener);
  menu.showPopover();
  return true;
}

function rowMenu(): HTMLElement {
  const there = document.getElementById("row-menu");
  if (there) return there;
  const made = document.createElement("div");
  made.id = "row-menu";
  made.className = "ds-menu";
  made.popover = "auto";
  document.body.append(made);
  return made;
}

function opened(event: Event): void {
  const menu = event.target as HTMLElement;
  if (!(menu instanceof HTMLElement) || !menu.classList.contains("ds-menu")) return;
  const opener = openers.get(menu);
  if ((event as ToggleEvent).newState !== "open") {
    opener?.setAttribute("aria-expanded", "false");
    if (opener?.isConnected && (document.activeElement === document.body || menu.contains(document.activeElement))) opener.focus();
    return;
  }
  opener?.setAttribute("aria-expanded", "true");
  if (opener) place(menu, opener);
  (menu.querySelector<HTMLElement>("[data-narrow]") ?? options(menu)[0])?.focus();
}

/** Under its opener, above it where there is no room, always inside the window. */
function place(menu: HTMLElement, opener: HTMLElement): void {
  const from = opener.getBoundingClientRect();
  const size = menu.getBoundingClientRect();
  const below = from.bottom + GAP + size.height <= innerHeight - GAP;
  const top = below ? from.bottom + GAP : Math.max(GAP, from.top - GAP - size.height);
  const left = Math.min(Math.max(GAP, from.left), Math.max(GAP, innerWidth - size.width - GAP));
  // Where the browser has placed it before this, it would flip these places, too.
  Object.assign(menu.style, { positionArea: "none", positionTryFallbacks: "none", margin: "0", top: `${top}px`, left: `${left}px` });
}

function options(menu: HTMLElement): HTMLElement[] {
  return [...menu.querySelectorAll<HTMLElement>(".ds-option:not([hidden]), input, select, .btn")].filter(
    (option) => option.matches(":is(a, button, input:not([type=hidden]), select)") && option.offsetParent !== null,
  );
}

function moved(event: KeyboardEvent): void {
  const menu = (event.target as Element).closest<HTMLElement>(".ds-menu");
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  const field = event.target as HTMLElement;
  if (field.matches("select") || (field.matches("input") && ["Home", "End"].includes(event.key))) return;
  const all = options(menu);
  const at = all.indexOf(document.activeElement as HTMLElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key] ?? 0;
  all[(next + all.length) % all.length]?.focus();
  event.preventDefault();
}

function narrowed(event: Event): void {
  const field = event.target as HTMLInputElement;
  if (!field.matches("[data-narrow]")) return;
  const words = fold(field.value);
  for (const option of field.closest("form")?.querySelectorAll<HTMLElement>(".ds-option") ?? []) {
    option.hidden = !fold(option.textContent ?? "").includes(words);
  }
}

/** Enter in the field takes the first that is left. */
document.addEventListener("keydown", (event) => {
  const field = event.target as HTMLElement;
  if (event.key !== "Enter" || !field.matches("[data-narrow]")) return;
  event.preventDefault();
  field.closest("form")?.querySelector<HTMLElement>(".ds-option:not([hidden])")?.click();
});
