import { isIP } from 'node:net';
import type { Caller } from '../../core/journey.ts';
import type { Integrity } from './codec/authenticity.ts';
import { TYPE } from './codec/numbers.ts';
import { type Packet, valueIn, vendorValueIn } from './codec/packet.ts';
import type { RadiusClient } from './settings.ts';

/** Where PAN-OS puts what others have in Calling-Station-Id: PaloAlto-Client-Source-IP. */
const PALO_ALTO = { vendor: 25_461, type: 7 };

/** An Access-Request whose client is known. */
export interface Asked {
  client: RadiusClient;
  packet: Packet;
  /** What its password is hidden with. */
  secret: string;
  integrity: Integrity;
  /** As it came, and as it is looked up. */
  userName: string;
  username: string;
  from: Caller;
  /** Calling-Station-Id, where it can be believed: an address without its port. */
  station: string;
  /** The person at this client and this Calling-Station-Id, where that can be believed. */
  place?: string;
}

/** Text of an attribute: strictly UTF-8, or else what the client is said to write; undefined where it is neither. */
export function textOf({ settings: { charset } }: RadiusClient, value: Buffer): string | undefined {
  for (const encoding of new Set(['utf-8', charset])) {
    try {
      return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(value);
    } catch {
      // Not in this one.
    }
  }
  return undefined;
}

/** Without what stands around a name: `DOMAIN\user`, `user@realm`. */
function bare(name: string): string {
  const [, inDomain = name] = /^[^\\]+\\(.+)$/s.exec(name) ?? [];
  const [, ofRealm = inDomain] = /^(.+)@[^@]+$/s.exec(inDomain) ?? [];
  return ofRealm;
}

/** The person's own address as the client tells it: bare, or with a port behind it. */
export function addressIn(station: string): string | undefined {
  const [, bracketed] = /^(.+)\[\d+\]$/.exec(station) ?? [];
  const address = (bracketed ?? station).replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(address) === 0 ? undefined : address;
}

interface Received extends Pick<Asked, 'client' | 'packet' | 'secret' | 'integrity'> {
  isOverTls: boolean;
}

/** By what a station is the same in a sign-in and in its accounting, where ports differ. */
export const whereIn = (station = ''): string => addressIn(station) ?? station;

/** Reads who asks for whom; undefined where the name can't be read. */
export function askedBy(received: Received): Asked | undefined {
  const { client, packet, secret, integrity } = received;
  const name = valueIn(packet, TYPE.userName);
  const userName = name && textOf(client, name);
  if (userName === undefined || userName.trim() === '') return undefined;
  const username = client.settings.userName === 'bare' ? bare(userName) : userName;
  const station = stationIn(packet, integrity);
  const place = station === undefined ? {} : { place: JSON.stringify([client.id, userName, station]) };
  const from = callerOf(received, station);
  return { client, packet, secret, integrity, userName, username, from, station: whereIn(station), ...place };
}

/** Calling-Station-Id. What isn't protected could have been written by anybody on the way. */
function stationIn(packet: Packet, integrity: Integrity): string | undefined {
  if (integrity !== 'right') return undefined;
  const value = valueIn(packet, TYPE.callingStationId) ?? vendorValueIn(packet, PALO_ALTO.vendor, PALO_ALTO.type);
  return value?.toString('latin1').trim() || undefined;
}

/** Who asks. Without a station that can be believed the person is on no network, and nothing is recognised by it. */
function callerOf({ client: { id, settings }, isOverTls }: Received, station: string | undefined): Caller {
  const isGuarded = settings.requireMessageAuthenticator || isOverTls;
  const known = isGuarded && station !== undefined ? `${id} ${station}` : undefined;
  return {
    ip: (station && addressIn(station)) ?? '',
    userAgent: 'RADIUS',
    locale: settings.locale,
    speaker: id,
    ...(known === undefined ? {} : { known }),
  };
}
