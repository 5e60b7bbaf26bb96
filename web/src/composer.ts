// The composer: each mode keeps its own draft here in the browser, a send clears it, leaving with unsent words asks.

const SAVE_MS = 400;
/** Drafts are the writer's own, also where several share a browser. */
const ME = document.body.dataset["me"] ?? "";

export function startComposer(form: HTMLFormElement): void {
  const number = form.dataset["number"] ?? "";
  const fields = [...form.querySelectorAll<HTMLTextAreaElement>("textarea[data-mode]")];
  let sending = "";

  for (const field of fields) {
    const key = keyOf(number, field);
    if (field.value === "") field.value = localStorage.getItem(key) ?? "";
    let timer = 0;
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => save(key, field.value), SAVE_MS);
    });
    // Leaving within the moment loses nothing either.
    addEventListener("pagehide", () => save(key, field.value, true));
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        const mode = field.dataset["mode"] ?? "";
        // A click, not a submit: the button's value says what happens to the status.
        form.querySelector<HTMLButtonElement>(`footer [data-mode="${mode}"] button[type=submit], footer button[data-mode="${mode}"]`)?.click();
      }
    });
  }
  const mode = localStorage.getItem(`ds-mode-${ME}-${number}`);
  if (mode === "note" && fields.every((field) => field.defaultValue === "")) choose(form, "note");
  form.addEventListener("change", (event) => {
    const chosen = event.target as HTMLInputElement;
    if (chosen.name === "mode") localStorage.setItem(`ds-mode-${ME}-${number}`, chosen.value);
  });

  form.addEventListener("submit", () => (sending = modeOf(form)));
  form.addEventListener("htmx:beforeRequest", () => busy(form, true));
  form.addEventListener("htmx:afterRequest", (event) => {
    busy(form, false);
    const { xhr } = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail;
    if (xhr.status < 200 || xhr.status >= 300) return;
    const field = fields.find((one) => one.dataset["mode"] === sending);
    if (!field) return;
    field.value = field.defaultValue = "";
    localStorage.removeItem(keyOf(number, field));
    form.querySelectorAll<HTMLInputElement>("input[type=file]").forEach((file) => {
      file.value = "";
      file.dispatchEvent(new Event("change", { bubbles: true }));
    });
    const saved = document.getElementById("draft-saved");
    if (saved) saved.textContent = "";
    showNewest();
  });
  document.addEventListener("ds:entry", (event) => {
    const entry = (event as CustomEvent<HTMLElement>).detail;
    if (entry.dataset["kind"] === "customer" && modeOf(form) === "reply" && fields.some((field) => field.dataset["mode"] === "reply" && field.value.trim() !== "")) warn(form, entry);
  });
  form.addEventListener("click", (event) => {
    if ((event.target as Element).closest("[data-show-newest]")) {
      event.preventDefault();
      showNewest();
    }
  });
  showNewest();
}

/** Writing goes on in a mode. */
export function write(mode: "reply" | "note"): boolean {
  const form = document.querySelector<HTMLFormElement>("#composer");
  if (!form) return false;
  choose(form, mode);
  form.querySelector<HTMLTextAreaElement>(`textarea[data-mode="${mode}"]`)?.focus();
  return true;
}

function choose(form: HTMLFormElement, mode: string): void {
  const radio = form.querySelector<HTMLInputElement>(`input[name="mode"][value="${mode}"]`);
  if (radio && !radio.checked) {
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function modeOf(form: HTMLFormElement): string {
  return form.querySelector<HTMLInputElement>("input[name=mode]:checked")?.value ?? "reply";
}

function keyOf(number: string, field: HTMLTextAreaElement): string {
  return `ds-draft-${ME}-${number}-${field.dataset["mode"]}`;
}

function save(key: string, words: string, silent = false): void {
  if (words.trim() === "") localStorage.removeItem(key);
  else localStorage.setItem(key, words);
  const saved = document.getElementById("draft-saved");
  if (silent || !saved) return;
  const clock = new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  saved.textContent = words.trim() === "" ? "" : `Draft saved ${clock}`;
}

function busy(form: HTMLFormElement, on: boolean): void {
  form.querySelectorAll("button[type=submit]").forEach((button) => {
    if (on) button.setAttribute("aria-busy", "true");
    else button.removeAttribute("aria-busy");
  });
}

/** A customer wrote while a reply is being written: said before it is sent; the server asks once, too. */
function warn(form: HTMLFormElement, entry: HTMLElement): void {
  const place = form.querySelector("#composer-notice");
  if (!place || place.childElementCount > 0) return;
  const notice = document.createElement("p");
  notice.className = "ds-notice";
  notice.setAttribute("role", "alert");
  const words = document.createElement("span");
  words.textContent = `${entry.querySelector("header b")?.textContent ?? "The customer"} wrote meanwhile. Read it before you send.`;
  const show = document.createElement("button");
  show.type = "button";
  show.className = "btn";
  show.dataset["variant"] = "outline";
  show.dataset["size"] = "sm";
  show.dataset["showNewest"] = "";
  show.textContent = "Show message";
  notice.append(words, show);
  place.replaceChildren(notice);
}

function showNewest(): void {
  const all = document.querySelectorAll<HTMLElement>("[data-entry]");
  const entries = document.getElementById("entries");
  if (location.hash !== "") return;
  if (entries && getComputedStyle(entries).overflowY === "auto") entries.scrollTop = entries.scrollHeight;
  else all[all.length - 1]?.scrollIntoView({ block: "center" });
}
