import type { Peer, PeerCertificate } from '../../core/listening.ts';
import type { Attribute } from './codec/packet.ts';
import { addressBook, holds, rangeOf } from './networks.ts';
import { isItsOwn } from './radsec.ts';
import { hasSecret, type RadiusClient } from './settings.ts';

/** An answer before it is signed. */
export interface Reply {
  code: number;
  attributes: readonly Attribute[];
}

/** Finds whose packets are: over UDP by nothing but their address (RFC 2865 section 3), over TLS by address and certificate. */
export function clientsOf(applications: readonly RadiusClient[]) {
  const rangesOf = (client: RadiusClient) =>
    client.settings.clients.flatMap((text) => {
      const range = rangeOf(text);
      return range === undefined ? [] : [{ range, of: client }];
    });
  const overUdp = addressBook(applications.filter(hasSecret).flatMap(rangesOf));
  const overTls = applications.filter(({ settings }) => settings.radsec !== undefined);
  const expected = addressBook(overTls.flatMap(rangesOf));
  const shown = new WeakMap<PeerCertificate, RadiusClient | undefined>();

  function byCertificate(certificate: PeerCertificate, address: string): RadiusClient | undefined {
    if (shown.has(certificate)) return shown.get(certificate);
    const at = overTls.filter((client) => rangesOf(client).some(({ range }) => holds(range, address)));
    const found = at.filter(({ settings }) => isItsOwn(settings, certificate));
    // Whose of two it is nobody could say.
    const client = found.length === 1 ? found[0] : undefined;
    shown.set(certificate, client);
    return client;
  }

  return {
    of: ({ address, certificate }: Peer) =>
      certificate === undefined ? overUdp(address) : byCertificate(certificate, address),
    /** Whether one that comes by TLS has this address. */
    isExpected: (address: string): boolean => expected(address) !== undefined,
  };
}

export type Clients = ReturnType<typeof clientsOf>;

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
