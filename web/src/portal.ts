// The customers' pages work without this. It says what a browser alone does not: a send that is under way, files that
// are too large before they travel, times in the reader's own zone.
import { localiseTimes } from "./times";

localiseTimes(document);

const LIMIT = Number(document.documentElement.dataset["fileLimit"] ?? 0);

for (const field of document.querySelectorAll<HTMLInputElement>("input[type=file]")) {
  field.addEventListener("change", () => {
    const size = [...(field.files ?? [])].reduce((sum, file) => sum + file.size, 0);
    field.setCustomValidity(LIMIT > 0 && size > LIMIT ? (field.dataset["tooLarge"] ?? "These files are too large.") : "");
    field.reportValidity();
  });
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-busy]")) {
  form.addEventListener("submit", () => {
    const button = form.querySelector<HTMLButtonElement>("button[type=submit], button:not([type])");
    // After the form's data was taken: a disabled button would not be sent along.
    setTimeout(() => button?.setAttribute("aria-busy", "true"));
  });
}
