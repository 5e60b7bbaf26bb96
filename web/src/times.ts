// Times as the reader's own clock shows them. The server writes them in the desk's zone, for pages without scripts.

const DAY_MS = 86_400_000;
const LANGUAGE = document.documentElement.lang || "en";
/** English days, as the rest of Europe writes them. */
const LOCALE = LANGUAGE === "en" ? "en-GB" : LANGUAGE;

/** "22 min", "3 h", "2 d": the same words as the server's. */
export function age(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h`;
  return `${Math.floor(minutes / 1440)} d`;
}

/** "Today 08:14", "Yesterday 18:42", "Mon 09:12", "3 Nov 09:12", "3 Nov 2025". */
export function day(at: Date, now: Date): string {
  const clock = at.toLocaleTimeString(LOCALE, { hour: "2-digit", minute: "2-digit" });
  const midnight = (moment: Date) => new Date(moment.getFullYear(), moment.getMonth(), moment.getDate()).getTime();
  const days = Math.round((midnight(now) - midnight(at)) / DAY_MS);
  if (days === 0 || days === 1) return `${named(-days)} ${clock}`;
  const date = `${at.getDate()} ${at.toLocaleDateString(LOCALE, { month: "short" })}`;
  if (days > 1 && days < 7) return `${at.toLocaleDateString(LOCALE, { weekday: "short" })} ${clock}`;
  return at.getFullYear() === now.getFullYear() ? `${date} ${clock}` : `${date} ${at.getFullYear()}`;
}

/** "Today", "Yesterday", in the page's language. */
function named(days: number): string {
  const word = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" }).format(days, "day");
  return word.charAt(0).toLocaleUpperCase(LOCALE) + word.slice(1);
}

/** Rewrite every <time data-as> under `root`. */
export function localiseTimes(root: ParentNode): void {
  const now = new Date();
  for (const element of root.querySelectorAll<HTMLTimeElement>("time[data-as]")) {
    const at = new Date(element.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const words = element.dataset["as"] === "age" ? age(now.getTime() - at.getTime()) : day(at, now);
    if (element.textContent !== words) element.textContent = words;
    element.title = at.toLocaleString(LOCALE, { dateStyle: "full", timeStyle: "medium" });
  }
}
