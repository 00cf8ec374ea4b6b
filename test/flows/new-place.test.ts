import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { DAYS } from '../support/clock.ts';
import { MAILBOX, notices } from '../support/mail.ts';
import { mmdbOf } from '../support/mmdb.ts';
import { outbox } from '../support/outbox.ts';
import { type Someone, stage } from '../support/scene.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-places-'));
afterAll(() => rmSync(folder, { recursive: true }));
const database = join(folder, 'places.mmdb');
const country = (code: string) => ({ country: { iso_code: code } });
writeFileSync(
  database,
  mmdbOf({
    '203.0.0.0/16': country('HK'),
    '198.51.0.0/16': country('HK'),
    '192.0.2.0/24': { ...country('GB'), city: { names: { en: 'Leeds' } }, traits: { autonomous_system_number: 786 } },
    '192.88.99.0/24': { ...country('GB'), traits: { autonomous_system_number: 786 } },
  }),
);
const HONG_KONG = '203.0.113.7';
const LEEDS = '192.0.2.9';

const scene = stage(() => ({
  config: {
    ...MAILBOX,
    factors: { password: {}, totp: {} },
    policy: { rules: [{ name: 'all', level: 'sfa' }] },
    trustedProxies: ['127.0.0.1', '::1'],
    geoip: { database },
    networks: { campus: ['203.0.200.0/24'] },
  },
}));

const from = (someone: Someone, ip: string) =>
  scene.elsewhere(someone, new Client({ headers: { 'x-forwarded-for': ip } })).enter('library');

/** Letters so far, once there are as many. */
async function about(mailbox: string, count: number) {
  const letters = count === 0 ? await outbox(scene.gateway, mailbox) : await notices(scene.gateway, mailbox, count);
  return letters.map(({ subject = '', text }) => ({ subject, text }));
}

it('is told of by mail, once, and never at the first sign-in', async () => {
  const owner = await scene.newcomer({ email: 'traveller@university.example' });
  await from(owner, HONG_KONG);
  await from(owner, HONG_KONG);
  // The institution's own network is none; and what the database doesn't know.
  await from(owner, '203.0.200.1');
  await from(owner, '10.1.2.3');
  await from(owner, LEEDS);
  const [letter, ...others] = await about('traveller@university.example', 1);
  expect(others).toEqual([]);
  expect(letter?.subject).toContain('a sign-in from a new place');
  expect(letter?.text).toContain('\nPlace, roughly: near Leeds, United Kingdom\nNetwork address: 192.0.2.9\n');
  // The same network under another range; then back, and again.
  for (const ip of ['192.88.99.1', HONG_KONG, LEEDS]) await from(owner, ip);
  // Another network of a known country.
  await from(owner, '198.51.100.1');
  const all = await about('traveller@university.example', 2);
  expect(all).toHaveLength(2);
  expect(all[0]?.text).toContain('Network address: 198.51.100.1');
  // Too long ago to be known.
  scene.clock.advance(181 * DAYS);
  await from(owner, HONG_KONG);
  expect(await about('traveller@university.example', 3)).toHaveLength(3);
});

it('is not told where nobody gets in', async () => {
  const owner = await scene.newcomer({ email: 'guessed@university.example' });
  await from(owner, HONG_KONG);
  const thief = scene.elsewhere(owner, new Client({ headers: { 'x-forwarded-for': LEEDS } }));
  await thief.password(await thief.begin('library'), owner.username, 'a guess');
  await from(owner, HONG_KONG);
  expect(await about('guessed@university.example', 0)).toEqual([]);
});

it('leaves nothing in the clear of where somebody was', async () => {
  const owner = await scene.newcomer({ email: 'kept@university.example' });
  await from(owner, HONG_KONG);
  const { id = '' } = (await scene.gateway.app.rooms.accounts.find(owner.username)) ?? {};
  const file = new DatabaseSync(join(scene.data, 'sallyport.db'), { readOnly: true });
  const kept = () =>
    file.prepare(`SELECT data FROM records WHERE namespace = 'places' AND id = ?`).get(id)?.data as string | undefined;
  await expect.poll(kept).toMatch(/^\{("[\w-]{12}":\d{5},?){2}\}$/);
  file.close();
});
