// ResponseQueue: responses for one `for await`: in order, up to the final one or the error, and no further.

import { describe, expect, it } from "vitest";
import { SipError } from "../../src/errors.ts";
import { QUEUE_LIMIT, ResponseQueue } from "../../src/transaction/response-queue.ts";
import { answer, requestText } from "./support.ts";

const response = (status: number) => answer(requestText("INVITE"), status);
const over = { done: true, value: undefined };
const timeout = new SipError("timeout", "no final response came in time");

describe("ResponseQueue", () => {
  it("keeps so many that nobody has read, and lets the oldest go", async () => {
    const queue = new ResponseQueue();
    const sent = Array.from({ length: QUEUE_LIMIT + 1 }, () => response(180));
    for (const each of sent) queue.push(each);
    expect((await queue.next()).value).toBe(sent[1]);
  });

  it("ends with the final response, and for all who wait", async () => {
    const queue = new ResponseQueue();
    const waiting = [queue.next(), queue.next()];
    queue.push(response(200));
    queue.push(response(200));
    expect(await waiting[0]).toMatchObject({ done: false, value: { status: 200 } });
    expect(await waiting[1]).toEqual(over);
    expect(await queue.next()).toEqual(over);
  });

  it("throws its error once, behind what is unread", async () => {
    const queue = new ResponseQueue();
    queue.push(response(180));
    queue.fail(timeout);
    queue.fail(new SipError("closed", "too late"));
    expect(await queue.next()).toMatchObject({ value: { status: 180 } });
    await expect(queue.next()).rejects.toBe(timeout);
    expect(await queue.next()).toEqual(over);
  });

  it("throws it to one of those who wait", async () => {
    const queue = new ResponseQueue();
    const waiting = [queue.next(), queue.next()];
    queue.fail(timeout);
    await expect(waiting[0]).rejects.toBe(timeout);
    expect(await waiting[1]).toEqual(over);
    expect(await queue.next()).toEqual(over);
  });

  it("has nothing more, response or error, where the loop was left", async () => {
    for (const error of [undefined, timeout]) {
      const queue = new ResponseQueue();
      queue.push(response(180));
      if (error) queue.fail(error);
      expect(await queue.return()).toEqual(over);
      expect(await queue.next()).toEqual(over);
    }
  });
});
