// Journal: the lines that the switchboard prints while it works.

/** One line for each request, each final response, each fault, and what was not taken. */
export class Journal {
  #print;

  constructor(print = console.log) {
    this.#print = print;
  }

  /** A request came in. */
  request(request) {
    const { transport, remote } = request.flow;
    this.#line(
      "→",
      request.method,
      `${request.uri}`,
      `from ${remote.host}:${remote.port} ${transport.protocol}`,
    );
  }

  /** A request was answered, `milliseconds` after it came. */
  response(request, response, milliseconds) {
    const { status, reason } = response;
    this.#line("←", status, `${reason} (${request.method} ${request.uri})`, `${Math.round(milliseconds)} ms`);
  }

  /** Something failed that no response tells of. */
  fault(error) {
    this.#line("!", error.code ?? error.name, error.message);
  }

  /** The stack answered something itself, or dropped it. */
  refused({ code, status, reason }, { transport, remote }, message) {
    const what = message?.kind === "request" ? ` (${message.method})` : "";
    const source = `from ${remote.host}:${remote.port} ${transport.protocol}`;
    this.#line("×", status, `${reason}${what}`, code, source);
  }

  /** A page of another host wanted a WebSocket. */
  stranger(origin, { remoteAddress, remotePort }) {
    const what = `no WebSocket for a page of ${origin}: its host is none of ours (--domain)`;
    this.#line("×", 403, what, `from ${remoteAddress}:${remotePort}`);
  }

  #line(mark, subject, ...rest) {
    const time = new Date().toISOString().slice(11, 23);
    const text = `${time} ${mark} ${String(subject).padEnd(8)} ${rest.join("  ")}`;
    // What peers wrote is printed here: no control character of theirs reaches the terminal, and no long line the disk.
    this.#print(text.slice(0, 500).replace(/\p{Cc}/gu, "?"));
  }
}
