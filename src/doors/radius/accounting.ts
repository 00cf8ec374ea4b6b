import type { AuditPort, DoorPorts } from '../../core/door.ts';
import { framedIn } from './addresses.ts';
import type { Claims, SessionName } from './claims.ts';
import type { Reply } from './clients.ts';
import { CODE, TYPE } from './codec/numbers.ts';
import { type Packet, valueIn } from './codec/packet.ts';
import type { Ending } from './ending.ts';
import { addressIn, textOf, whereIn } from './request.ts';
import type { Session, Sessions } from './sessions.ts';
import type { RadiusClient } from './settings.ts';
import type { SignedIn } from './signed.ts';

type Named = SessionName & { userName: string };

/** Acct-Status-Type (RFC 2866 section 5.1). */
const STATUS = { start: 1, stop: 2, interim: 3, on: 7, off: 8 } as const;

interface Parts {
  sessions: Sessions;
  signed: SignedIn;
  claims: Claims;
  ending: Ending;
}

/**
 * Accounting (RFC 2866): which sessions there are. What is answered has been kept; of names that nobody was accepted
 * under nothing is.
 */
export function createAccounting(
  { audit, now }: Pick<DoorPorts, 'now'> & { audit: AuditPort },
  { sessions, signed, claims, ending }: Parts,
) {
  const facts = ({ client, account, station = '' }: Session) => ({
    ...{ application: client, door: 'radius', account },
    ip: addressIn(station) ?? '',
  });

  async function stop(session: Session, reason: string): Promise<void> {
    const seconds = Math.round((now() - session.since) / 1_000);
    if (await sessions.end(session)) audit.note({ event: 'connection.ended', reason, seconds, ...facts(session) });
  }

  /** What it has behind the client, for as long as it lives. */
  async function claim(client: RadiusClient, packet: Packet, { userName, ...place }: Named): Promise<void> {
    if (client.settings.pool === undefined) return;
    const station = whereIn(valueIn(packet, TYPE.callingStationId)?.toString('latin1').trim());
    const heard = {
      framed: framedIn(packet),
      lasted: secondsIn(packet, TYPE.acctSessionTime),
      delayed: secondsIn(packet, TYPE.acctDelayTime),
    };
    await claims.hear(place, heard, (began) => signed.take({ client: client.id, userName, station }, began));
  }

  async function hear(client: RadiusClient, packet: Packet, nas: string): Promise<void> {
    const [name, id] = [valueIn(packet, TYPE.userName), valueIn(packet, TYPE.acctSessionId)?.toString('hex')];
    const status = numberIn(packet, TYPE.acctStatusType);
    if (id === undefined) return;
    const place = { client: client.id, nas, id };
    const before = await sessions.find(place);
    if (status === STATUS.stop) {
      await claims.end(place);
      return before && stop(before, 'stopped');
    }
    const userName = before?.userName ?? (name && textOf(client, name));
    if (userName === undefined || (await claims.hasEnded(place))) return;
    await claim(client, packet, { ...place, userName });
    const owner = before ?? (await sessions.ownerOf(client.id, userName));
    if (owner === undefined) return;
    const { account, generation } = owner;
    const since = now() - secondsIn(packet, TYPE.acctSessionTime);
    const began = generation === undefined ? {} : { generation };
    const session = { ...place, account, ...began, userName, ...about(packet) };
    if (await sessions.hear(session, since)) {
      audit.note({ event: 'connection.began', ...facts({ ...session, since, heard: now() }) });
    }
    if (before?.ending !== undefined) ending.again(before);
    else if (before === undefined && (await ending.isVoid(owner))) ending.soon({ ...session, since, heard: now() });
    // Its end may have come meanwhile, and found nothing.
    if (await claims.hasEnded(place)) await sessions.end({ ...session, since, heard: now() });
  }

  return async function accounting(client: RadiusClient, packet: Packet, nas: string): Promise<Reply> {
    const status = numberIn(packet, TYPE.acctStatusType);
    if (status === STATUS.on || status === STATUS.off) {
      await claims.endAll(client.id, nas);
      for (const session of await sessions.ofNas(client.id, nas)) await stop(session, 'restarted');
    } else if (status === STATUS.start || status === STATUS.interim || status === STATUS.stop) {
      await hear(client, packet, nas);
    }
    return { code: CODE.accountingResponse, attributes: [] };
  };
}

function numberIn(packet: Packet, type: number): number | undefined {
  const value = valueIn(packet, type);
  return value?.length === 4 ? value.readUInt32BE() : undefined;
}

/** Milliseconds; 0 where it isn't told. */
const secondsIn = (packet: Packet, type: number): number => (numberIn(packet, type) ?? 0) * 1_000;

/** What is told of a session beside its name. */
function about(packet: Packet): Pick<Session, 'station' | 'framed' | 'nasIdentifier' | 'nasIpAddress'> {
  const station = valueIn(packet, TYPE.callingStationId)?.toString('latin1').trim();
  const framed = valueIn(packet, TYPE.framedIpAddress);
  const nasIdentifier = valueIn(packet, TYPE.nasIdentifier)?.toString('hex');
  const nasIpAddress = valueIn(packet, TYPE.nasIpAddress)?.toString('hex');
  return {
    ...(station ? { station } : {}),
    ...(framed?.length === 4 ? { framed: [...framed].join('.') } : {}),
    ...(nasIdentifier === undefined ? {} : { nasIdentifier }),
    ...(nasIpAddress === undefined ? {} : { nasIpAddress }),
  };
}
