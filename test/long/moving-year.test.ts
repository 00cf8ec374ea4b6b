import { afterAll, beforeAll, expect, it } from 'vitest';
import { startDuo } from '../../src/factors/duo/testing/duo.ts';
import { createAuthenticator } from '../../src/factors/totp/double.ts';
import { DAYS } from '../support/clock.ts';
import { leadsToDuo, throughDuo } from '../support/duo.ts';
import { accountOf } from '../support/holders.ts';
import { type Someone, stage } from '../support/scene.ts';

/** A year in which three groups of 1,000 people leave Duo, each on a date of its own. */

const PEOPLE = 1_002;
const START = Date.now();
const OVERLAP = 60;
const GROUPS = [
  ['students', 120],
  ['staff', 240],
  ['clinic', 360],
] as const;
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

const onDay = (day: number) => new Date(START + day * DAYS).toISOString();
const duo = await startDuo(() => Date.now());
afterAll(() => duo.close());

const scene = stage(() => ({
  config: {
    factors: { password: {}, totp: {}, duo: duo.settings() },
    policy: {
      rules: [
        { name: 'library', applications: ['library'], level: 'sfa' },
        ...GROUPS.map(([group, end]) => ({
          ...{ name: `${group} move`, applications: ['payroll'], groups: [group], level: 'mfa', remember: '30d' },
          factors: [
            { until: onDay(end), use: ['duo'] },
            { from: onDay(end - OVERLAP), use: ['totp'] },
          ],
        })),
      ],
    },
  },
}));

/** When somebody sets up the new method: most before their group's date, some after it. */
const movesOn = (nth: number): number => (GROUPS[nth % 3]?.[1] ?? 0) - 50 + ((nth * 7) % 61);

const ids: string[] = [];
beforeAll(async () => {
  const lines = Array.from({ length: PEOPLE }, (_, nth) => `p${nth},Person ${nth},${GROUPS[nth % 3]?.[0]}`);
  await scene.gateway.command('user import', [], {}, `username,name,groups\n${lines.join('\n')}\n`);
  for (let nth = 0; nth < PEOPLE; nth += 1) ids.push(await accountOf(scene, { username: `p${nth}` }));
}, 300_000);

const data = () => ({ secret: SECRET, algorithm: 'SHA1', digits: 6, period: 30, lastStep: 0 });
const setUp = (account: string) => scene.gateway.app.rooms.credentials.add(account, 'totp', 'App', data());

/** What a sign-in to payroll comes to, by the front, after the password. */
async function comesTo(someone: Someone): Promise<'duo' | 'code' | 'refused'> {
  const page = await scene.elsewhere(someone).enter('payroll');
  if (leadsToDuo(page)) return 'duo';
  return page.body.includes('name="code"') && !page.body.includes('otpauth:') ? 'code' : 'refused';
}

it('counts at each month who is through, and asks each group by its own dates', { timeout: 900_000 }, async () => {
  const walkers = new Map<string, { moved: Someone; late: Someone }>();
  for (const [group] of GROUPS) {
    const [moved, late] = [await scene.newcomer({ groups: group }), await scene.newcomer({ groups: group })];
    for (const { username } of [moved, late]) duo.enrol(username);
    walkers.set(group, { moved, late });
  }
  const has = new Set<number>();
  // Without those who walk.
  const counted = new Set(ids);
  let day = 0;

  for (let month = 0; month <= 12; month += 1) {
    scene.clock.advance(START + month * 30 * DAYS + 1_000 - Date.now());
    day = month * 30;
    for (let nth = 0; nth < PEOPLE; nth += 1) {
      if (has.has(nth) || movesOn(nth) > day) continue;
      await setUp(ids[nth] ?? '');
      has.add(nth);
    }
    const { groups } = await scene.gateway.app.rooms.statistics.moving.counts(({ id }) => counted.has(id), []);
    for (const [at, [group, end]] of GROUPS.entries()) {
      const told = groups.find(({ of }) => of === group);
      const all = Array.from({ length: PEOPLE }, (_, nth) => nth).filter((nth) => nth % 3 === at);
      const through = all.filter((nth) => has.has(nth)).length;
      const expected = { of: group, people: all.length, through, at: Date.parse(onDay(end)), ends: ['duo'] };
      expect(told).toEqual(day < end ? expected : undefined);
    }
    if (![0, 3, 5, 12].includes(month)) continue;
    for (const [group, end] of GROUPS) {
      const { moved, late } = walkers.get(group) as { moved: Someone; late: Someone };
      const open = day >= end - OVERLAP;
      if (open && moved.authenticator === undefined) {
        await scene.gateway.app.rooms.accounts.find(moved.username);
        await setUp(await accountOf(scene, moved));
        moved.authenticator = createAuthenticator(`otpauth://totp/a?secret=${SECRET}`);
      }
      expect(await comesTo(moved)).toBe(open ? 'code' : 'duo');
      expect(await comesTo(late)).toBe(day < end ? 'duo' : 'refused');
      if (day < end) {
        const other = scene.elsewhere(late);
        expect((await throughDuo(other, await other.enter('payroll'))).status).toBe(200);
      }
    }
  }
});
