// In which order records are tried.

import type { NaptrRecord, SrvRecord } from "../../transport/dns.ts";
import type { Lot } from "./lot.ts";

/** NAPTR records by order, then preference (RFC 3403 §4.1). */
export function orderNaptr(records: readonly NaptrRecord[]): NaptrRecord[] {
  return [...records].sort((a, b) => a.order - b.order || a.preference - b.preference);
}

/**
 * SRV records by priority; among equals by lot, in proportion to their weights, with a small chance for those
 * of weight 0 (RFC 2782). In whatever order DNS gives them, the same draws choose the same.
 */
export function orderSrv(records: readonly SrvRecord[], random: Lot): SrvRecord[] {
  const ordered: SrvRecord[] = [];
  for (const priority of [...new Set(records.map((record) => record.priority))].sort((a, b) => a - b)) {
    // Those of weight 0 go first, so that only a 0 drawn picks one of them while others are there.
    const left = records.filter((record) => record.priority === priority);
    left.sort((a, b) => Math.sign(a.weight) - Math.sign(b.weight) || compare(a, b));
    let sum = left.reduce((total, { weight }) => total + weight, 0);
    while (left.length > 0) {
      // 0 to the sum, both included.
      const drawn = Math.floor(random.fraction() * (sum + 1));
      let running = 0;
      const at = left.findIndex(({ weight }) => {
        running += weight;
        return running >= drawn;
      });
      const [next] = left.splice(at, 1);
      if (!next) break;
      sum -= next.weight;
      ordered.push(next);
    }
  }
  return ordered;
}

function compare(a: SrvRecord, b: SrvRecord): number {
  return a.target === b.target ? a.port - b.port : a.target < b.target ? -1 : 1;
}
