import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { Client } from '../support/client.ts';
import { SECONDS } from '../support/clock.ts';
import { agentAt, DESK_CONFIG } from '../support/desk.ts';
import { PASSWORD } from '../support/gateway.ts';
import { appHolder } from '../support/holders.ts';
import { choose, NEW_PASSWORD, reportThief, toNewPassword } from '../support/not-me.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { asksCode, asksPassword, ownForm, stage } from '../support/scene.ts';

let server: PostgresServer;
let url: string;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const events = async (event: string) =>
  (await server.run(`select detail from audit where event = '${event}' order by sequence`, url)).map(({ detail }) =>
    JSON.parse(String(detail)),
  );

describe.each([
  ['embedded', () => ({})],
  ['redis', () => ({ redis: inject('redisUrl'), prefix: 'postgres:' })],
])('a gateway whole on PostgreSQL, beside the %s store', (_name, options) => {
  beforeAll(async () => {
    url = await server.database();
  });
  const scene = stage(() => ({ ...options(), postgres: url, config: DESK_CONFIG }));
  const verified = () => scene.gateway.command('audit verify');

  it('signs people in with a password and a code app, and knows them after a restart', async () => {
    const someone = await appHolder(scene, { remember: 'yes' });
    expect(await someone.claims('courses')).toMatchObject({ claims: { acr: expect.any(String) } });
    expect((await someone.client.get(`${scene.gateway.url}/account`)).status).toBe(200);
    await scene.restart();
    expect((await someone.begin('library')).url.pathname).toBe('/library');
    const other = scene.elsewhere(someone);
    const asked = await other.enter('courses');
    expect(asksCode(asked)).toBe(true);
    const code = scene.nextCode(someone);
    await other.code(asked, code);
    // The same code, at a third browser, in the same half minute.
    const third = scene.elsewhere(someone);
    expect(asksCode(await third.code(await third.enter('courses'), code))).toBe(true);
    expect((await verified()).join('\n')).toMatch(/are whole/);
  });

  it('takes a right code once of a hundred times at once', async () => {
    const someone = await appHolder(scene);
    const browser = scene.elsewhere(someone);
    const page = await browser.enter('courses');
    const form = ownForm(page);
    const before = (await events('sign-in.proved')).filter(({ factor }) => factor === 'totp').length;
    const code = scene.nextCode(someone);
    await Promise.all(Array.from({ length: 100 }, () => browser.client.post(form.url, { ...form.fields, code })));
    const proved = async () => (await events('sign-in.proved')).filter(({ factor }) => factor === 'totp').length;
    await vi.waitFor(async () => expect(await proved()).toBe(before + 1), { timeout: 20_000 });
    expect((await verified()).join('\n')).toMatch(/are whole/);
  });

  it('ends everything where somebody signs out everywhere', async () => {
    const here = await appHolder(scene, { remember: 'yes' });
    const there = scene.elsewhere(here);
    await there.remember(await there.code(await there.enter('courses'), scene.nextCode(here)), 'yes');
    scene.clock.advance(2 * SECONDS);
    const confirm = await here.client.open(`${scene.gateway.url}/account/sign-out-everywhere`);
    await here.client.follow(await here.client.submit(confirm, {}, { action: '/sign-out-everywhere' }));
    for (const browser of [here, there]) {
      expect(await browser.subject('courses')).toBeUndefined();
      expect(asksPassword(await browser.begin('library'))).toBe(true);
    }
    scene.clock.advance(2 * SECONDS);
    expect(asksCode(await there.enter('courses'))).toBe(true);
  });

  it('holds an account whose owner reports a sign-in, and tells the help desk', async () => {
    const agent = await agentAt(scene);
    const owner = await appHolder(scene);
    await reportThief(scene, owner);
    const fraud = await agent.open('/helpdesk/reports/fraud/csv');
    expect(fraud.body).toContain(`,${owner.username},`);
    expect((await agent.find(owner.username)).text).toContain(owner.username);
    const again = scene.elsewhere(owner);
    const end = await choose(again, await toNewPassword(scene, again, await again.begin('courses')));
    expect(end.url.pathname).toBe('/courses');
    const later = scene.elsewhere(owner);
    const refused = await later.password(await later.begin('library'), owner.username, PASSWORD);
    expect(refused.text).toContain('isn’t right');
    const passed = await later.password(refused, owner.username, NEW_PASSWORD);
    expect(passed.url.pathname).toBe('/library');
    expect((await verified()).join('\n')).toMatch(/are whole/);
  });

  it('finds nobody by a name with a NUL in it, and says no more than of any other', async () => {
    const browser = scene.elsewhere(await scene.newcomer());
    const page = await browser.password(await browser.begin('library'), 'somebody\0', 'a password');
    expect([page.status, page.text]).toEqual([
      200,
      expect.stringContaining('The user name or the password isn’t right.'),
    ]);
  });
});

