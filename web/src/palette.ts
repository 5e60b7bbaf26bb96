// Search or run: where to go and what to do, by words; tickets by number or words, from the server.
import { fold } from "./words";

const WAIT_MS = 140;

interface Way {
  words: string;
  icon: string;
  key?: string;
  go: () => void;
}

export class Palette {
  private readonly dialog = document.getElementById("palette") as HTMLDialogElement;
  private readonly input = this.dialog.querySelector("input") as HTMLInputElement;
  private readonly results = document.getElementById("palette-results") as HTMLElement;
  private timer = 0;
  private asked = 0;
  private readonly ways: () => Way[];

  constructor(ways: () => Way[]) {
    this.ways = ways;
    document.addEventListener("click", (event) => {
      if (!(event.target as Element).closest("[data-palette]")) return;
      event.preventDefault();
      this.open();
    });
    this.input.addEventListener("input", () => this.typed());
    this.dialog.addEventListener("keydown", (event) => this.pressed(event));
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    this.results.addEventListener("mousemove", (event) => {
      const option = (event.target as Element).closest<HTMLElement>("[role=option]");
      if (option) this.choose(option);
    });
  }

  open(): void {
    if (this.dialog.open) return;
    this.input.value = "";
    this.results.replaceChildren(this.group("Go and do", this.fitting("")));
    this.dialog.showModal();
    this.choose(this.options()[0]);
  }

  private typed(): void {
    const words = this.input.value.trim();
    const ways = this.fitting(words);
    // What was found for the words before stays until the new answer is there.
    const found = [...this.results.querySelectorAll("[data-found]")];
    this.results.replaceChildren(...(words === "" ? [] : found), ...(ways.length > 0 ? [this.group("Go and do", ways)] : []));
    this.choose(this.options()[0]);
    clearTimeout(this.timer);
    this.asked += 1;
    if (words !== "") this.timer = window.setTimeout(() => void this.find(words, this.asked), WAIT_MS);
  }

  private async find(words: string, asked: number): Promise<void> {
    const answer = await fetch(`/workspace/find?q=${encodeURIComponent(words)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok || asked !== this.asked) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const groups = [...page.body.children].map((group) => document.adoptNode(group) as HTMLElement);
    groups.forEach((group) => (group.dataset["found"] = ""));
    this.results.querySelectorAll("[data-found]").forEach((old) => old.remove());
    this.results.prepend(...groups);
    if (this.options().length === 0) {
      const nothing = document.createElement("p");
      nothing.className = "ds-option ds-quiet";
      nothing.textContent = "Nothing fits.";
      this.results.append(nothing);
    }
    this.choose(this.options()[0]);
  }

  private fitting(words: string): Way[] {
    const wanted = fold(words).split(/\s+/).filter(Boolean);
    return this.ways().filter((way) => wanted.every((word) => fold(way.words).includes(word)));
  }

  private group(label: string, ways: Way[]): HTMLElement {
    const group = document.createElement("div");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", label);
    const head = document.createElement("h2");
    head.textContent = label;
    head.setAttribute("aria-hidden", "true");
    group.append(head);
    ways.forEach((way, index) => {
      const option = document.createElement("div");
      option.id = `way-${index}`;
      option.className = "ds-option";
      option.setAttribute("role", "option");
      option.tabIndex = -1;
      option.innerHTML = way.icon;
      const words = document.createElement("span");
      words.textContent = way.words;
      option.append(words);
      if (way.key) {
        const key = document.createElement("kbd");
        key.className = "kbd";
        key.textContent = way.key;
        option.append(key);
      }
      option.addEventListener("click", () => {
        this.dialog.close();
        way.go();
      });
      group.append(option);
    });
    return group;
  }

  private options(): HTMLElement[] {
    return [...this.results.querySelectorAll<HTMLElement>("[role=option]")];
  }

  private choose(option: HTMLElement | undefined): void {
    for (const other of this.options()) other.setAttribute("aria-selected", String(other === option));
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  private pressed(event: KeyboardEvent): void {
    const all = this.options();
    const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = all[(at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length];
      this.choose(next);
      next?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      event.preventDefault();
      all[at]?.click();
    }
  }
}

/** The ways of every page: its places, and what can be done. */
export function waysOf(page: { run: [string, string, string, () => void][] }): Way[] {
  const places = [...document.querySelectorAll<HTMLAnchorElement>(".ds-place")].map((place) => ({
    words: place.querySelector("span")?.textContent ?? "",
    icon: place.querySelector("svg")?.outerHTML ?? "",
    go: () => location.assign(place.href),
  }));
  const arrow = document.querySelector(".ds-search svg")?.outerHTML ?? "";
  const run = page.run.map(([words, key, icon, go]) => ({ words, key, icon: icon || arrow, go }));
  return [...run, ...places];
}
