// A customer's request, live: what staff write and decide appears by itself. The stream carries parts of this very page;
// what is shown already is named by its rev and stays as it is. A page that nobody looks at listens to nothing.
import { localiseTimes } from "./times";

/** A stream that was refused is asked for again after so long, then after twice as long, up to five minutes. */
const AGAIN_MS = 5000;
const LONGEST_MS = 300_000;

export function followRequest(talk: HTMLElement): void {
  let source: EventSource | null = null;
  let timer = 0;
  let pause = AGAIN_MS;
  const url = new URL(talk.dataset["live"] ?? "", location.href);

  const listen = () => {
    clearTimeout(timer);
    source?.close();
    const opened = new EventSource(url);
    source = opened;
    opened.onopen = () => (pause = AGAIN_MS);
    opened.onerror = () => {
      // One that was refused (the desk is away, the link has ended) is not tried again by the browser itself.
      if (opened.readyState !== EventSource.CLOSED) return;
      timer = window.setTimeout(listen, pause);
      pause = Math.min(pause * 2, LONGEST_MS);
    };
    opened.addEventListener("changed", (event: MessageEvent<string>) => {
      url.searchParams.set("have", event.lastEventId);
      show(event.data, talk);
    });
  };
  const quiet = () => {
    clearTimeout(timer);
    source?.close();
    source = null;
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? quiet() : listen()));
  addEventListener("pagehide", quiet);
  addEventListener("pageshow", (event) => event.persisted && listen());
  if (!document.hidden) listen();
}

function show(html: string, talk: HTMLElement): void {
  const parts = new DOMParser().parseFromString(html, "text/html").body.children;
  for (const made of [...parts] as HTMLElement[]) {
    const part = document.adoptNode(made);
    const old = document.getElementById(part.id);
    if (old?.dataset["rev"] === part.dataset["rev"]) continue;
    localiseTimes(part);
    if (old) {
      old.replaceWith(part);
    } else if (part.matches("article")) {
      document.getElementById("no-messages")?.remove();
      part.dataset["fresh"] = "";
      talk.append(part);
      tellBelow(part, talk);
    }
  }
}

/** A message that came out of sight is said at the edge of the window; a touch of it leads there. */
function tellBelow(message: HTMLElement, talk: HTMLElement): void {
  if (message.getBoundingClientRect().top < innerHeight - 120) return;
  const tell = document.createElement("a");
  tell.className = "ds-below";
  tell.href = `#${message.id}`;
  tell.textContent = talk.dataset["below"] ?? "";
  tell.addEventListener("click", (event) => {
    event.preventDefault();
    message.scrollIntoView({ block: "center" });
    tell.remove();
  });
  new IntersectionObserver((seen, observer) => {
    if (!seen.some((one) => one.isIntersecting)) return;
    observer.disconnect();
    tell.remove();
  }, { threshold: 0.5 }).observe(message);
  document.querySelector(".ds-below")?.remove();
  talk.after(tell);
}
