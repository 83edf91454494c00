// What is timed: the tasks, each as one job per contender that can do it.
import { emptyRecord, names } from "./corpus.mjs";

/** Where the results go, so that no optimiser may leave out the work. */
export const sink = { value: 0, record: undefined };

/** A walk over `messages` that goes on where it stopped, so that short batches see all variants. */
function walk(messages, form, each) {
  const inputs = messages.map((message) => message[form]);
  let at = 0;
  return (count) => {
    for (let i = 0; i < count; i++) {
      each(inputs[at]);
      at = at + 1 === inputs.length ? 0 : at + 1;
    }
  };
}

/**
 * Parse, and perhaps read the seven values, from bytes or from strings. They go to a record of their own: to write
 * young strings to an old one has V8 note each of them, which is no library's work.
 */
function parsing({ name, parse, read }, messages, form, reading) {
  const work = reading
    ? walk(messages, form, (input) => {
        const record = emptyRecord();
        read(parse(input), record);
        sink.record = record;
      })
    : walk(messages, form, (input) => {
        sink.value += parse(input) === undefined ? 0 : 1;
      });
  return { name, work };
}

/**
 * Branches to give, made before: V8 keeps the texts of the last numbers, in an old array, so that to make one in the
 * timed region costs a collection more than all that a library does in it.
 */
const branches = Array.from({ length: 1000 }, (_, serial) => `z9hG4bK${1_000_000 + serial}`);

function forwarding(contender, messages) {
  let serial = 0;
  const work = walk(messages, "bytes", (input) => {
    serial = serial + 1 === branches.length ? 0 : serial + 1;
    sink.value += contender.forward(input, branches[serial]).length;
  });
  return { name: contender.name, work };
}

/** A response to each of freshly parsed requests: none has had an answer before. */
function responding(contender, messages) {
  let at = 0;
  let requests = [];
  return {
    name: contender.name,
    prepare(count) {
      requests = new Array(count);
      for (let i = 0; i < count; i++) {
        requests[i] = contender.parse(messages[at].bytes);
        at = at + 1 === messages.length ? 0 : at + 1;
      }
    },
    work(count) {
      for (let i = 0; i < count; i++) sink.value += contender.respond(requests[i]).length;
    },
  };
}

/**
 * The tasks over a corpus: `{ id, title, jobs }` with the jobs of those contenders that can, and
 * `missing` with the reasons of those that cannot. In a quick run the slow peers, which parse all header
 * fields at once, are left out where reading adds nothing to parsing.
 */
export function tasks(contenders, messages, quick) {
  const requests = messages.filter(({ string }) => !string.startsWith("SIP/2.0"));
  const answerable = requests.filter(({ name }) => name !== "ack");
  const invites = messages.filter(({ name }) => name === "invite");
  const kinds = new Set(requests.map(({ name }) => name)).size;
  const answers = new Set(answerable.map(({ name }) => name)).size;
  const slow = new Set(contenders.filter((contender) => contender.slow).map(({ name }) => name));
  const skipped = new Set(["parse-bytes", "parse-string", "invite"]);
  const job = (make, step) =>
    contenders.map((contender) => ({ ...make(contender), step: contender.slow ? step : step * 8 }));
  // Sippet's parse of the same messages, in the same rounds: what to hold forwarding and responding against.
  const itsParse = (of) =>
    contenders
      .filter((c) => c.parseWith !== undefined)
      .map((c) => ({ ...parsing(c, of, "bytes", false), name: "its parse", step: 8 * kinds }));
  const list = [
    {
      id: "parse-bytes",
      title: "parse, bytes",
      jobs: job((c) => parsing(c, messages, "bytes", false), names.length),
    },
    {
      id: "read-bytes",
      title: "parse and read seven values, bytes",
      jobs: job((c) => parsing(c, messages, "bytes", true), names.length),
    },
    {
      id: "parse-string",
      title: "parse, string",
      jobs: job((c) => parsing(c, messages, "string", false), names.length),
    },
    {
      id: "read-string",
      title: "parse and read seven values, string",
      jobs: job((c) => parsing(c, messages, "string", true), names.length),
    },
    {
      id: "invite",
      title: `the ${invites[0].bytes.length}-byte INVITE, parse and read, bytes`,
      jobs: job((c) => parsing(c, invites, "bytes", true), 4),
    },
    {
      id: "forward",
      title: "forward: parse, push Via, Max-Forwards - 1, to bytes",
      jobs: [
        ...job((c) => (c.forward === undefined ? { name: c.name } : forwarding(c, requests)), kinds),
        ...itsParse(requests),
      ],
    },
    {
      id: "respond",
      title: "respond: 200 from a parsed request, to bytes",
      jobs: [
        ...job((c) => (c.respond === undefined ? { name: c.name } : responding(c, answerable)), answers),
        ...itsParse(answerable),
      ],
    },
  ];
  return list.map(({ id, title, jobs }) => ({
    id,
    title,
    jobs: jobs.filter(
      ({ name, work }) => work !== undefined && !(quick && skipped.has(id) && slow.has(name)),
    ),
    missing: contenders
      .filter((c) => c.cannot?.[id] !== undefined)
      .map((c) => ({ name: c.name, reason: c.cannot[id] })),
  }));
}
