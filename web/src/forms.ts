// Forms: properties save as they change, a type shows its own questions, files show their names, leaving unsent words
// asks first.
import htmx from "htmx.org";

import { showNames } from "./files";

export function startForms(): void {
  document.addEventListener("change", (event) => {
    const field = event.target as HTMLInputElement;
    if (field.type === "file") showNames(field);
    field.closest<HTMLFormElement>("form[data-autosave]")?.requestSubmit();
    if (field.id === "q-type") {
      const query = new URLSearchParams({ type: field.value });
      void htmx.ajax("get", `/workspace/new?${query}`, { target: "#own-questions", swap: "innerHTML" });
    }
  });
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-guard]")) guard(form);
  // A form is written from its first field on, a refused one from its summary on.
  const first = document.querySelector<HTMLElement>(".ds-summary") ?? document.querySelector<HTMLElement>("form[data-guard] .input");
  first?.focus();
  document.addEventListener("submit", sending);
  addEventListener("pageshow", () => document.querySelectorAll(".btn[aria-busy]").forEach((button) => button.removeAttribute("aria-busy")));
  const again = document.querySelector<HTMLElement>("[data-again]");
  if (again) setTimeout(() => location.reload(), Number(again.dataset["again"]) * 1000);
}

/** A post that leads to another page shows that it is under way. */
function sending(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post]")) return;
  // After the form's data was taken: a button that cannot be pressed would not be sent along.
  setTimeout(() => event.submitter?.setAttribute("aria-busy", "true"));
}

function guard(form: HTMLFormElement): void {
  let sent = false;
  form.addEventListener("submit", () => (sent = true));
  addEventListener("beforeunload", (event) => {
    const typed = [...form.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input[type=text], textarea")];
    if (!sent && typed.some((field) => field.value !== field.defaultValue)) event.preventDefault();
  });
}
