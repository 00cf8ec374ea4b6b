import { describe, expect, it, vi } from 'vitest';
import { SECRET } from '../../src/factors/totp/tokens/testing/tokens.ts';
import { type Agent, agentAt, CHECKED, DESK_CONFIG, REASON } from '../support/desk.ts';
import { accountOf, appHolder } from '../support/holders.ts';
import { codesOf } from '../support/issued.ts';
import { notices } from '../support/mail.ts';
import { asksCode, asksPassword, type Someone, stage } from '../support/scene.ts';

const MINUTES = 60_000;

/** Somebody else's document is missing. */
const BROKEN = {
  doors: { saml: {} },
  applications: { atlas: { name: 'The atlas', saml: { metadata: { file: '/nowhere/atlas.xml' } } } },
};

describe('the help desk', () => {
  const rules = [
    { name: 'library', applications: ['library'], level: 'sfa' },
    { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
    { name: 'payroll', applications: ['payroll'], level: 'mfa', remember: 'never' },
    { name: 'Guests stay out', applications: ['payroll'], groups: ['guests'], deny: true },
  ];
  const scene = stage(() => ({
    config: { ...DESK_CONFIG, policy: { rules }, demo: {}, senders: { outbox: {} }, ...BROKEN },
  }));
  let shared: Promise<Agent> | undefined;
  /** One agent for all of these. */
  const desk = () => (shared ??= agentAt(scene));

  const told = (event: string, account: string) =>
    scene.audit().filter((row) => row.event === event && row.account === account);
  async function order(event: string, person: { username: string }) {
    const [row, ...more] = told(event, await accountOf(scene, person));
    expect(more).toEqual([]);
    return JSON.parse(row?.detail ?? '{}');
  }
  async function facts() {
    const by = await accountOf(scene, (await desk()).someone);
    return { by, reason: REASON, checked: ['I called back.', 'I saw their card.'] };
  }
  async function signedIn(someone: Someone) {
    return (await someone.begin('courses')).url.pathname === '/courses';
  }

  it('finds people by name, user name and mail, also who never signed in, and tells the audit that it looked', async () => {
    const agent = await desk();
    const person = await scene.newcomer();
    const never = await agent.find(person.username.toUpperCase());
    expect(never.text).toContain(person.username);
    expect((await agent.find(`person ${person.username.replace('person', '')}`)).text).toContain(person.username);
    expect((await agent.find('no such person')).text).toContain('Nobody was found');
    const page = await agent.person(person);
    expect(page.text).toContain('Nothing is set up.');
    await vi.waitFor(
      async () => {
        const account = await accountOf(scene, person);
        expect(told('helpdesk.viewed', account).map(({ detail }) => JSON.parse(detail).by)).toEqual([
          await accountOf(scene, agent.someone),
        ]);
        expect(scene.audit().some(({ event }) => event === 'helpdesk.searched')).toBe(true);
      },
      { timeout: 20_000 },
    );
  });

  it('says of an application that works for nobody so, and why, before the fault is looked for with the person', async () => {
    const agent = await desk();
    const why = 'The atlas Nobody can sign in · Since';
    for (const page of [await agent.open('/helpdesk'), await agent.person(await scene.newcomer())]) {
      expect(page.text).toContain(why);
      expect(page.text).toContain('It is about what the application tells of itself');
      // For whoever runs it, below that.
      expect(page.body).toMatch(
        /<summary>To be passed on, in English<\/summary>\s*<p class="hint"><bdi lang="en">the file/,
      );
      expect(page.text).toContain("the file /nowhere/atlas.xml can't be read: ENOENT");
    }
  });

  it('issues a pass, shown once, that signs its owner in', async () => {
    const agent = await desk();
    const person = await scene.newcomer();
    const form = await agent.person(person, '/issue/tap');
    expect(form.text).toContain('How long it is good for');
    const shown = await agent.send(form, { lifetime: String(8 * 60 * MINUTES), uses: 'once', delay: '0' });
    const [pass = ''] = codesOf(shown.text);
    expect(shown.headers['cache-control']).toBe('no-store');
    expect(shown.body).not.toContain('back=');
    scene.clock.advance(7 * 60 * MINUTES);
    const browser = scene.elsewhere(person);
    const page = await browser.code(await browser.enter('courses'), pass);
    expect(page.text).toContain('Set up');
    expect(await order('helpdesk.issued', person)).toMatchObject({ ...(await facts()), factor: 'tap' });
    expect(JSON.stringify(scene.audit())).not.toContain(pass);
    expect(told('credential.issued', await accountOf(scene, person))).toEqual([]);
  });

  it('lets a pass begin later, and offers no codes on paper: those are for good', async () => {
    const agent = await desk();
    const person = await scene.newcomer();
    const issued = await agent.act(person, 'issue/tap', { delay: String(24 * 60 * MINUTES) });
    expect(issued.text).toContain('Good from');
    const browser = scene.elsewhere(person);
    expect((await browser.code(await browser.enter('courses'), codesOf(issued.text)[0])).url.pathname).toContain(
      '/sign-in/',
    );
    expect((await agent.person(person, '/issue/recovery')).status).toBe(404);
  });

  it('removes a method, the last one too, and what rests on it ends', async () => {
    const agent = await desk();
    const person = await appHolder(scene);
    expect(await signedIn(person)).toBe(true);
    const page = await agent.person(person);
    const [, path = ''] = /(\/helpdesk\/people\/[^"]+\/remove\/[^"]+)"/.exec(page.body) ?? [];
    const done = await agent.someone.client.follow(await agent.send(await agent.open(path)));
    expect(done.text).toContain('The method was removed.');
    expect(done.text).toContain('Nothing is set up.');
    expect(await signedIn(person)).toBe(false);
    expect(await order('helpdesk.method-removed', person)).toMatchObject({ ...(await facts()), factor: 'totp' });
  });

  it('sees who is locked and why nobody got in, and unlocks', async () => {
    const agent = await desk();
    const person = await scene.newcomer();
    const thief = scene.elsewhere(person);
    let page = await thief.begin('courses');
    for (let time = 0; time < 9; time += 1) page = await thief.password(page, person.username, 'wrong');
    expect(page.text).toContain('Too many');
    await vi.waitFor(async () => expect((await agent.person(person)).text).toContain('too many wrong answers'), {
      timeout: 20_000,
    });
    expect((await agent.person(person)).text).toContain('Locked after wrong answers Password, until');
    const done = await agent.act(person, 'unlock');
    expect(done.text).toContain('They can try again now.');
    expect(done.text).toContain('Not locked');
    const owner = scene.elsewhere(person);
    expect(asksPassword(await owner.enter('library'))).toBe(false);
    expect(await order('helpdesk.unlocked', person)).toMatchObject({ ...(await facts()), hold: 'keep' });
  });

  it('says in words why the last sign-in got no further', async () => {
    const agent = await desk();
    const person = await scene.newcomer();
    await person.password(await person.begin('courses'), person.username, 'wrong');
    await expect.poll(async () => (await agent.person(person)).text).toMatch(/refused .*Courses Wrong password/);
    expect((await agent.person(person)).text).not.toContain('wrong-password');
  });

  it('ends sessions and remembered devices', async () => {
    const agent = await desk();
    const person = await appHolder(scene, { remember: 'yes' });
    expect((await agent.person(person)).text).toMatch(/Remembered devices 1/);
    const done = await agent.act(person, 'end-sessions');
    expect(done.text).toContain('signed out everywhere');
    expect(done.text).toMatch(/Signed in now Nowhere Remembered devices 0/);
    expect(asksCode(await person.enter('courses'))).toBe(true);
    expect(await order('helpdesk.sessions-ended', person)).toMatchObject(await facts());
  });

  it('says by which rules of the policy somebody was refused', async () => {
    const agent = await desk();
    const person = await scene.newcomer({ groups: 'students,guests' });
    expect((await person.enter('payroll')).text).toContain('You can’t continue to Payroll');
    await vi.waitFor(
      async () => {
        const { text } = await agent.person(person);
        expect(text).toContain('A rule of the policy refuses such sign-ins.');
        expect(text).toMatch(/Guests stay out No access Yes/);
        expect(text).toContain('Two steps the second step each time');
        expect(text).not.toMatch(/deny: true|level: mfa|remember: never/);
      },
      { timeout: 20_000 },
    );
  });

  it('assigns a hardware token by its number, by which its holder is found afterwards', async () => {
    const agent = await desk();
    const [person, other] = [await scene.newcomer(), await scene.newcomer({ groups: 'staff' })];
    const csv = `serial,secret,type,digits\nGOOD-1,${SECRET},hotp,6\n`;
    await scene.gateway.command('tokens import', [], {}, csv);
    const wrong = await agent.act(person, 'assign/totp', { number: 'none-1' });
    expect(wrong.text).toContain('There is no token with this number.');
    expect(wrong.body).toContain('value="none-1"');
    // What was ticked and written stays, and the form can be sent again.
    const again = await agent.someone.client.follow(await agent.send(wrong, { number: ' good-1 ' }));
    expect(again.text).toContain('The device is theirs now.');
    expect((await agent.find('GOOD-1')).text).toContain(person.username);
    expect((await agent.act(other, 'assign/totp', { number: 'GOOD-1' })).text).toContain('somebody else’s');
    expect((await agent.act(person, 'assign/totp', { number: 'GOOD-1' })).text).toContain('theirs already');
    expect(await order('helpdesk.token-assigned', person)).toMatchObject({ ...(await facts()), factor: 'totp' });
  });

  it('begins with what waits: open reports, who is locked out, passes in use, of people in scope alone', async () => {
    const agent = await desk();
    const [reported, locked, lent] = [await appHolder(scene), await appHolder(scene), await scene.newcomer()];
    const stranger = await appHolder(scene, { groups: 'students,vip' });
    for (const person of [locked, stranger]) {
      const other = scene.elsewhere(person);
      let page = await other.begin('library');
      for (let time = 0; time < 12 && !page.text.includes('Too many'); time += 1) {
        page = await other.password(page, person.username, 'not the password');
      }
    }
    await agent.act(lent, 'issue/tap');
    for (const person of [reported, stranger]) {
      const about = { what: 'sign-in', at: scene.gateway.now(), application: 'courses' } as const;
      await scene.gateway.app.rooms.reports.make(await accountOf(scene, person), about, { by: 'owner' });
    }
    const linked = async (from: string, to: string) => {
      const { body } = await agent.open('/helpdesk');
      const [, part = ''] = body.split(`id="waiting-${from}"`);
      return part.split(to)[0] ?? '';
    };
    const page = await agent.open('/helpdesk');
    expect(page.text).toContain('What waits');
    expect(await linked('reports', 'id="waiting-locks"')).toContain(await accountOf(scene, reported));
    expect(await linked('locks', 'id="waiting-passes"')).toContain(await accountOf(scene, locked));
    expect(await linked('passes', '</section>')).toContain(await accountOf(scene, lent));
    expect(page.body).not.toContain(await accountOf(scene, stranger));
    // Whoever is locked is offered to be unlocked, nobody else; a search says nothing of who waits.
    expect((await agent.person(locked)).body).toContain('/unlock"');
    expect((await agent.person(lent)).body).not.toContain('/unlock"');
    expect((await agent.find('nobody of this name')).text).not.toContain('What waits');
    await agent.act(locked, 'unlock');
    expect((await agent.open('/helpdesk')).body).not.toContain(await accountOf(scene, locked));
    const [row] = scene.audit().filter(({ event }) => event === 'helpdesk.waiting');
    expect(JSON.parse(row?.detail ?? '{}')).toMatchObject({ by: await accountOf(scene, agent.someone) });
    const onlooker = await agentAt(scene, 'onlookers');
    const seen = await onlooker.open('/helpdesk');
    expect(seen.body).toContain('id="waiting-passes"');
    expect(seen.body).not.toContain('id="waiting-reports"');
  });

  it('marks a report as handled, and leaves a new password to be chosen unless told otherwise', async () => {
    const agent = await desk();
    const person = await appHolder(scene);
    const account = await accountOf(scene, person);
    const { rooms } = scene.gateway.app;
    await rooms.reports.make(
      account,
      { what: 'sign-in', at: scene.gateway.now(), application: 'courses' },
      { by: 'owner' },
    );
    const page = await agent.person(person);
    expect(page.text).toContain('Must be chosen at the next sign-in');
    const [, path = ''] = /(\/helpdesk\/people\/[^"]+\/handle\/[^"]+)"/.exec(page.body) ?? [];
    const done = await agent.someone.client.follow(await agent.send(await agent.open(path)));
    expect(done.text).toContain('marked as handled');
    expect(done.text).toContain(REASON);
    expect((await agent.open(path)).status).toBe(404);
    await agent.act(person, 'unlock');
    expect(await rooms.holds.of(account)).toBeDefined();
    const released = await agent.act(person, 'unlock', { hold: 'release' });
    expect(released.text).not.toContain('Must be chosen');
    expect(await rooms.holds.of(account)).toBeUndefined();
  });

  it('lets people know by mail what was done and why, and not by whom', async () => {
    const agent = await desk();
    const [person, to] = [{ username: 'mailed' }, 'mailed@university.example'];
    await scene.gateway.addUser(person.username, { groups: 'students', email: to });
    const [pass = ''] = codesOf((await agent.act(person, 'issue/tap')).text);
    await agent.act(person, 'unlock');
    await agent.act(person, 'end-sessions');
    const told = await notices(scene.gateway, to, 3);
    expect(told).toHaveLength(3);
    for (const { text } of told) {
      expect(text).toContain(REASON);
      expect(text).not.toMatch(new RegExp(`${pass}|${agent.someone.username}|127\\.0\\.0\\.1`));
    }
  });

  it('speaks the agent’s language', async () => {
    const agent = await desk();
    const person = await scene.newcomer();
    const page = await agent.person(person, '/unlock?x');
    const reply = await agent.someone.client.post(
      page.url,
      { ...CHECKED },
      { headers: { 'accept-language': 'zh-Hant' } },
    );
    expect([reply.status, reply.body.includes('lang="zh-Hant"')]).toEqual([403, true]);
  });
});

describe('where no help desk is configured', () => {
  const scene = stage(() => ({ config: { factors: DESK_CONFIG.factors } }));

  it('there is none', async () => {
    const { someone } = { someone: await appHolder(scene, { groups: 'desk' }) };
    for (const path of ['/helpdesk', '/helpdesk/people/x', '/helpdesk/people/x/unlock']) {
      expect((await someone.client.open(`${scene.gateway.url}${path}`)).status).toBe(404);
    }
  });
});
