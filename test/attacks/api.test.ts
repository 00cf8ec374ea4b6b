import { describe, expect, it } from 'vitest';
import { DESK_CONFIG } from '../support/desk.ts';
import { accountOf, appHolder } from '../support/holders.ts';
import { asksPass } from '../support/issued.ts';
import { stage } from '../support/scene.ts';

const SECRET = 'secret-of-the-scripts-of-these-tests-01';
const BUSY = 'secret-of-the-scripts-of-these-tests-02';
const over = { groups: ['students', 'staff'], notGroups: ['vip'] };

describe('the API for programs', () => {
  const clients = [
    { name: 'scripts', secret: SECRET, over, may: ['issue'] },
    { name: 'busy', secret: BUSY, over, may: ['issue'] },
  ];
  const scene = stage(() => ({
    config: { ...DESK_CONFIG, api: { clients, budget: { calls: 30, per: '1h' } } },
  }));

  async function call(login: string, body: unknown, headers: Record<string, string> = {}) {
    const reply = await fetch(`${scene.gateway.url}/api/v1/accounts/${encodeURIComponent(login)}/passes`, {
      method: 'POST',
      headers: { authorization: `Bearer ${SECRET}`, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: reply.status, headers: reply.headers, body: (await reply.json()) as Record<string, unknown> };
  }
  const REASON = { reason: 'new staff, batch 7' };
  const issued = () => scene.audit().filter(({ event }) => event === 'helpdesk.issued');

  it('issues a pass that signs in, and the audit knows by whom and why', async () => {
    const person = await scene.newcomer();
    const start = new Date(scene.gateway.now() + 3_600_000).toISOString();
    const { status, headers, body } = await call(person.username, {
      ...REASON,
      lifetime: '8h',
      uses: 'several',
      start,
    });
    expect([status, headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(body).toEqual({
      account: person.username,
      pass: expect.stringMatching(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/),
      starts: start,
      expires: new Date(Date.parse(start) + 8 * 3_600_000).toISOString(),
    });
    const [row] = issued();
    expect(row?.account).toBe(await accountOf(scene, person));
    expect(JSON.parse(row?.detail ?? '{}')).toMatchObject({ ...REASON, by: 'api:scripts', factor: 'tap', checked: [] });
    expect(row?.detail).not.toContain(body.pass);

    const now = await call(person.username, REASON);
    const page = await person.enter('courses');
    expect(asksPass(page)).toBe(true);
    expect((await person.code(page, String(now.body.pass))).text).toContain('Set up');
  });

  it('knows nobody out of scope, nor agents, nor nobody, with one answer', async () => {
    await scene.gateway.addUser('outsider', { groups: 'alumni' });
    await scene.gateway.addUser('spared', { groups: 'students,vip' });
    await scene.gateway.addUser('agent', { groups: 'staff,desk' });
    const before = issued().length;
    const answers = await Promise.all(
      ['outsider', 'spared', 'agent', 'nobody', '../x', ''].map((login) => call(login, REASON)),
    );
    for (const { status, headers, body } of answers) {
      expect([status, headers.get('content-type')]).toEqual([404, 'application/problem+json; charset=utf-8']);
      expect(body).toMatchObject({ title: 'Not found', status: 404 });
    }
    expect(new Set(answers.slice(0, 5).map(({ body }) => body.detail)).size).toBe(1);
    expect(issued()).toHaveLength(before);
  });

  it('lets nobody in without a secret of its own, whatever cookies they bring', async () => {
    const person = await appHolder(scene, { groups: 'desk' });
    const url = `${scene.gateway.url}/api/v1/accounts/${person.username}/passes`;
    const init = { headers: { 'content-type': 'application/json' } };
    const own = await person.client.post(url, JSON.stringify(REASON), init);
    expect([own.status, own.headers['www-authenticate']]).toEqual([401, 'Bearer realm="sallyport"']);
    for (const authorization of [
      `Bearer ${SECRET}x`,
      `Bearer ${SECRET.slice(1)}`,
      `Basic ${SECRET}`,
      'Bearer ',
      SECRET,
    ]) {
      const { status, body } = await call(person.username, REASON, { authorization });
      expect([authorization, status, body.title]).toEqual([authorization, 401, 'Not authorised']);
    }
  });

  it('takes what it knows and nothing else, and a reason in any case', async () => {
    const { username } = await scene.newcomer();
    const before = issued().length;
    const bad: [unknown, number][] = [
      [{}, 400],
      [{ reason: ' x ' }, 400],
      [{ ...REASON, lifetime: '5m' }, 400],
      [{ ...REASON, lifetime: 60 }, 400],
      [{ ...REASON, lifetime: '31d' }, 400],
      [{ ...REASON, start: '2027-02-01' }, 400],
      [{ ...REASON, start: '2099-02-01T00:00:00Z' }, 400],
      [{ ...REASON, uses: 'always' }, 400],
      [{ ...REASON, by: 'owner' }, 400],
      [[], 400],
      ['{', 400],
      [`{"reason":"${'x'.repeat(9000)}"}`, 413],
    ];
    for (const [body, status] of bad) {
      const reply = await call(username, body);
      expect([body, reply.status]).toEqual([body, status]);
      expect(JSON.stringify(reply.body)).not.toContain(SECRET);
    }
    expect(
      (await call(username, 'reason=new+staff', { 'content-type': 'application/x-www-form-urlencoded' })).status,
    ).toBe(415);
    expect(issued()).toHaveLength(before);
  });

  it('is called so often by each client, and no more', async () => {
    const { username } = await scene.newcomer();
    const busy = { authorization: `Bearer ${BUSY}` };
    const replies = await Promise.all(Array.from({ length: 40 }, () => call('nobody', REASON, busy)));
    expect(replies.filter(({ status }) => status === 404)).toHaveLength(30);
    const [refused] = replies.filter(({ status }) => status === 429);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await call(username, REASON, busy)).status).toBe(429);
  });
});
