// Keys: single ones only outside fields, and only while they are switched on.
import { write } from "./composer";
import { cursor, moveCursor } from "./cursor";
import { openPick, openRowMenu } from "./menus";

const SWITCH = "ds-single-keys";
const PARTS = ["#nav", "#main", "#panel"];

export function startKeys(openPalette: () => void): void {
  const box = document.querySelector<HTMLInputElement>("#single-keys");
  if (box) {
    box.checked = on();
    box.addEventListener("change", () => localStorage.setItem(SWITCH, box.checked ? "on" : "off"));
  }
  document.querySelector("[data-keys]")?.addEventListener("click", showKeys);
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
    } else if (event.key === "F6") {
      event.preventDefault();
      nextPart(event.shiftKey ? -1 : 1);
    } else if (event.key === "Escape") {
      escape(event);
    } else if (on() && !event.ctrlKey && !event.metaKey && !event.altKey && !isField(event.target as Element) && !busy()) {
      if (press(event.key)) event.preventDefault();
    }
  });
}

export function showKeys(): void {
  (document.getElementById("keys") as HTMLDialogElement | null)?.showModal();
}

function on(): boolean {
  return localStorage.getItem(SWITCH) !== "off";
}

function isField(element: Element): boolean {
  return element.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
}

/** A dialog or a menu is open: keys are its. */
function busy(): boolean {
  return document.querySelector("dialog[open], :popover-open") !== null;
}

function press(key: string): boolean {
  const row = cursor();
  switch (key) {
    case "j":
      return moveCursor(1);
    case "k":
      return moveCursor(-1);
    case "Enter":
      if (!row || document.activeElement?.matches("a, button, summary")) return false;
      row.querySelector<HTMLAnchorElement>("a")?.click();
      return true;
    case "c":
      location.assign("/workspace/new");
      return true;
    case "a":
      return menu("assignee", row);
    case "s":
      return menu("status", row);
    case "p":
      return menu("priority", row);
    case "r":
      return write("reply");
    case "n":
      return write("note");
    case "/":
      document.querySelector<HTMLInputElement>(".ds-find input")?.focus();
      return document.querySelector(".ds-find input") !== null;
    case "?":
      showKeys();
      return true;
    default:
      return false;
  }
}

function menu(what: string, row: HTMLElement | null): boolean {
  if (openPick(what)) return true;
  if (!row) return false;
  const anchors: Record<string, string> = { assignee: "button", status: ".ds-mark", priority: ".ds-prio" };
  void openRowMenu(row, what, row.querySelector<HTMLElement>(anchors[what] ?? "button") ?? row);
  return true;
}

function escape(event: KeyboardEvent): void {
  if (busy()) return;
  const active = document.activeElement as HTMLElement | null;
  if (active && isField(active)) {
    active.blur();
    event.preventDefault();
  } else {
    document.querySelector<HTMLAnchorElement>("[data-back]")?.click();
  }
}

/** F6: navigation, content, panel, and round. */
function nextPart(step: number): void {
  const parts = PARTS.map((part) => document.querySelector<HTMLElement>(part)).filter(
    (part): part is HTMLElement => part !== null && part.offsetParent !== null,
  );
  const active = document.activeElement;
  // The panel lies within the content: the innermost that holds the focus counts.
  const at = parts.findLastIndex((part) => part.contains(active));
  parts[(at + step + parts.length) % parts.length]?.focus();
}
