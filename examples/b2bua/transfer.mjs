// Transfer: a REFER that one side of a call sends goes to the other side, and what comes of it back. A Replaces in it names one
// of our own legs, and comes to us again: border.mjs sees to that.

import { referOutcome } from "sippet/dialog";

/** `session` is that of the other leg, where it stands. */
export function passOn(refer, session) {
  if (!session) return refer.reject(500, { headers: { "Retry-After": 5 } });
  const { headers } = refer.request;
  let over = false;
  const tell = (status, reason) => {
    if (over) return;
    over = status >= 200;
    progress.notify(status, reason);
  };
  const handlers = {
    onNotify(notify) {
      const outcome = referOutcome(notify);
      if (outcome) tell(outcome.status, outcome.reason);
    },
    // It was refused, or nobody has told of the end: he knows no more.
    onEnd: ({ response, error }) => tell(refused(response?.status ?? error?.status)),
  };
  const [target] = headers.raw("Refer-To");
  session.refer(target, handlers, { headers: { "Referred-By": headers.raw("Referred-By") } });
  const progress = refer.accept();
}

/** The status to tell of: what says that the REFER was taken says nothing of what it asked for. */
function refused(status = 503) {
  return status < 300 ? 503 : status;
}
