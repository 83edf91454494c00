// CloseDown: the end of a suite with telephones: each has taken its registration back, and nothing of a call is left.
import { expect } from "vitest";
import { openSockets } from "./node.mjs";
import { until } from "./wait.mjs";

/**
 * @param phones by name, stopped here
 * @param server what they were registered at
 * @param users their names there
 * @param relay what is between, if there is something
 */
export async function closeDown(phones, server, users, relay) {
  try {
    await phones.linphone?.unregister();
    await until(async () => (await server.contacts("linphone")).length === 0, "linphone is not registered");
  } finally {
    await Promise.all(Object.values(phones).map((phone) => phone.stop()));
  }
  for (const user of users) expect(await server.contacts(user)).toEqual([]);
  expect(await server.drain()).toEqual({});
  expect(server.faults).toEqual([]);
  relay?.close();
  expect(await openSockets()).toEqual([]);
}
