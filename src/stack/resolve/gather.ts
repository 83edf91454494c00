// Gather: the answers to questions that are asked at the same time, without the last of them where those are slow: one
// name whose server is down is not to hold up the requests that another server can take.

import type { Clock } from "../../clock.ts";

/** How much longer the others may take when one question has been answered with something, in milliseconds. */
const GRACE = 500;

/**
 * What each question was answered with, in the order of the questions; nothing for one that took too long.
 *
 * @param questions none of them rejects
 */
export function gather<R>(
  questions: readonly Promise<readonly R[]>[],
  clock: Clock,
): Promise<readonly (readonly R[])[]> {
  return new Promise((resolve) => {
    const found = questions.map((): readonly R[] => []);
    let open = questions.length;
    let grace: ReturnType<Clock["set"]> | undefined;
    const end = (): void => {
      if (grace !== undefined) clock.clear(grace);
      // What comes later must not change what was given out.
      resolve([...found]);
    };
    if (open === 0) end();
    questions.forEach((question, at) => {
      void question.then((answer) => {
        found[at] = answer;
        open--;
        if (open === 0) end();
        else if (answer.length > 0) grace ??= clock.set(end, GRACE);
      });
    });
  });
}
