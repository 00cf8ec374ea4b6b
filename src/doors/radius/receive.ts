import { hasCode, isUnavailable } from '../../core/errors.ts';
import type { Arrival, Work } from '../../core/listening.ts';
import type { Reply } from './clients.ts';
import { type Integrity, integrityOf, isComputed, reply } from './codec/authenticity.ts';
import { CODE, TYPE } from './codec/numbers.ts';
import { decode, type Packet, valueIn } from './codec/packet.ts';
import type { Duplicates } from './duplicates.ts';
import type { Note, Notes } from './notes.ts';
import { type Asked, askedBy } from './request.ts';
import type { RadiusClient } from './settings.ts';

/** The door's ports. */
export type Port = 'access' | 'accounting';

/** A packet whose client is known. */
interface Received {
  at: Port;
  client: RadiusClient;
  packet: Packet;
  integrity: Integrity;
}

type Check = (received: Received) => Note | undefined;

/** What is taken at each port. */
const TAKEN: Readonly<Record<Port, number>> = { access: CODE.accessRequest, accounting: CODE.accountingRequest };

/** What keeps a packet from being looked at, in this order, or undefined: at any port, and at each. */
const ALWAYS: readonly Check[] = [
  ({ integrity }) => (integrity === 'wrong' ? 'unauthentic' : undefined),
  ({ at, packet: { code } }) => (code === TAKEN[at] || code === CODE.statusServer ? undefined : 'unsupported'),
  // RFC 5997 section 3: without one, anybody could have any number of them answered.
  ({ packet: { code }, integrity }) =>
    code === CODE.statusServer && integrity === 'absent' ? 'unprotected' : undefined,
];
const ACCOUNTING: readonly Check[] = [
  // Computed of the packet and the secret, so that Message-Authenticator adds nothing (RFC 2866 section 3).
  ({ client, packet }) =>
    packet.code === CODE.accountingRequest && !isComputed(packet, client.settings.secret) ? 'unauthentic' : undefined,
];
const ACCESS: readonly Check[] = [
  ({ client, integrity }) =>
    client.settings.requireMessageAuthenticator && integrity === 'absent' ? 'unprotected' : undefined,
  // What is prefixed to forge an answer is sent as Proxy-State (Blast-RADIUS, CVE-2024-3596).
  ({ client, packet, integrity }) =>
    client.settings.limitProxyState && integrity === 'absent' && valueIn(packet, TYPE.proxyState)
      ? 'proxy-state'
      : undefined,
  ({ packet }) => (packet.code === CODE.accessRequest && !isComplete(packet) ? 'incomplete' : undefined),
];

const CHECKS: Readonly<Record<Port, readonly Check[]>> = {
  access: [...ALWAYS, ...ACCESS],
  accounting: [...ALWAYS, ...ACCOUNTING],
};

/** RFC 2865 section 4.1: who sends it, for whom, and something to look at. */
function isComplete(packet: Packet): boolean {
  const has = (...types: readonly number[]) => types.some((type) => valueIn(packet, type) !== undefined);
  const proof = has(TYPE.userPassword, TYPE.chapPassword, TYPE.state, TYPE.eapMessage, TYPE.vendorSpecific);
  return proof && has(TYPE.nasIpAddress, TYPE.nasIpv6Address, TYPE.nasIdentifier);
}

interface Parts {
  clientOf(address: string): RadiusClient | undefined;
  /** Whether one more packet of a client is looked at. */
  allows(client: string): boolean;
  duplicates: Duplicates;
  notes: Notes;
  /** Undefined: not yet. */
  access(asked: Asked): Promise<Reply | undefined>;
  accounting(client: RadiusClient, packet: Packet, nas: string): Promise<Reply>;
  /** Throws while a store is away. */
  ready(): Promise<void>;
}

/** What becomes of each packet: dropped without a word, or answered. Nothing is done for a source that isn't known. */
export function createReceiving({ clientOf, allows, duplicates, notes, access, accounting, ready }: Parts) {
  async function answerOf({ from }: Arrival, received: Received): Promise<Reply | undefined> {
    const { at, client, packet, integrity } = received;
    if (packet.code === CODE.statusServer) {
      await ready();
      return { code: at === 'access' ? CODE.accessAccept : CODE.accountingResponse, attributes: [] };
    }
    if (at === 'accounting') return accounting(client, packet, from.address);
    if (integrity === 'absent') notes.count('unprotected-taken', client);
    const asked = askedBy(client, packet, integrity);
    if (asked !== undefined) return access(asked);
    notes.tell(client, 'incomplete');
    return undefined;
  }

  /** The octets of an answer: Proxy-State goes back as it came, all of it and in its order (RFC 2865 section 5.33). */
  async function octetsOf(arrival: Arrival, received: Received): Promise<Buffer | undefined> {
    const { client, packet } = received;
    const answer = await answerOf(arrival, received);
    if (answer === undefined) return undefined;
    notes.count(OUTCOMES[answer.code] ?? 'answered', client);
    const proxies = packet.attributes.filter(({ type }) => type === TYPE.proxyState);
    return reply(answer.code, packet, [...answer.attributes, ...proxies], client.settings.secret);
  }

  async function work(arrival: Arrival, received: Received): Promise<void> {
    const { client, packet } = received;
    try {
      const { octets, again } = await duplicates.once(arrival, packet, () => octetsOf(arrival, received));
      if (again) notes.count('duplicate', client);
      if (octets) arrival.answer(octets);
    } catch (error) {
      if (!isUnavailable(error) && !hasCode(error, 'ERR_OVERLOADED')) throw error;
      notes.tell(client, 'unavailable');
    }
  }

  return function arrive(arrival: Arrival): Work | undefined {
    const client = clientOf(arrival.from.address);
    if (client === undefined) {
      notes.count('unknown-client');
      return undefined;
    }
    const note = allows(client.id) ? undefined : 'crowded';
    const packet = note === undefined ? decode(arrival.octets) : undefined;
    if (packet === undefined || typeof packet === 'string') {
      notes.tell(client, note ?? 'malformed', { from: arrival.from.address, ...(packet && { fault: packet }) });
      return undefined;
    }
    const at: Port = arrival.at === 'accounting' ? arrival.at : 'access';
    const received = { at, client, packet, integrity: integrityOf(packet, client.settings.secret) };
    for (const check of CHECKS[at]) {
      const why = check(received);
      if (why === undefined) continue;
      notes.tell(client, why, { from: arrival.from.address, code: packet.code });
      return undefined;
    }
    return () => work(arrival, received);
  };
}

const OUTCOMES: Readonly<Record<number, string>> = {
  [CODE.accessAccept]: 'accepted',
  [CODE.accessReject]: 'rejected',
  [CODE.accessChallenge]: 'challenged',
  [CODE.accountingResponse]: 'accounted',
};
