import { describe, expect, it } from 'vitest';
import type { Reply } from '../support/client.ts';
import { type Agent, actionForm, agentAt, CHECKED, DESK_CONFIG, REASON, regroup } from '../support/desk.ts';
import { accountOf, appHolder, keyHolder } from '../support/holders.ts';
import { codesOf, passFor } from '../support/issued.ts';
import { type Someone, stage } from '../support/scene.ts';

const MINUTES = 60_000;
/** Each action's address below a person; `<method>` and `<report>` are theirs. */
const ACTIONS = ['issue/tap', 'remove/<method>', 'unlock', 'end-sessions', 'assign/totp', 'handle/<report>'];

describe('at the help desk', () => {
  const scene = stage(() => ({
    config: { ...DESK_CONFIG, lockout: { failures: 100, perAddress: { failures: 10_000 } } },
  }));
  let shared: Promise<Agent> | undefined;
  const desk = () => (shared ??= agentAt(scene));

  const orders = () =>
    scene.audit().filter(({ event }) => /^helpdesk\.(?!viewed|searched)|report\.handled/.test(event));
  const at = (path: string) => `${scene.gateway.url}${path}`;

  /** The person's page and the addresses of all actions on them, whether an agent may know them or not. */
  async function addresses(person: { username: string }, reported = true): Promise<string[]> {
    const { rooms } = scene.gateway.app;
    const id = await accountOf(scene, person);
    const [method] = await rooms.credentials.ofAccount(id);
    const about = { what: 'sign-in' as const, at: scene.gateway.now() };
    // Never of an agent who is to go on: a report holds the account.
    const report = reported ? await rooms.reports.make(id, about, { by: 'owner' }) : 'none';
    const named = ACTIONS.map((action) => action.replace('<method>', method?.id ?? 'none').replace('<report>', report));
    return named.map((action) => `/helpdesk/people/${id}/${action}`);
  }

  /** Every action on this person, asked for and sent with a form that was made for somebody else. */
  async function refusesAll(agent: Agent, person: { username: string }): Promise<void> {
    const status = 404;
    const before = orders().length;
    const paths = await addresses(person, person !== agent.someone);
    const here = paths[0]?.split('/issue')[0] ?? '';
    expect([here, (await agent.open(here)).status]).toEqual([here, status]);
    for (const path of paths) {
      expect([path, (await agent.open(path)).status]).toEqual([path, status]);
      const reply = await agent.someone.client.post(at(path), { csrf: 'x.y', ...CHECKED, number: 'A-1' });
      expect([path, reply.status]).toEqual([path, status]);
    }
    expect(orders()).toHaveLength(before);
  }

  it('nobody out of scope is found, seen or acted on, and the answer is that for nobody', async () => {
    const agent = await desk();
    const outside = await appHolder(scene, { groups: 'alumni' });
    const spared = await appHolder(scene, { groups: 'students,vip' });
    const nobody = await agent.open('/helpdesk/people/nobody');
    for (const person of [outside, spared]) {
      expect((await agent.find(person.username)).text).toContain('Nobody was found');
      const page = await agent.person(person);
      const strip = ({ body }: Reply) => body.replace(/<code>[^<]+<\/code>/, '').replace(/back=[^"]*/g, '');
      expect(strip(page)).toBe(strip(nobody));
      await refusesAll(agent, person);
    }
  });

  it('no account is made for whoever is looked for out of scope', async () => {
    const agent = await desk();
    await scene.gateway.addUser('stranger', { groups: 'alumni' });
    await agent.find('stranger');
    const run = { name: 'audit verify', input: { args: [], options: {} } };
    expect((await scene.gateway.app.host.run(run)).exitCode).toBe(0);
    const all = await scene.gateway.app.rooms.helpDesk.search({ groups: () => ['alumni'], may: () => true }, 'strange');
    expect(all.people).toEqual([]);
  });

  it('an agent never acts on themselves, nor on those whose rights aren’t fewer', async () => {
    const agent = await desk();
    await refusesAll(agent, agent.someone);
    expect((await agent.find(agent.someone.username)).text).toContain('Nobody was found');
    const colleague = await appHolder(scene, { groups: 'desk,staff' });
    await refusesAll(agent, colleague);
    // Someone with fewer rights is helped like anybody; the other way round not.
    const night = await keyHolder(scene, { groups: 'night,students' });
    expect((await agent.person(night.someone)).status).toBe(200);
  });

  it('an agent does what the configuration lets them, and not more', async () => {
    const night = await agentAt(scene, 'night');
    const person = await appHolder(scene);
    const paths = await addresses(person);
    const page = await night.person(person);
    expect(page.text).toContain('Unlock');
    expect(page.body).not.toMatch(/\/(issue|remove|assign|handle|end-sessions)/);
    for (const path of paths) {
      const allowed = path.endsWith('/unlock');
      expect([path, (await night.open(path)).status]).toEqual([path, allowed ? 200 : 404]);
      const reply = await night.someone.client.post(at(path), { csrf: 'x.y', ...CHECKED, number: 'A-1' });
      expect([path, reply.status]).toEqual([path, allowed ? 403 : 404]);
    }
    const staff = await appHolder(scene, { groups: 'staff' });
    await refusesAll(night, staff);
  });

  it('nothing is done without the whole checklist and a reason', async () => {
    const agent = await desk();
    const person = await appHolder(scene);
    const before = orders().length;
    const incomplete: Record<string, string>[] = [
      { 'check-1': '' },
      { 'check-0': 'no' },
      { reason: '' },
      { reason: '  \u0000\n ' },
      { reason: 'lost' },
      { 'check-0': '', reason: '' },
    ];
    for (const path of await addresses(person)) {
      const page = await agent.open(path);
      for (const fields of incomplete) {
        const reply = await agent.send(page, { number: 'A-1', ...fields });
        expect([path, reply.status]).toEqual([path, 200]);
        expect(reply.text).toMatch(/Tick every identity check|Say why/);
      }
    }
    expect(orders()).toHaveLength(before);
  });

  it('a form is good for its person, its action and its session, once, and half an hour', async () => {
    const agent = await desk();
    const other = await agentAt(scene);
    const [person, another] = [await appHolder(scene), await appHolder(scene)];
    const page = await agent.person(person, '/unlock');
    const { own } = actionForm(page);
    const elsewhere = await agent.person(another, '/unlock');
    const { client } = agent.someone;
    const sent = { ...own, ...CHECKED };
    expect((await client.post(actionForm(elsewhere).url, sent)).status).toBe(403);
    expect((await client.post(`${page.url}`.replace('unlock', 'end-sessions'), sent)).status).toBe(403);
    expect((await other.someone.client.post(page.url, sent)).status).toBe(403);
    expect((await client.post(page.url, CHECKED)).status).toBe(403);
    const origin = { headers: { origin: 'https://evil.example' } };
    expect((await client.post(page.url, sent, origin)).status).toBe(403);
    expect(
      (
        await client.post(
          page.url,
          [...Object.entries(sent), ['reason', 'another']]
            .map(([k, v]) => `${k}=${encodeURIComponent(`${v}`)}`)
            .join('&'),
          { headers: { 'content-type': 'application/x-www-form-urlencoded' } },
        )
      ).status,
    ).toBe(400);

    const before = orders().length;
    const replies = await Promise.all(Array.from({ length: 100 }, () => client.post(page.url, sent)));
    const notices = replies.map(({ headers }) => headers.location?.split('notice=')[1]);
    expect(notices.filter((notice) => notice === 'unlocked')).toHaveLength(1);
    expect(notices.filter((notice) => notice === 'done-already')).toHaveLength(99);
    expect(orders()).toHaveLength(before + 1);

    const stale = await agent.person(person, '/unlock');
    scene.clock.advance(31 * MINUTES);
    expect((await agent.send(stale)).headers.location).toContain('done-already');
    expect(orders()).toHaveLength(before + 1);
  });

  it('of passes issued at once one is good, and each form issues one', async () => {
    const agent = await desk();
    const person = await appHolder(scene);
    const pages = await Promise.all(Array.from({ length: 8 }, () => agent.person(person, '/issue/tap')));
    const shown = await Promise.all(Array.from({ length: 40 }, (_, at) => agent.send(pages[at % 8] as Reply)));
    expect(new Set(shown.flatMap(({ text }) => codesOf(text))).size).toBe(8);
    const all = await scene.gateway.app.rooms.credentials.ofAccount(await accountOf(scene, person));
    expect(all.filter(({ factor }) => factor === 'tap')).toHaveLength(1);
  });

  it('rights that are taken away while a form lies open are gone when it is sent', async () => {
    const agent = await agentAt(scene);
    const [person, leaving] = [await appHolder(scene), await appHolder(scene)];
    const [page, gone] = [await agent.person(person, '/unlock'), await agent.person(leaving, '/unlock')];
    await regroup(scene, leaving, 'alumni');
    expect((await agent.send(gone)).status).toBe(404);
    expect((await agent.send(page)).status).toBe(303);
    const again = await agent.person(person, '/unlock');
    await regroup(scene, agent.someone, 'staff');
    const before = orders().length;
    expect((await agent.send(again)).status).toBe(404);
    expect((await agent.open('/helpdesk')).status).toBe(404);
    expect(orders()).toHaveLength(before);
    // Also where the page had found them in scope: the action asks by itself.
    const { helpDesk } = scene.gateway.app.rooms;
    const order = {
      doer: helpDesk.agentById(await accountOf(scene, agent.someone)),
      ...{ person: await accountOf(scene, person), reason: REASON, ticked: [0, 1], facts: {} },
    };
    await expect(helpDesk.unlock(order, 'keep')).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    const desk1 = { ...order, doer: helpDesk.agentById(await accountOf(scene, (await desk()).someone)) };
    await expect(helpDesk.unlock({ ...desk1, ticked: [0] }, 'keep')).rejects.toMatchObject({ code: 'ERR_INPUT' });
    await expect(helpDesk.unlock({ ...desk1, reason: ' x ' }, 'keep')).rejects.toMatchObject({ code: 'ERR_INPUT' });
    await expect(helpDesk.remove(desk1, 'none')).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    await expect(helpDesk.issue(desk1, 'recovery', {})).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });

  it('a method or a report of one person isn’t reached by way of another', async () => {
    const agent = await desk();
    const [mine, theirs] = [await appHolder(scene), await appHolder(scene, { groups: 'alumni' })];
    const own = await accountOf(scene, mine);
    for (const path of await addresses(theirs)) {
      if (!/remove|handle/.test(path)) continue;
      const crossed = path.replace(/people\/[^/]+/, `people/${own}`);
      expect([crossed, (await agent.open(crossed)).status]).toEqual([crossed, 404]);
    }
  });

  it('a session that showed less than a passkey gets no further', async () => {
    const someone = await appHolder(scene, { groups: 'desk' });
    const reply = await someone.client.open(at('/helpdesk'));
    expect(reply.text).toContain('You can’t continue to Help desk');
    const { someone: holder } = await keyHolder(scene, { groups: 'desk' });
    const browser = scene.elsewhere(holder);
    await browser.enter('library');
    expect((await browser.client.post(at('/helpdesk/people/x/unlock'), CHECKED)).status).toBe(303);
    for (const path of ['/helpdesk', '/helpdesk/people/x', '/helpdesk/people/x/unlock']) {
      expect((await browser.client.open(at(path))).url.pathname).toMatch(/^\/sign-in\//);
    }
  });

  it('neither a password alone makes the first passkey on the way there, nor a lent pass, nor a remembered device', async () => {
    const bare = await scene.newcomer({ groups: 'desk' });
    let page = await bare.client.open(at('/helpdesk'));
    page = await bare.password(page, bare.username);
    expect(page.text).toContain('You can’t continue to Help desk');
    expect(page.body).not.toContain('data-ceremony');

    const lent = await scene.newcomer({ groups: 'desk' });
    const pass = await passFor(scene, lent);
    page = await lent.password(await lent.client.open(at('/helpdesk')), lent.username);
    expect(page.text).not.toContain('Enter your Temporary Access Pass');
    await lent.answer(await lent.code(await lent.enter('courses'), pass), { skip: 'yes' });
    expect((await lent.client.open(at('/helpdesk'))).text).toContain('You can’t continue to Help desk');

    const remembered = await appHolder(scene, { groups: 'desk', remember: 'yes' });
    remembered.client.jar.restart();
    await remembered.enter('courses');
    expect(await remembered.subject('courses')).toBeDefined();
    expect((await remembered.client.open(at('/helpdesk'))).text).toContain('You can’t continue to Help desk');
  });

  it('a passkey is asked for again after an hour', async () => {
    const { someone, key } = await keyHolder(scene, { groups: 'desk' });
    expect((await someone.client.open(at('/helpdesk'))).url.pathname).toBe('/helpdesk');
    scene.clock.advance(50 * MINUTES);
    await someone.begin('courses');
    scene.clock.advance(11 * MINUTES);
    const page = await someone.client.open(at('/helpdesk/people/x'));
    expect(page.url.pathname).toMatch(/^\/sign-in\//);
    expect((await key.use(someone, page)).url.pathname).toBe('/helpdesk/people/x');
  });

  it('where a sign-in comes back to is a page of the desk', async () => {
    const { client } = (await desk()).someone;
    for (const state of [
      'https://evil.example/',
      '//evil.example',
      '/account',
      '/helpdesk/../account',
      '/helpdeskx',
      '',
    ]) {
      const reply = await client.get(at(`/helpdesk/signed-in?state=${encodeURIComponent(state)}`));
      expect([state, reply.headers.location]).toEqual([state, '/helpdesk']);
    }
  });

  it('what people are called is no markup', async () => {
    const agent = await desk();
    const someone: Someone = await scene.newcomer({ username: 'mark-up' });
    await agent.open('/helpdesk');
    await scene.gateway.app.host.run({
      name: 'user import',
      input: { args: [], options: { update: true }, stdin: 'username,name\nmark-up,<b>Bold</b>\n' },
    });
    for (const page of [
      await agent.find('mark-up'),
      await agent.person(someone),
      await agent.person(someone, '/unlock'),
    ]) {
      expect(page.body).toContain('&lt;b&gt;Bold&lt;/b&gt;');
      expect(page.body).not.toContain('<b>Bold');
    }
    expect((await agent.find('"><script>')).body).not.toContain('<script>');
  });
});
