// What comes back from the server and where it goes: parts of the page, dialogs, notices. Focus stays where it was;
// what somebody is typing in is never replaced under their hands.
import htmx from "htmx.org";

import { announce } from "./announce";
import { localiseTimes } from "./times";

const TOAST_MS = 8000;

interface Swap extends CustomEvent {
  detail: { target: HTMLElement; elt: HTMLElement; shouldSwap: boolean; xhr: XMLHttpRequest; requestConfig: { verb: string; elt: HTMLElement } };
}

let focusAfter = "";
let later: () => void = () => undefined;

/** Args: `again` reads anew what was not replaced because somebody was in it. */
export function startSwaps(again: () => void): void {
  later = again;
  document.addEventListener("htmx:beforeRequest", (event) => closeMenuOf((event as Swap).detail.elt));
  document.addEventListener("htmx:oobBeforeSwap", (event) => guard(event as Swap));
  document.addEventListener("htmx:oobAfterSwap", (event) => swapped((event as Swap).detail.target));
  document.addEventListener("htmx:afterSwap", (event) => swapped((event as Swap).detail.target));
  document.addEventListener("htmx:sendError", (event) => {
    if ((event as Swap).detail.requestConfig.verb !== "get") toast("Not saved: the desk does not answer. Try again in a moment.", "danger");
  });
  document.addEventListener("htmx:afterRequest", (event) => unforeseen(event as Swap));
  document.addEventListener("click", clicked);
  document.querySelectorAll<HTMLElement>("[data-toast]").forEach(fade);
  localiseTimes(document);
  setInterval(() => localiseTimes(document), 30_000);
}

/** A notice made here, for what the server could not say. */
export function toast(words: string, tone: "" | "danger" = ""): void {
  const made = document.createElement("div");
  made.className = "ds-toast";
  made.dataset["toast"] = "";
  if (tone !== "") made.dataset["tone"] = tone;
  made.setAttribute("role", "alert");
  made.textContent = words;
  document.getElementById("toasts")?.append(made);
  fade(made);
}

export function openDialog(wide = false): void {
  const dialog = document.getElementById("dialog") as HTMLDialogElement | null;
  if (!dialog) return;
  dialog.toggleAttribute("data-wide", wide);
  if (!dialog.open) dialog.showModal();
}

function closeMenuOf(element: HTMLElement): void {
  const menu = element.closest<HTMLElement>("[popover]");
  if (menu?.matches(":popover-open")) menu.hidePopover();
}

function guard(event: Swap): void {
  const target = event.detail.target;
  const active = document.activeElement;
  focusAfter = "";
  if (!target.matches("[data-live], [data-entry], .ds-row")) return;
  const typing = active instanceof HTMLElement && target.contains(active) && isDirty(active);
  if (typing || target.querySelector(":popover-open") !== null) {
    event.detail.shouldSwap = false;
    target.dataset["rev"] = "stale";
    const done = () => setTimeout(later);
    if (typing) active.addEventListener("blur", done, { once: true });
    else target.querySelector(":popover-open")?.addEventListener("toggle", done, { once: true });
    return;
  }
  if (active instanceof HTMLElement && target.contains(active)) focusAfter = nameOf(active);
  for (const open of target.querySelectorAll("details[open]")) {
    if (open.id !== "") kept.add(open.id);
  }
}

/** Somebody has typed in it what is not saved yet. */
function isDirty(element: HTMLElement): boolean {
  const isText = element instanceof HTMLTextAreaElement || (element instanceof HTMLInputElement && element.type !== "checkbox");
  return isText && element.value !== element.defaultValue;
}

const kept = new Set<string>();

/** A selector that finds the same control in what replaces it. */
function nameOf(element: HTMLElement): string {
  if (element.id !== "") return `#${CSS.escape(element.id)}`;
  for (const name of ["popovertarget", "aria-label", "data-menu", "href"]) {
    const value = element.getAttribute(name);
    if (value !== null) return `[${name}="${CSS.escape(value)}"]`;
  }
  return "";
}

function swapped(given: HTMLElement): void {
  // An outer swap leaves the old element in the event; the new one has its id.
  const target = (given.id && document.getElementById(given.id)) || given;
  localiseTimes(target);
  for (const id of kept) document.getElementById(id)?.setAttribute("open", "");
  kept.clear();
  if (focusAfter !== "") (target.querySelector<HTMLElement>(focusAfter) ?? target).focus({ preventScroll: true });
  focusAfter = "";
  if (target.id === "dialog-body") openDialog(target.querySelector(".ds-why") !== null);
  if (target.id === "toasts") {
    const newest = target.lastElementChild as HTMLElement | null;
    if (newest) fade(newest);
    announce(newest?.querySelector("span")?.textContent ?? "");
  }
}

/** Toasts stay while they are hovered or focused. */
function fade(notice: HTMLElement): void {
  if (notice.dataset["fading"] !== undefined) return;
  notice.dataset["fading"] = "";
  let timer = window.setTimeout(() => notice.remove(), TOAST_MS);
  const stay = () => clearTimeout(timer);
  const go = () => (timer = window.setTimeout(() => notice.remove(), TOAST_MS / 2));
  notice.addEventListener("mouseenter", stay);
  notice.addEventListener("focusin", stay);
  notice.addEventListener("mouseleave", go);
  notice.addEventListener("focusout", go);
  // Hidden, not removed: what the answer to its form says must still reach the page.
  notice.addEventListener("submit", () => setTimeout(() => (notice.hidden = true)));
  while ((notice.parentElement?.childElementCount ?? 0) > 3) notice.parentElement?.firstElementChild?.remove();
}

function unforeseen(event: Swap): void {
  const { xhr, requestConfig } = event.detail;
  const form = requestConfig.elt;
  // What was saved is not unsaved words any more: its block may be replaced.
  if (form instanceof HTMLFormElement && form.matches("[data-live] form") && xhr.status >= 200 && xhr.status < 300) saved(form);
  if (xhr === undefined || xhr.status < 400 || xhr.responseText.includes("hx-swap-oob")) return;
  if (requestConfig.verb !== "get") toast("Not saved. Load the page again, or try in a moment.", "danger");
}

function saved(form: HTMLFormElement): void {
  if (form.matches(".ds-add")) form.reset();
  for (const field of form.elements) {
    if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) field.defaultValue = field.value;
  }
}

function clicked(event: MouseEvent): void {
  const element = event.target as Element;
  const closing = element.closest<HTMLElement>("[data-close-dialog]");
  const dialog = closing?.closest("dialog");
  if (closing && dialog && closing.matches("a")) {
    event.preventDefault();
    dialog.close();
  }
  const framed = element.closest("summary")?.parentElement;
  const url = framed?.dataset["frame"];
  if (framed && url && framed.querySelector("iframe") === null) framed.append(mailFrame(url));
}

/** A mail's HTML in a frame without scripts, forms, the network or our origin. */
function mailFrame(url: string): HTMLIFrameElement {
  const frame = document.createElement("iframe");
  frame.className = "ds-frame";
  frame.setAttribute("sandbox", "allow-popups allow-popups-to-escape-sandbox");
  frame.referrerPolicy = "no-referrer";
  frame.title = "The message as designed";
  frame.src = url;
  return frame;
}

document.addEventListener("submit", (event) => {
  const form = event.target as HTMLElement;
  if (form.matches("[data-close-dialog]")) setTimeout(() => form.closest("dialog")?.close());
});

export { htmx };
