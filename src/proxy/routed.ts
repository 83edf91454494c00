// Routed: a request as its proxy has preprocessed it (RFC 3261 §16.4), and what its Routes said.

import type { Request } from "../message/request.ts";
import type { Uri } from "../message/uri.ts";
import type { Flow } from "../transport/transport.ts";
import type { DialogMarks } from "./dialog-marks.ts";

/** A request that is ready for targets: a copy, with the proxy's own Routes taken off. */
export interface Routed {
  /** A copy of the request, with our own Routes taken off (RFC 3261 §16.4). */
  readonly request: Request;
  /** True where the request had a Route of ours: it came because we asked for it, or were asked to. */
  readonly viaUs: boolean;
  /** The flow that the last of those Routes named: where the request goes (RFC 5626 §5.3). */
  readonly flow: Flow | undefined;
  /** True where a Route named a flow, it is gone, and its peer cannot be called. */
  readonly flowGone: boolean;
  /** True where it belongs to a dialog: its To has a tag. Anybody can write one; see `recorded`. */
  readonly inDialog: boolean;
  /**
   * True where it has a tag in To, and came by the very Route that this proxy, or one with its `secret`, has recorded for the
   * dialog (§16.6 step 4): who sends it, or told him, took part in it. It says nothing of where the request goes. False, too,
   * where a peer has lost that Route's parameters, or the proxy had another secret when the dialog began.
   */
  readonly recorded: boolean;
  /**
   * True where its Request-URI is a GRUU of ours (RFC 5627 §6): a location service knows where it leads, whether the
   * request belongs to a dialog or not.
   */
  readonly gruu: boolean;
}

/** The parameter of a Record-Route that has its dialog's mark. */
export const MARK = "mark";

/** One that looks for its mark when somebody asks: few do. */
export class RoutedRequest implements Routed {
  readonly request: Request;
  readonly viaUs: boolean;
  readonly flow: Flow | undefined;
  readonly flowGone: boolean;
  readonly gruu: boolean;
  readonly #last: Uri | undefined;
  readonly #marks: DialogMarks;

  /** @param last the last of our Routes: the one that says where the request goes */
  constructor(
    { request, flow, flowGone, gruu }: Pick<Routed, "request" | "flow" | "flowGone" | "gruu">,
    last: Uri | undefined,
    marks: DialogMarks,
  ) {
    this.request = request;
    this.viaUs = last !== undefined;
    this.flow = flow;
    this.flowGone = flowGone;
    this.gruu = gruu;
    this.#last = last;
    this.#marks = marks;
  }

  get inDialog(): boolean {
    return this.request.headers.get("To")?.tag !== undefined;
  }

  get recorded(): boolean {
    const mark = this.inDialog ? this.#last?.params.get(MARK) : undefined;
    return mark !== undefined && this.#marks.isOf(mark, this.request);
  }
}
