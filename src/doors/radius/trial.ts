import type { Arrival, Work } from '../../core/listening.ts';
import { hidePassword, randomRequest } from './codec/authenticity.ts';
import { CODE, TYPE } from './codec/numbers.ts';
import { decode, type Packet, text } from './codec/packet.ts';
import { rangeOf } from './networks.ts';
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
  clientOf(address: string): RadiusClient | undefined;
  arrive(arrival: Arrival): Work | undefined;
  random(bytes: number): Uint8Array;
}

/** Has a packet of a client's looked at as if it had come from the network, by all that looks at those. */
export function createTrials({ clients, clientOf, arrive, random }: Parts) {
  return async function attempt(trial: Trial): Promise<Outcome> {
    const client = clients.get(trial.application);
    if (client === undefined) return { kind: 'nobody' };
    const address = trial.address ?? rangeOf(client.settings.clients[0] ?? '')?.network.toString() ?? '';
    const owner = clientOf(address)?.id;
    if (owner !== client.id) return { kind: 'another', address, application: owner };

    let answered: Buffer | undefined;
    const answer = (octets: Buffer) => {
      answered = octets;
    };
    const octets = requestOf(trial, client.settings.secret, random);
    await arrive({ at: 'access', octets, from: { address, port: 0 }, answer })?.();
    const packet = answered && decode(answered);
    return packet === undefined || typeof packet === 'string'
      ? { kind: 'dropped', address }
      : { kind: 'answered', address, packet };
  };
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
