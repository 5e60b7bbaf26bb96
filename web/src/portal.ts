// The customers' pages work without this. It says what a browser alone does not: a send that is under way, files that
// are too large before they travel, an answer as soon as it is there, times in the reader's own zone.
import { showNames } from "./files";
import { mindPictures } from "./pictures";
import { followRequest } from "./request";
import { localiseTimes } from "./times";

localiseTimes(document);
mindPictures();

const LIMIT = Number(document.documentElement.dataset["fileLimit"] ?? 0);

for (const field of document.querySelectorAll<HTMLInputElement>("input[type=file]")) {
  field.addEventListener("change", () => {
    const size = [...(field.files ?? [])].reduce((sum, file) => sum + file.size, 0);
    field.setCustomValidity(LIMIT > 0 && size > LIMIT ? (field.dataset["tooLarge"] ?? "These files are too large.") : "");
    field.reportValidity();
    showNames(field);
  });
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-busy]")) {
  form.addEventListener("submit", () => {
    const button = form.querySelector<HTMLButtonElement>("button[type=submit], button:not([type])");
    // After the form's data was taken: a disabled button would not be sent along.
    setTimeout(() => button?.setAttribute("aria-busy", "true"));
  });
}

addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form[data-busy] [aria-busy]")) button.removeAttribute("aria-busy");
});

// A refused form is read from its summary on.
document.querySelector<HTMLElement>("[data-focus]")?.focus();

/** Look again at a page that waits, until it waits no more; each look waits for the answer on the server. */
async function catchUp(url: string): Promise<void> {
  for (let pause = 250; pause < 60_000; pause *= 1.5) {
    try {
      const answer = await fetch(url, { cache: "no-store" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (answer.ok && page.querySelector("[data-catch-up]") === null) break;
    } catch {
      // Away for a moment: the next look may find it.
    }
    await new Promise((done) => setTimeout(done, pause));
  }
  // Whoever writes already is not disturbed; the page shows it all the next time.
  const typed = [...document.querySelectorAll("textarea")].some((field) => field.value !== "");
  if (!typed) location.replace(url);
}

const waiting = document.querySelector<HTMLElement>("[data-catch-up]")?.dataset["catchUp"];
if (waiting !== undefined) void catchUp(waiting);

const talk = document.querySelector<HTMLElement>("[data-live]");
if (talk?.dataset["live"]) followRequest(talk);
