import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import type { Reply } from '../support/client.ts';
import { DAYS, HOURS } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { accountOf } from '../support/holders.ts';
import { MAILBOX, mailedCode } from '../support/mail.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { asksToRemember, post, type Someone, stage } from '../support/scene.ts';

/** Of answers to one question at the same moment one counts, and the audit hears of no other. */

const MANY = 60;
/** Each costs a hash. */
const PASSWORDS = 12;
const GENEROUS = { account: 1000, mailbox: 1000, address: 1000, installation: 1000 };
const MAIL = ['totp', 'email-code'];
const dayFromNow = (days: number) => new Date(Date.now() + days * DAYS).toISOString();

const config = {
  ...MAILBOX,
  factors: { ...MAILBOX.factors, 'email-code': { perHour: GENEROUS } },
  lockout: { failures: 100, perAddress: { failures: 100_000 } },
  policy: {
    rules: [
      { name: 'library', applications: ['library'], level: 'sfa' },
      { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d', factors: MAIL },
      { name: 'payroll', applications: ['payroll'], level: 'mfa', remember: '12h', factors: MAIL },
    ],
    campaigns: [
      {
        ...{ name: 'no more mail', groups: ['students'], leaves: ['email-code'], to: ['totp'] },
        ...{ from: dayFromNow(-1), end: dayFromNow(60), snooze: '5d' },
      },
    ],
  },
};

let server: PostgresServer;
let url: string;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

interface Told {
  event: string;
  account?: unknown;
  application?: unknown;
  detail?: unknown;
}

const STORES = [
  { name: 'embedded stores', on: () => ({}) },
  { name: 'Redis and PostgreSQL', on: () => ({ redis: inject('redisUrl'), postgres: url }) },
  { name: 'PostgreSQL alone', on: () => ({ postgres: url }) },
];

describe.each(STORES)('answers at once, on $name', ({ name, on }) => {
  beforeAll(async () => {
    url = await server.database();
  });
  const scene = stage(() => ({ ...on(), config }));

  async function audit(): Promise<readonly Told[]> {
    if (!('postgres' in on())) return scene.audit();
    const columns = 'event, account, application, detail';
    return (await server.run(`select ${columns} from audit order by sequence`, url)) as unknown as Told[];
  }

  /** What the audit heard of somebody but for messages. Another sign-in comes last, so that nothing is on its way. */
  async function told(someone: Someone): Promise<string[]> {
    await scene.elsewhere(someone).enter('library');
    const id = await accountOf(scene, someone);
    return vi.waitFor(async () => {
      const mine = (await audit()).filter(({ account, event }) => account === id && !event.startsWith('message.'));
      const last = mine.findIndex(({ event, application }) => event.endsWith('completed') && application === 'library');
      expect(last).toBeGreaterThan(-1);
      const until = mine.slice(0, last).filter(({ application }) => application !== 'library');
      return until.map(({ event, detail }) => `${event} ${JSON.parse(String(detail)).factor ?? ''}`.trim()).toSorted();
    });
  }

  /** The same answer many times, and then the page as it stands. */
  async function many(someone: Someone, page: Reply, fields: Record<string, string>, length = MANY): Promise<Reply> {
    await Promise.all(Array.from({ length }, () => post(someone, page, fields)));
    return someone.client.get(page.url);
  }

  it('count once, and are told once', async () => {
    const mailbox = 'told@university.example';
    const someone = await scene.newcomer({ email: mailbox });
    const asked = await someone.enter('courses');
    const led = await many(someone, asked, { code: await mailedCode(scene.gateway, mailbox) });
    const question = await many(someone, led, { move: 'later' });
    expect(asksToRemember(question)).toBe(true);
    await many(someone, question, { remember: 'yes' });
    expect(await told(someone)).toEqual([
      'campaign.led',
      'campaign.postponed',
      'device.remembered',
      'sign-in.completed',
      'sign-in.proved email-code',
      'sign-in.proved password',
    ]);
    expect(await scene.gateway.app.rooms.devices.list(await accountOf(scene, someone))).toHaveLength(1);
  });

  it('show a password once', async () => {
    const someone = await scene.newcomer({ groups: 'staff', email: 'password@university.example' });
    const password = { username: someone.username, password: PASSWORD };
    await many(someone, await someone.begin('courses'), password, PASSWORDS);
    expect(await told(someone)).toEqual(['sign-in.proved password']);
  });

  // Redis' clock stays where it is, and the budget of messages with it.
  if (name.startsWith('Redis')) return;
  it('renew what is remembered once', async () => {
    const mailbox = 'renewed@university.example';
    const someone = await scene.newcomer({ email: mailbox, groups: 'staff' });
    const page = await someone.enter('courses');
    await someone.remember(await someone.code(page, await mailedCode(scene.gateway, mailbox)), 'yes');
    scene.clock.advance(13 * HOURS);
    someone.client.jar.restart();
    const asked = await someone.enter('payroll');
    await many(someone, asked, { code: await mailedCode(scene.gateway, mailbox) });
    expect(await told(someone)).toEqual([
      'device.remembered',
      'device.renewed',
      'sign-in.completed',
      'sign-in.completed',
      'sign-in.proved email-code',
      'sign-in.proved email-code',
      'sign-in.proved password',
      'sign-in.proved password',
    ]);
  });
});
