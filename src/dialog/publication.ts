// Publication: the state that we keep at an event state compositor by PUBLISH (RFC 3903).

import type { TimerHandle } from "../clock.ts";
import { SipError } from "../errors.ts";
import { CSeq } from "../message/cseq.ts";
import { isToken } from "../message/escape.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import { retryAfterOf } from "../stack/resolve/retry-after.ts";
import type { Returned } from "../transaction/user.ts";
import { addContent, type Content, checkGiven, leadingNumber } from "./content.ts";
import { type Closable, type Host, LONGEST } from "./host.ts";

/** No state is taken to hold for less, in seconds. */
const LEAST = 10;
/** A compositor that wants a longer time each time is asked no more. */
const MOST_YIELDS = 3;

/** What a publication calls. */
export interface PublicationHandlers {
  /** The compositor has taken the state, or its refresh. */
  onPublished?(response: Response): Returned;
  /**
   * It has not. What it held before stays there until its time is over, as `etag` tells: until then, what may pass (5xx, 408,
   * a Retry-After, nobody there) is tried again.
   */
  onFailed?(cause: Response | SipError): Returned;
}

/** State that we publish. */
export class Publication implements Closable {
  readonly #host: Host;
  readonly #request: Request;
  readonly #handlers: PublicationHandlers;
  #expires: number;
  #cseq: number;
  #content: Content;
  #etag: string | undefined;
  /** When the compositor forgets what it holds, by the clock. */
  #until = 0;
  #timer: TimerHandle | undefined;
  /** One PUBLISH at a time (RFC 3903 §4.1); what waits is only the newest state. */
  #busy = false;
  /** How often in a row a 423 was yielded to. */
  #yielded = 0;
  #wanted: "state" | "refresh" | "remove" | undefined;

  /** @internal */
  constructor(host: Host, request: Request, content: Content, handlers: PublicationHandlers) {
    checkGiven(request);
    this.#host = host;
    this.#request = request;
    this.#handlers = handlers;
    this.#content = content;
    this.#expires = request.headers.get("Expires") ?? 3600;
    this.#cseq = request.headers.get("CSeq")?.number ?? 1;
    host.loose.add(this);
    this.#want("state");
  }

  /** The entity-tag of what the compositor holds; undefined where it holds nothing of ours. */
  get etag(): string | undefined {
    return this.#etag;
  }

  /** Publishes a new state in place of the last one. `onFailed` is told of content that must not go on the wire, too. */
  update(content: Content): void {
    this.#content = content;
    this.#host.loose.add(this);
    this.#want("state");
  }

  /** Takes the state back (RFC 3903 §4.5). */
  remove(): void {
    this.#want("remove");
  }

  /** Forgets it, without a word. @internal */
  close(): void {
    this.#host.clock.clear(this.#timer);
    this.#host.loose.delete(this);
    this.#wanted = undefined;
  }

  #want(what: "state" | "refresh" | "remove"): void {
    if (what !== "refresh" || this.#wanted === undefined) this.#wanted = what;
    if (!this.#busy) void this.#run();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    for (let what = this.#wanted; what; what = this.#wanted) {
      this.#wanted = undefined;
      // Nothing is there that could be refreshed or taken back.
      if (what === "remove" && this.#etag === undefined) this.close();
      else await this.#publish(this.#etag === undefined ? "state" : what);
    }
    this.#busy = false;
  }

  async #publish(what: "state" | "refresh" | "remove"): Promise<void> {
    this.#host.clock.clear(this.#timer);
    const request = this.#request.clone();
    request.headers.set("CSeq", new CSeq(this.#cseq++, "PUBLISH"));
    request.headers.set("Expires", String(what === "remove" ? 0 : this.#expires));
    if (this.#etag !== undefined) request.headers.set("SIP-If-Match", this.#etag);
    try {
      if (what === "state") addContent(request, this.#content);
      const response = await this.#host.ask(request, undefined);
      this.#cseq = Math.max(this.#cseq, (response.headers.get("CSeq")?.number ?? 0) + 1);
      this.#answered(response, what);
    } catch (error) {
      this.#failed(error instanceof SipError ? error : new SipError("core_failed", String(error)), what);
    }
  }

  #answered(response: Response, what: "state" | "refresh" | "remove"): void {
    // The user agent was closed meanwhile.
    if (!this.#host.loose.has(this)) return;
    const { status, statusClass, headers } = response;
    const least = leadingNumber(response, "Min-Expires");
    if (statusClass === 2 && what === "remove") {
      this.#etag = undefined;
      this.close();
    } else if (statusClass === 2) {
      this.#yielded = 0;
      // One that is none cannot be named again.
      const etag = headers.raw("SIP-ETag")[0];
      this.#etag = etag !== undefined && isToken(etag) ? etag : undefined;
      const { clock } = this.#host;
      const granted = Math.min(headers.get("Expires") ?? this.#expires, LONGEST);
      this.#until = clock.now() + granted * 1000;
      // A compositor that grants nothing must not be asked without end.
      this.#timer = clock.set(() => this.#want("refresh"), Math.max(granted, LEAST) * 900);
      this.#host.call(() => this.#handlers.onPublished?.(response));
    } else if (status === 412 && this.#etag !== undefined) {
      // It has forgotten us: begin anew (RFC 3903 §4.1).
      this.#etag = undefined;
      this.#want(what === "remove" ? "remove" : "state");
    } else if (
      status === 423 &&
      least !== undefined &&
      least > this.#expires &&
      least <= 86_400 &&
      ++this.#yielded <= MOST_YIELDS
    ) {
      this.#expires = least;
      this.#want(what);
    } else this.#failed(response, what);
  }

  #failed(cause: Response | SipError, what: "state" | "refresh" | "remove"): void {
    this.#yielded = 0;
    const lives = this.#host.loose.has(this);
    const holds = lives && this.#etag !== undefined && what !== "remove";
    // A newer state waits for its turn, and begins anew.
    const newer = this.#wanted === "state" && lives;
    if (holds) this.#hold(cause, what);
    else this.#forget();
    this.#host.call(() => this.#handlers.onFailed?.(cause));
    if (newer && !holds) this.update(this.#content);
  }

  /** The compositor has still what it had before (RFC 3903 §4): another try, or the end of that, is yet to come. */
  #hold(cause: Response | SipError, what: "state" | "refresh"): void {
    const { clock } = this.#host;
    const left = this.#until - clock.now();
    const delay = Math.max(pause(cause) ?? left / 2, LEAST * 1000);
    this.#timer =
      mayPass(cause) && delay < left
        ? clock.set(() => this.#want(what), delay)
        : clock.set(() => this.#forget(), Math.max(left, 0));
  }

  #forget(): void {
    this.#etag = undefined;
    this.close();
  }
}

/** How long the compositor asks us to wait, in milliseconds. */
function pause(cause: Response | SipError): number | undefined {
  const seconds = cause instanceof SipError ? undefined : retryAfterOf(cause);
  return seconds === undefined ? undefined : seconds * 1000;
}

/** Whether the same PUBLISH may be taken later. */
function mayPass(cause: Response | SipError): boolean {
  if (cause instanceof SipError) return cause.code !== "value_unsafe" && cause.code !== "closed";
  return cause.statusClass === 5 || cause.status === 408 || pause(cause) !== undefined;
}
