import { hasCode, isUnavailable } from '../../core/errors.ts';
import type { Arrival, Peer, Work } from '../../core/listening.ts';
import type { Reply } from './clients.ts';
import { type Integrity, integrityOf, isComputed, reply } from './codec/authenticity.ts';
import { CODE, TYPE } from './codec/numbers.ts';
import { decode, type Packet, valueIn } from './codec/packet.ts';
import type { Duplicates } from './duplicates.ts';
import type { Note, Notes } from './notes.ts';
import { TLS_SECRET } from './radsec.ts';
import { type Asked, askedBy } from './request.ts';
import type { RadiusClient } from './settings.ts';

/** What a port is for; over TLS both come by one. */
export type Port = 'access' | 'accounting';

/** A packet whose client is known. */
interface Received {
  at: Port;
  client: RadiusClient;
  packet: Packet;
  secret: string;
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
  ({ packet, secret }) =>
    packet.code === CODE.accountingRequest && !isComputed(packet, secret) ? 'unauthentic' : undefined,
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
  clientOf(peer: Peer): RadiusClient | undefined;
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
    const { at, client, packet, secret, integrity } = received;
    if (packet.code === CODE.statusServer) {
      await ready();
      return { code: at === 'access' ? CODE.accessAccept : CODE.accountingResponse, attributes: [] };
    }
    if (at === 'accounting') return accounting(client, packet, from.address);
    const isOverTls = from.certificate !== undefined;
    // What comes over TLS says nothing of what the client sends over UDP.
    const taken = isOverTls ? 'tls-taken' : integrity === 'absent' ? 'unprotected-taken' : 'protected-taken';
    notes.count(taken, client, from.address);
    const asked = askedBy({ client, packet, secret, integrity, isOverTls });
    if (asked === undefined) {
      notes.tell(client, 'incomplete');
      return undefined;
    }
    const answer = await access(asked);
    if (answer === undefined) notes.count('under-way', client);
    return answer;
  }

  /** The octets of an answer: Proxy-State goes back as it came, all of it and in its order (RFC 2865 section 5.33). */
  async function octetsOf(arrival: Arrival, received: Received): Promise<Buffer | undefined> {
    const { client, packet, secret } = received;
    const answer = await answerOf(arrival, received);
    if (answer === undefined) return undefined;
    notes.count(OUTCOMES[answer.code] ?? 'answered', client);
    const proxies = packet.attributes.filter(({ type }) => type === TYPE.proxyState);
    return reply(answer.code, packet, [...answer.attributes, ...proxies], secret);
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

  /** Dropped, for this. RFC 6613 section 2.6.4: after what can't be from the client, a connection is worth nothing. */
  function drop(
    { from, hangUp }: Arrival,
    client: RadiusClient,
    note: Note,
    facts: Record<string, unknown>,
  ): undefined {
    notes.tell(client, note, { from: from.address, ...facts });
    if (ENDS.has(note)) hangUp();
    return undefined;
  }

  return function arrive(arrival: Arrival): Work | undefined {
    const { from, octets } = arrival;
    const client = clientOf(from);
    if (client === undefined) {
      notes.count('unknown-client');
      arrival.hangUp();
      return undefined;
    }
    const packet = decode(octets);
    if (typeof packet === 'string') return drop(arrival, client, 'malformed', { fault: packet });
    const received = receivedBy(arrival, client, packet);
    const { code } = packet;
    for (const check of CHECKS[received.at]) {
      const why = check(received);
      if (why !== undefined) return drop(arrival, client, why, { code });
    }
    // Of what may be its own: or whoever sends under its address would take its place.
    if (!allows(client.id)) return drop(arrival, client, 'crowded', { code });
    if (!arrival.hasRoom()) return drop(arrival, client, 'overloaded', { code });
    return () => work(arrival, received);
  };
}

/** Over TLS, whose one port is for both, nothing else need show that a request is whole: nobody is on the way. */
function receivedBy({ at, from }: Arrival, client: RadiusClient, packet: Packet): Received {
  const isOverTls = from.certificate !== undefined;
  const secret = isOverTls ? TLS_SECRET : (client.settings.secret ?? '');
  const integrity = integrityOf(packet, secret);
  const accounts = at === 'accounting' || (isOverTls && packet.code === CODE.accountingRequest);
  const isWhole = isOverTls && integrity === 'absent' && packet.code !== CODE.statusServer;
  return {
    ...{ client, packet, secret },
    at: accounts ? 'accounting' : 'access',
    integrity: isWhole ? 'right' : integrity,
  };
}

const ENDS: ReadonlySet<Note> = new Set(['malformed', 'unauthentic']);

const OUTCOMES: Readonly<Record<number, string>> = {
  [CODE.accessAccept]: 'accepted',
  [CODE.accessReject]: 'rejected',
  [CODE.accessChallenge]: 'challenged',
  [CODE.accountingResponse]: 'accounted',
};
