import type { Attribute } from './codec/packet.ts';
import { addressBook, rangeOf } from './networks.ts';
import type { RadiusClient } from './settings.ts';

/** An answer before it is signed. */
export interface Reply {
  code: number;
  attributes: readonly Attribute[];
}

/** Finds the client that a packet comes from, by nothing but its address (RFC 2865 section 3). */
export function clientsOf(applications: readonly RadiusClient[]): (address: string) => RadiusClient | undefined {
  return addressBook(
    applications.flatMap((client) =>
      client.settings.clients.flatMap((text) => {
        const range = rangeOf(text);
        return range === undefined ? [] : [{ range, of: client }];
      }),
    ),
  );
}

/** Who may have how many packets looked at: each client so many a second, those that it didn't use for a second. */
export function createRates(most: number, now: () => number): (client: string) => boolean {
  const left = new Map<string, { at: number; tokens: number }>();
  return (client) => {
    const at = now();
    const before = left.get(client) ?? { at, tokens: most };
    const tokens = Math.min(most, before.tokens + (Math.max(0, at - before.at) * most) / 1_000);
    const allowed = tokens >= 1;
    left.set(client, { at, tokens: allowed ? tokens - 1 : tokens });
    return allowed;
  };
}
