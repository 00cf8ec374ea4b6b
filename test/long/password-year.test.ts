import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { type Clock, DAYS, HOURS, MINUTES, movableClock } from '../support/clock.ts';
import { type Gateway, PASSWORD, startGateway } from '../support/gateway.ts';
import { MAILBOX } from '../support/mail.ts';
import { type Message, outbox } from '../support/outbox.ts';
import { freePort } from '../support/ports.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { Someone } from '../support/scene.ts';

const YEAR = 365;
const config = {
  ...MAILBOX,
  timeZone: 'Asia/Hong_Kong',
  factors: { password: {}, totp: {} },
  policy: { rules: [{ name: 'all', level: 'sfa' }] },
  passwordPolicy: {
    spread: '0s',
    profiles: { classic: { groups: ['surgery'], maximum: 64, composition: [], history: 0 } },
  },
  departments: [{ name: 'Surgery', groups: ['surgery'], heads: ['chief'] }],
};

const folders = ['a', 'b'].map(() => mkdtempSync(join(tmpdir(), 'sallyport-year-')));
let postgres: PostgresServer;
let url: string;
let clock: Clock;
let ports: { gateway: number; relyingParty: number };
/** The first may be gone. */
const nodes: (Gateway | undefined)[] = [undefined, undefined];
const kept: Message[] = [];

/** Two nodes of one installation: the second one's address is everybody's. */
async function start(at: 0 | 1): Promise<void> {
  const own = at === 1 ? { ports } : { withoutRelyingParty: true };
  const issuer = `http://localhost:${ports.gateway}`;
  nodes[at] = await startGateway({
    ...{
      folder: folders[at] ?? '',
      postgres: url,
      redis: inject('redisUrl'),
      prefix: `year-${ports.gateway}:`,
      ...own,
    },
    config: { ...config, issuer, node: at === 0 ? 'a' : 'b' },
  });
}

/** Its letters are the test's to remember: what went out doesn't end with it. */
async function stop(at: 0 | 1): Promise<void> {
  const node = nodes[at];
  if (node === undefined) return;
  kept.push(...(await outbox(node)));
  nodes[at] = undefined;
  await node.close();
}

const running = () => nodes.filter((node) => node !== undefined);
const front = (): Gateway => {
  const [, node] = nodes;
  if (node === undefined) throw new Error('the second node is always there');
  return node;
};

beforeAll(async () => {
  clock = movableClock();
  postgres = await startPostgres();
  url = await postgres.database();
  ports = { gateway: await freePort(), relyingParty: await freePort() };
  await start(1);
  await start(0);
});

