// The live stream: one connection a browser, shared by its tabs; nothing is ever polled. Tabs elect a leader by a lock;
// it listens and tells the others, and when it closes another goes on from the last number that it heard.

export interface DeskEvent {
  type: string;
  feed: number;
  number: number | null;
  item_id: string | null;
  subject: string;
}

interface Told {
  event?: DeskEvent;
  state?: "on" | "off" | "resync";
  since?: number;
  reconnect?: boolean;
}

const TYPES = [
  "tickets.item.created",
  "tickets.item.changed",
  "tickets.message.added",
  "tickets.message.held",
  "tickets.message.split",
  "tickets.reference.changed",
  "notifier.delivery.queued",
  "notifier.delivery.attempted",
  "notifier.delivery.sent",
  "notifier.delivery.failed",
  "automation.event.decided",
  "automation.rule.saved",
  "intake.quarantine.changed",
];
/** A stream that was refused is asked for again after so long, then after twice as long, up to a minute. */
const AGAIN_MS = 5000;
const LONGEST_MS = 60_000;

type Listener = (event: DeskEvent) => void;

export class Live {
  private readonly channel = new BroadcastChannel("ds-live");
  private readonly listeners: Listener[] = [];
  private readonly missed: (() => void)[] = [];
  private source: EventSource | null = null;
  private last: number;
  private lostAt = 0;
  private pause = AGAIN_MS;

  constructor(after: number) {
    this.last = after;
    this.channel.onmessage = (message: MessageEvent<Told>) => this.heard(message.data);
    void navigator.locks.request("ds-live", () => new Promise<void>(() => this.listen()));
    document.querySelector("#lost button")?.addEventListener("click", () => this.reconnect());
    addEventListener("online", () => this.reconnect());
  }

  /** `listener` hears of every later event. */
  on(listener: Listener): void {
    this.listeners.push(listener);
  }

  /** `again` is called when events may have been missed: what is shown is read anew. */
  onMissed(again: () => void): void {
    this.missed.push(again);
  }

  private listen(): void {
    this.source?.close();
    const types = "tickets.,notifier.delivery.,automation.,intake.quarantine.";
    const source = new EventSource(`/events?after=${this.last}&types=${types}`);
    this.source = source;
    source.onopen = () => {
      this.pause = AGAIN_MS;
      this.tell({ state: "on" });
    };
    source.onerror = () => {
      this.tell({ state: "off", since: this.lostAt || Date.now() });
      // A closed stream was refused (signed out, or the desk is away): the browser does not try again by itself.
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(() => this.source === source && this.listen(), this.pause);
      this.pause = Math.min(this.pause * 2, LONGEST_MS);
    };
    for (const type of TYPES) {
      source.addEventListener(type, (message: MessageEvent<string>) => {
        const data = JSON.parse(message.data) as Omit<DeskEvent, "type" | "feed">;
        this.tell({ event: { ...data, type, feed: Number(message.lastEventId) } });
      });
    }
    source.addEventListener("hello", (message) => this.quiet(message));
    source.addEventListener("resync", (message) => {
      this.quiet(message);
      this.tell({ state: "resync" });
    });
  }

  private quiet(message: MessageEvent<string>): void {
    this.last = Math.max(this.last, Number(message.lastEventId));
  }

  private reconnect(): void {
    if (this.source !== null) this.listen();
    else this.channel.postMessage({ reconnect: true } satisfies Told);
  }

  private tell(told: Told): void {
    this.channel.postMessage(told);
    this.heard(told);
  }

  private heard(told: Told): void {
    if (told.event !== undefined && told.event.feed > this.last) {
      this.last = told.event.feed;
      const event = told.event;
      this.listeners.forEach((listener) => listener(event));
    }
    if (told.reconnect === true && this.source !== null) this.listen();
    if (told.state === "off") this.showLost(told.since ?? Date.now());
    if (told.state === "on" && this.lostAt !== 0) {
      this.lostAt = 0;
      this.showLost(0);
      this.missed.forEach((again) => again());
    }
    if (told.state === "resync") this.missed.forEach((again) => again());
  }

  private showLost(since: number): void {
    this.lostAt = since;
    const notice = document.getElementById("lost");
    const words = notice?.querySelector("span");
    if (!notice || !words) return;
    const clock = new Date(since).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    words.textContent = `No live updates since ${clock}. You can go on working; what you save is kept.`;
    // A blink is not worth a notice.
    setTimeout(() => (notice.hidden = this.lostAt === 0), since === 0 ? 0 : 2500);
  }
}
