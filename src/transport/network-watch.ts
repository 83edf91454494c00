// NetworkWatch: hears from a browser whether there is a network at all (the events `online` and `offline` of a
// window or worker).

/** What tells of the network: `window`, or `self` in a worker. */
export interface NetworkEvents {
  /** As that of an EventTarget. */
  addEventListener(type: "online" | "offline", listener: () => void): void;
  /** As that of an EventTarget. */
  removeEventListener(type: "online" | "offline", listener: () => void): void;
}

export class NetworkWatch {
  /** False between `offline` and `online`. */
  online = true;
  readonly #events: NetworkEvents;
  readonly #changed: () => void;

  constructor(events: NetworkEvents, changed: () => void) {
    this.#events = events;
    this.#changed = changed;
    events.addEventListener("online", this.#onOnline);
    events.addEventListener("offline", this.#onOffline);
  }

  stop(): void {
    this.#events.removeEventListener("online", this.#onOnline);
    this.#events.removeEventListener("offline", this.#onOffline);
  }

  readonly #onOnline = (): void => this.#set(true);
  readonly #onOffline = (): void => this.#set(false);

  /** Told again, it may be news: a page that begins without a network hears of the one that comes, and not that it lacked one. */
  #set(online: boolean): void {
    this.online = online;
    this.#changed();
  }
}