afterAll(async () => {
  for (const at of [0, 1] as const) await stop(at);
  await postgres.stop();
  clock.restore();
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Somebody at a browser that nobody knows, past the password. */
async function enter(username: string, password: string): Promise<{ someone: Someone; page: Reply }> {
  const someone = new Someone(front(), username, new Client());
  return { someone, page: await someone.password(await someone.begin('library'), username, password) };
}

const asksNew = ({ body }: Reply) => body.includes('name="next"');
const isIn = ({ url }: Reply) => url.pathname === '/library';

/** What the audit says of somebody, day by day since the beginning. */
async function daysOf(username: string, event: string, from: number): Promise<number[]> {
  const rows = await postgres.run(
    `select at from audit where event = '${event}' and account = (select id from accounts where username = '${username}')
     order by at`,
    url,
  );
  return rows.map(({ at }) => Math.floor((Number(at) - from) / DAYS));
}

/** Mails to somebody, in the order in which they were sent, once none waits any more. */
async function mailsTo(name: string): Promise<string[]> {
  const waiting = () =>
    postgres.run(`select id from records where namespace = 'letters' and data not like '%"handed":true%'`, url);
  await expect.poll(waiting).toEqual([]);
  const all = [...kept, ...(await Promise.all(running().map((node) => outbox(node)))).flat()];
  const theirs = all.filter(({ to }) => to === `${name}@university.example`).sort((one, other) => one.at - other.at);
  return theirs.map(({ subject = '' }) => subject.replace(/^[^:]*: /, ''));
}

it('goes by on two nodes, one of which is away for a month', async () => {
  for (const name of ['punctual', 'late', 'gone']) {
    await front().addUser(name, { groups: 'surgery', email: `${name}@university.example` });
  }
  await front().addUser('chief', { groups: 'heads', email: 'chief@university.example' });
  // To half past seven in the morning, when all that is due in a day was due.
  const now = front().now();
  clock.advance(DAYS - ((now + 8 * HOURS - 7.5 * HOURS) % DAYS) + MINUTES);
  const begin = front().now();
  for (const name of ['punctual', 'late', 'gone']) expect(isIn((await enter(name, PASSWORD)).page)).toBe(true);
  const secrets = { punctual: PASSWORD, late: PASSWORD };
  const firsts: string[] = [];

  /** What people do on a day. */
  async function live(day: number): Promise<void> {
    if (day === 170 || day === 340) {
      const next = `a new one of day ${day}`;
      const { someone, page } = await enter('punctual', secrets.punctual);
      expect(page.text).toContain('Your password expires soon');
      const form = await someone.answer(page, { remind: 'now' });
      expect(isIn(await someone.answer(form, { current: secrets.punctual, next }))).toBe(true);
      secrets.punctual = next;
    }
    if (day === 190) {
      const next = 'late, but a new one';
      const { someone, page } = await enter('late', secrets.late);
      expect(page.text).toContain('Your password has expired.');
      expect(asksNew(page)).toBe(true);
      expect(await someone.claims('library')).toBeUndefined();
      expect(isIn(await someone.answer(page, { current: secrets.late, next }))).toBe(true);
      secrets.late = next;
    }
    if (day === 300) expect(asksNew((await enter('gone', PASSWORD)).page)).toBe(true);
    if (day === 200) await stop(0);
    if (day === 231) await start(0);
  }

  for (let day = 0; day <= YEAR; day += 1) {
    const local = new Date(front().now() + 8 * HOURS).toISOString();
    if (local.slice(8, 10) === '01') firsts.push(local.slice(0, 7));
    await Promise.all(running().map(({ app }) => app.building.jobs.look()));
    await live(day);
    clock.advance(DAYS);
  }

  expect(await daysOf('punctual', 'password.reminded', begin)).toEqual([166, 336]);
  expect(await daysOf('punctual', 'password.expired', begin)).toEqual([]);
  expect(await daysOf('late', 'password.reminded', begin)).toEqual([166, 173, 179, 356, 363]);
  expect(await daysOf('late', 'password.expired', begin)).toEqual([180]);
  expect(await daysOf('gone', 'password.reminded', begin)).toEqual([166, 173, 179]);
  expect(await daysOf('gone', 'password.expired', begin)).toEqual([180]);

  const soon = 'your password expires soon';
  const over = 'your password has expired';
  const changed = 'your password was changed';
  expect(await mailsTo('punctual')).toEqual([soon, changed, soon, changed]);
  expect(await mailsTo('late')).toEqual([soon, soon, soon, over, changed, soon, soon]);
  expect(await mailsTo('gone')).toEqual([soon, soon, soon, over]);
  expect(await mailsTo('chief')).toEqual(firsts.map(() => 'passwords older than they may be'));
  expect(firsts.length).toBeGreaterThanOrEqual(12);

  const listed = await postgres.run(`select detail from audit where event = 'department.listed' order by at`, url);
  const lists = listed.map(({ detail }) => JSON.parse(String(detail)) as { month: string; people: number });
  expect(lists.map(({ month }) => month)).toEqual(firsts);
  const expired = lists.findIndex(({ people }) => people > 0);
  expect(expired).toBeGreaterThan(4);
  expect(lists.slice(0, expired).every(({ people }) => people === 0)).toBe(true);
  expect(lists.slice(expired).every(({ people }) => people === 1 || people === 2)).toBe(true);
  expect(lists.at(-1)?.people).toBe(1);
}, 300_000);