describe('PostgreSQL going away and coming back', () => {
  beforeAll(async () => {
    url = await server.database();
  });
  const scene = stage(() => ({ postgres: url }));
  const back = () => vi.waitFor(() => scene.gateway.app.ready(), { timeout: 20_000, interval: 100 });

  async function health(): Promise<number> {
    const management = createServer(scene.gateway.app.management);
    await new Promise<void>((done) => management.listen(0, '127.0.0.1', done));
    onTestFinished(() => void management.close());
    return (await fetch(`http://127.0.0.1:${(management.address() as AddressInfo).port}/health/ready`)).status;
  }

  it('refuses with a page that says so, lets nothing half in, and recovers by itself', async () => {
    const someone = await scene.member({ remember: 'yes' });
    const underWay = scene.elsewhere(someone);
    const password = await underWay.begin('payroll');
    const code = await underWay.password(password, someone.username);
    expect(asksCode(code)).toBe(true);
    const unspent = scene.nextCode(someone);
    expect(await health()).toBe(200);

    await server.kill();
    expect(await health()).toBe(503);
    const session = someone.client.jar.value('sallyport_session');
    const answers = [
      await underWay.client.get(code.url),
      await underWay.code(code, unspent),
      await someone.client.get(`${scene.gateway.url}/account`),
      await someone.client.get(`${scene.gateway.url}/authorize?client_id=courses&response_type=code`),
    ];
    // The application is refused as well, before anybody is asked anything.
    expect((await someone.begin('courses')).url.origin).toBe(scene.gateway.relyingParty);
    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toBe('30');
      expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
      expect(answer.text).toContain('Reference');
      // No cookie but the one that they came with: the session isn't in PostgreSQL.
      for (const cookie of answer.setCookies) expect(cookie).toContain(`sallyport_session=${session};`);
      expect(answer.body).not.toMatch(/ECONN|postgres|127\.0\.0\.1|kysely|at .*\.ts/i);
    }
    // What needs no store still answers.
    expect((await new Client().get(`${scene.gateway.url}/applications`)).status).toBe(200);

    await server.restart();
    await back();
    expect(await health()).toBe(200);
    const shown = await underWay.client.get(code.url);
    expect(asksCode(shown)).toBe(true);
    // The code that was given while the store was away hasn't counted.
    expect((await underWay.code(shown, unspent)).url.pathname).toBe('/payroll');
    expect((await someone.begin('courses')).url.pathname).toBe('/courses');
    expect((await scene.gateway.command('audit verify')).join('\n')).toMatch(/are whole/);
  });

  it('answers in time while PostgreSQL is there and says nothing', async () => {
    const someone = await scene.member();
    server.pause();
    try {
      expect((await someone.client.get(`${scene.gateway.url}/account`)).status).toBe(503);
      expect(await health()).toBe(503);
    } finally {
      server.resume();
    }
    await back();
    expect((await someone.begin('courses')).url.pathname).toBe('/courses');
  });
});
