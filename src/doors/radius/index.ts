import type { Door, DoorModule } from '../../core/door.ts';
import { createAccess } from './access.ts';
import { createAccounting } from './accounting.ts';
import { createClaims } from './claims.ts';
import { clientsOf, createRates } from './clients.ts';
import { requireMd5 } from './codec/authenticity.ts';
import { commands } from './commands.ts';
import { demonstrate } from './demonstrate.ts';
import { createDisconnect } from './disconnect.ts';
import { createDuplicates } from './duplicates.ts';
import { createEnding, type Ending } from './ending.ts';
import { examine } from './examine.ts';
import { createGate } from './gate.ts';
import { createNotes } from './notes.ts';
import type { RadiusDoor } from './operate.ts';
import { checkRadsec, PACKETS } from './radsec.ts';
import { createReceiving } from './receive.ts';
import { createReplies } from './replies.ts';
import { addressIn } from './request.ts';
import { createOpen, createRounds } from './rounds.ts';
import { createSeen } from './seen.ts';
import { createSessions, type Sessions } from './sessions.ts';
import {
  checkApplications,
  poolsOf,
  type RadiusApplication,
  type RadiusClient,
  type RadiusSettings,
  radiusApplication,
  radiusSettings,
  reviewApplications,
} from './settings.ts';
import { createSigned } from './signed.ts';
import { lastArrivals, rowsOf, troublesOf } from './standing.ts';
import { createTexts } from './texts.ts';
import { createTrials } from './trial.ts';

/** RADIUS (RFC 2865): VPN concentrators, jump hosts and switches have people sign in by the same journey and policy. */
const radius: DoorModule<RadiusSettings, RadiusApplication> = {
  id: 'radius',
  prompts: ['secret', 'code', 'number', 'wait'],
  settings: radiusSettings,
  application: radiusApplication,
  check: (applications, settings) => [...checkApplications(applications), ...checkRadsec(applications, settings)],
  review: reviewApplications,
  pools: poolsOf,
  examine,
  commands,
  demonstrate,
  listens: ({ listen: { host, port, accountingPort, radsecPort }, radsec }) => [
    { name: 'access', transport: 'udp', host, port },
    { name: 'accounting', transport: 'udp', host, port: accountingPort },
    ...(radsec === undefined || radsecPort === undefined
      ? []
      : [{ name: 'radsec', transport: 'tls', host, port: radsecPort, identity: radsec, ...PACKETS } as const]),
  ],

  async create({ rate }, ports) {
    requireMd5();
    const { now, ephemeral, log, meter } = ports;
    const clients = [...ports.applications.values()].filter(isOurs);
    const seen = createSeen(ports);
    const notes = createNotes({ log, meter, seen, now });
    const texts = createTexts(ports);
    const sessions = createSessions(ports);
    const byId = new Map(clients.map((client) => [client.id, client]));
    const [signed, claims] = [createSigned(ports), createClaims(ports, byId)];
    const ending = createEnding(ports, { clients: byId, sessions, claims, disconnect: createDisconnect(ports) });
    const access = createAccess(ports, {
      ...{ rounds: createRounds(ports), open: createOpen(ports), sessions, signed, notes },
      ...{ texts, replies: createReplies(ports, texts) },
    });
    const known = clientsOf(clients);
    const arrive = createReceiving({
      clientOf: known.of,
      allows: createRates(rate, now),
      duplicates: createDuplicates(ports),
      ...{ notes, access, accounting: createAccounting(ports, { sessions, signed, claims, ending }) },
      ready: () => ephemeral.ping(),
    });
    meter.watch(async () => lastArrivals(clients, await seen.all()));
    const door: RadiusDoor = {
      handler: (_req, _res, next) => next(),
      arrive,
      gate: createGate({ clients: known, notes, byId }),
      attempt: createTrials({ clients: byId, clientOf: known.of, arrive, random: ports.random }),
      connectedAt: claims.at,
      troubles: async () => troublesOf(clients, await seen.all(), now()),
      clients: async () => rowsOf(clients, await seen.all()),
      close: seen.close,
      ...ownOf(byId, sessions, ending),
    };
    return door;
  },
};

/** Sessions at clients: shown to their owners, and ended there with everything else of the account. */
function ownOf(
  clients: ReadonlyMap<string, RadiusClient>,
  sessions: Sessions,
  ending: Ending,
): Pick<Door, 'ownSessions' | 'endOwn'> {
  return {
    async ownSessions(account) {
      return (await sessions.ofAccount(account)).map((session) => {
        const { client, since, station = '' } = session;
        const ip = addressIn(station);
        const endable = clients.get(client)?.settings.disconnect !== undefined;
        const more = {
          ...(ip === undefined ? {} : { ip }),
          ...(session.ending === undefined ? {} : { ending: true as const }),
        };
        return { id: sessions.nameOf(session), application: client, since, endable, ...more };
      });
    },

    async endOwn(account) {
      const ended = (await sessions.ofAccount(account)).map(async (session) =>
        (await ending.end(session)) ? [] : [session.client],
      );
      return (await Promise.all(ended)).flat();
    },
  };
}

function isOurs(it: { door: string; internal: boolean }): it is RadiusClient {
  return it.door === 'radius';
}

export default radius;
