import type { DoorModule } from '../../core/door.ts';
import { createAccess } from './access.ts';
import { clientsOf, createRates } from './clients.ts';
import { requireMd5 } from './codec/authenticity.ts';
import { createDuplicates } from './duplicates.ts';
import { createNotes } from './notes.ts';
import { createReceiving } from './receive.ts';
import { createReplies } from './replies.ts';
import { createOpen, createRounds } from './rounds.ts';
import {
  checkApplications,
  type RadiusApplication,
  type RadiusClient,
  type RadiusSettings,
  radiusApplication,
  radiusSettings,
} from './settings.ts';
import { createTexts } from './texts.ts';

/** RADIUS (RFC 2865): VPN concentrators, jump hosts and switches have people sign in by the same journey and policy. */
const radius: DoorModule<RadiusSettings, RadiusApplication> = {
  id: 'radius',
  prompts: ['secret', 'code', 'number', 'wait'],
  settings: radiusSettings,
  application: radiusApplication,
  check: checkApplications,
  listens: ({ listen: { host, port } }) => [{ name: 'access', transport: 'udp', host, port }],

  async create({ rate }, ports) {
    requireMd5();
    const { now, ephemeral, log, meter } = ports;
    const notes = createNotes({ log, meter, now });
    const texts = createTexts(ports);
    const access = createAccess(ports, {
      ...{ rounds: createRounds(ports), open: createOpen(ports), notes },
      ...{ texts, replies: createReplies(ports, texts) },
    });
    const arrive = createReceiving({
      clientOf: clientsOf([...ports.applications.values()].filter(isOurs)),
      allows: createRates(rate, now),
      duplicates: createDuplicates(ports),
      ...{ notes, access },
      ready: () => ephemeral.ping(),
    });
    return { handler: (_req, _res, next) => next(), arrive };
  },
};

function isOurs(it: { door: string; internal: boolean }): it is RadiusClient {
  return it.door === 'radius';
}

export default radius;
