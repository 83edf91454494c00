// Ending: the answers that end a subscription, to a refresh as to a NOTIFY (RFC 6665 §4.1.2.2, §4.2.2).

/** Their statuses. */
export const ENDING: ReadonlySet<number> = new Set([
  404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604,
]);
