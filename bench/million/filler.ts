import { randomBytes, randomInt } from 'node:crypto';
import '../../src/doors/oidc/runtime.ts';
import type { AdapterPayload } from 'oidc-provider';
import { createEvidence } from '../../src/assurance/evidence.ts';
import { createTrustedDevices } from '../../src/assurance/trusted-devices.ts';
import type { Evidence } from '../../src/core/assurance.ts';
import type { Browser } from '../../src/core/browser.ts';
import { SessionAdapter } from '../../src/doors/oidc/sessions.ts';
import redis from '../../src/stores/redis/index.ts';
import { MARK } from './mark.ts';

/** A session as a real sign-in left it, and what was proven in it. */
export interface Template {
  payload: AdapterPayload;
  proofs: Evidence[];
}

/** What a process is told to write. */
export interface Order {
  what: 'sessions' | 'devices';
  count: number;
}

const DAY = 86_400_000;
const AT_ONCE = 256;
const DIGITS = '0123456789';
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const AGENT =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';

const [url = '', prefix = '', given = '{}'] = process.argv.slice(2);
const template = JSON.parse(given) as Template;
const store = await redis.open(redis.settings.parse({ url, prefix }), { now: Date.now });
const sessions = new SessionAdapter(store, DAY);
const evidence = createEvidence(store);
const devices = createTrustedDevices({
  ephemeral: store,
  random: (bytes) => randomBytes(bytes),
  now: Date.now,
  audit: { note: () => {}, commit: async () => {} },
  trustedDevices: { lifetime: 30 * DAY },
});

/** Another id of the same kind, as long. */
function another(id: string): string {
  const one = (letters: string) => letters[randomInt(letters.length)] ?? '';
  return id.replaceAll(/[0-9]/g, () => one(DIGITS)).replaceAll(/[A-Za-z]/g, () => one(LETTERS));
}

/** As when a sign-in ends: the session is written, then what was proven moves to it. */
async function session(): Promise<void> {
  const { payload, proofs } = template;
  const [id, uid, accountId] = [another(String(payload.jti)), another(String(payload.uid)), another(account())];
  const opened = await sessions.write(id, { ...payload, jti: id, uid, accountId }, DAY / 1000);
  await evidence.leave(id, accountId, proofs, MARK);
  await evidence.adopt(id, { session: uid, epoch: opened.epoch }, DAY);
}

async function device(): Promise<void> {
  const second = template.proofs.map((proof) => ({ ...proof, kinds: ['possession' as const] }));
  await devices.remember(another(account()), second, browser());
}

const account = (): string => String(template.payload.accountId);

const browser = (): Browser => ({
  ip: `2001:db8:${randomBytes(12).toString('hex').match(/.{4}/g)?.join(':')}`,
  userAgent: AGENT,
  networks: [],
  shared: false,
  devices: [],
  known: undefined,
  setDevice: () => {},
  setKnown: () => {},
  reference: 'REFERENCE',
  locale: 'en',
});

process.on('message', async ({ what, count }: Order) => {
  const once = what === 'sessions' ? session : device;
  let left = count;
  const one = async () => {
    for (; left > 0; ) {
      left -= 1;
      await once();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  process.send?.('done');
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
