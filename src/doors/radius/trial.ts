import type { Arrival, Peer, Work } from '../../core/listening.ts';
import { hidePassword, randomRequest } from './codec/authenticity.ts';
import { CODE, TYPE } from './codec/numbers.ts';
import { decode, type Packet, text } from './codec/packet.ts';
import { rangeOf } from './networks.ts';
import { TLS_SECRET } from './radsec.ts';
import type { RadiusClient } from './settings.ts';

/** What a client would send. */
export interface Trial {
  application: string;
  userName: string;
  /** The password, or what answers a challenge. */
  typed: string;
  /** State of the challenge that is answered. */
  state?: string;
  /** Where it comes from; by default the first address of the application's clients. */
  address?: string;
  /** Calling-Station-Id. */
  station?: string;
}

/** `nobody`: no such application. `another`: whose the address is instead. */
export type Outcome =
  | { kind: 'nobody' }
  | { kind: 'another'; address: string; application: string | undefined }
  | { kind: 'dropped'; address: string }
  | { kind: 'answered'; address: string; packet: Packet };

interface Parts {
  clients: ReadonlyMap<string, RadiusClient>;
  clientOf(peer: Peer): RadiusClient | undefined;
  arrive(arrival: Arrival): Work | undefined;
  random(bytes: number): Uint8Array;
}

/** Has a packet of a client's looked at as if it had come from the network, by all that looks at those. */
export function createTrials({ clients, clientOf, arrive, random }: Parts) {
  return async function attempt(trial: Trial): Promise<Outcome> {
    const client = clients.get(trial.application);
    if (client === undefined) return { kind: 'nobody' };
    const address = trial.address ?? rangeOf(client.settings.clients[0] ?? '')?.network.toString() ?? '';
    const from = peerOf(client, address);
    const owner = clientOf(from)?.id;
    if (owner !== client.id) return { kind: 'another', address, application: owner };

    let answered: Buffer | undefined;
    const answer = (octets: Buffer) => {
      answered = octets;
    };
    const octets = requestOf(trial, client.settings.secret ?? TLS_SECRET, random);
    await arrive({ at: 'access', octets, from, answer, hasRoom: () => true, hangUp: () => {} })?.();
    const packet = answered && decode(answered);
    return packet === undefined || typeof packet === 'string'
      ? { kind: 'dropped', address }
      : { kind: 'answered', address, packet };
  };
}

/** One that has no secret comes over TLS, with a certificate of its own. */
function peerOf({ settings: { secret, radsec } }: RadiusClient, address: string): Peer {
  const peer = { address, port: 0 };
  if (secret !== undefined || radsec === undefined) return peer;
  const { names, fingerprints } = radsec;
  const isOf = (host: string) => host === names[0];
  const certificate = { fingerprint: fingerprints[0] ?? '', vouched: true, expires: Number.POSITIVE_INFINITY, isOf };
  return { ...peer, certificate };
}

function requestOf({ userName, typed, state, station }: Trial, secret: string, random: Parts['random']): Buffer {
  const [authenticator, identifier = 0] = [Buffer.from(random(16)), ...random(1)];
  return randomRequest(
    CODE.accessRequest,
    { identifier, authenticator },
    [
      text(TYPE.userName, userName),
      { type: TYPE.userPassword, value: hidePassword(Buffer.from(typed), authenticator, secret) },
      text(TYPE.nasIdentifier, 'sallyport radius test'),
      ...(station === undefined ? [] : [text(TYPE.callingStationId, station)]),
      ...(state === undefined ? [] : [text(TYPE.state, state)]),
    ],
    secret,
  );
}

export type Trials = ReturnType<typeof createTrials>;
