import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { DoorPorts } from '../../core/door.ts';
import { answers, computedRequest } from './codec/authenticity.ts';
import { CODE, TYPE } from './codec/numbers.ts';
import { type Attribute, decode, integer, type Packet, text, valueIn } from './codec/packet.ts';
import type { Session } from './sessions.ts';
import type { RadiusClient } from './settings.ts';

/** When the same request is sent again, and when no answer is expected any more, milliseconds. */
const SENT_AGAIN = 1_000;
const GIVEN_UP = 3_000;

/** What names a session at its client (RFC 5176 section 3): as it came from there. */
function named(session: Session, now: number): Attribute[] {
  const { userName, id, nasIdentifier, nasIpAddress, station } = session;
  const octets = (type: number, value: string): Attribute => ({ type, value: Buffer.from(value, 'hex') });
  return [
    text(TYPE.userName, userName),
    octets(TYPE.acctSessionId, id),
    ...(nasIdentifier === undefined ? [] : [octets(TYPE.nasIdentifier, nasIdentifier)]),
    ...(nasIpAddress === undefined ? [] : [octets(TYPE.nasIpAddress, nasIpAddress)]),
    ...(station === undefined ? [] : [text(TYPE.callingStationId, station)]),
    integer(TYPE.eventTimestamp, Math.floor(now / 1_000)),
  ];
}

/** Error-Cause "Session Context Not Found" (RFC 5176 section 3.5): there is nothing to end any more. */
const isGone = (reply: Packet): boolean =>
  reply.code === CODE.disconnectNak && valueIn(reply, TYPE.errorCause)?.equals(integer(0, 503).value) === true;

/** Asks a client to end a session (RFC 5176); whether it says that it did. Never throws. */
export function createDisconnect({ now, random, log }: Pick<DoorPorts, 'now' | 'random' | 'log'>) {
  return function disconnect({ id, settings }: RadiusClient, session: Session): Promise<boolean> {
    const { disconnect: at, secret } = settings;
    if (at === undefined || secret === undefined) return Promise.resolve(false);
    const [identifier = 0] = random(1);
    const octets = computedRequest(CODE.disconnectRequest, identifier, named(session, now()), secret);
    const request = { identifier, authenticator: octets.subarray(4, 20) };
    const socket = createSocket(isIPv6(session.nas) ? 'udp6' : 'udp4');
    const told = Promise.withResolvers<boolean>();
    const send = () => socket.send(octets, at.port, session.nas, (error) => error && told.resolve(false));
    socket.on('error', () => told.resolve(false));
    socket.on('message', (received) => {
      const reply = decode(received);
      // Anybody could send one here.
      if (typeof reply === 'string' || !answers(reply, request, secret)) return;
      if (reply.code === CODE.disconnectAck || isGone(reply)) told.resolve(true);
      else if (reply.code === CODE.disconnectNak) told.resolve(false);
    });
    const again = setInterval(send, SENT_AGAIN);
    const over = setTimeout(() => told.resolve(false), GIVEN_UP);
    send();
    return told.promise.then((ended) => {
      clearInterval(again);
      clearTimeout(over);
      socket.close();
      if (!ended) log.warn({ application: id }, 'a session could not be ended at its client');
      return ended;
    });
  };
}
