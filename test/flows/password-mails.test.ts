import { expect, it } from 'vitest';
import { DAYS } from '../support/clock.ts';
import { accountOf } from '../support/holders.ts';
import { MAILBOX, notices } from '../support/mail.ts';
import { stage } from '../support/scene.ts';

const scene = stage(() => ({
  config: {
    ...MAILBOX,
    timeZone: 'Asia/Hong_Kong',
    factors: { password: {}, totp: {} },
    policy: { rules: [{ name: 'all', level: 'sfa' }] },
    passwordPolicy: {
      spread: '0s',
      profiles: {
        classic: {
          ...{ groups: ['clinic'], maximum: 64, composition: [], history: 0 },
          expiry: { after: '30d', remind: '5d', mails: ['5d', '1d'] },
        },
      },
    },
  },
}));

/** Each day, as often as nodes and minutes would; days on which the person was told something. */
async function live(account: string, days: number): Promise<[string, number][]> {
  const { jobs } = scene.gateway.app.building;
  const begin = scene.gateway.now();
  for (let day = 0; day < days; day += 1) {
    scene.clock.advance(DAYS);
    for (let time = 0; time < 3; time += 1) await jobs.look();
  }
  const told = scene
    .audit()
    .filter((row) => row.account === account && /^password\.(reminded|expired)$/.test(row.event));
  return told.map(({ event, detail }) => [event, Math.round((JSON.parse(detail).expires - begin) / DAYS)]);
}

it('are sent at set times before a password expires, once each, and one when it has', async () => {
  const owner = await scene.newcomer({ groups: 'clinic', email: 'owner@university.example' });
  const other = await scene.newcomer({ groups: 'guests', email: 'other@university.example' });
  const disabled = await scene.newcomer({ groups: 'clinic', email: 'disabled@university.example' });
  for (const one of [owner, other, disabled]) await one.enter('library');
  await scene.gateway.command('user disable', [disabled.username]);
  expect(await live(await accountOf(scene, owner), 40)).toEqual([
    ['password.reminded', 30],
    ['password.reminded', 30],
    ['password.expired', 30],
  ]);
  const letters = await notices(scene.gateway, 'owner@university.example', 3);
  expect(letters.map(({ subject = '' }) => subject.replace(/^[^:]*: /, ''))).toEqual([
    'your password has expired',
    'your password expires soon',
    'your password expires soon',
  ]);
  expect(letters.at(-1)?.text).toMatch(/\nGood until: .* Hong Kong Standard Time\n/);
  expect(await live(await accountOf(scene, other), 1)).toEqual([]);
  const { id = '' } = (await scene.gateway.app.rooms.accounts.find(disabled.username)) ?? {};
  expect(await live(id, 1)).toEqual([]);
});
