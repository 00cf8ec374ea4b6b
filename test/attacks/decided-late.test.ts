import { describe, expect, it } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { MINUTES } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { accountOf } from '../support/holders.ts';
import { codesOf, passFor, visitAccount } from '../support/issued.ts';
import { asksNewPassword, NEW_PASSWORD, report, toNewPassword } from '../support/not-me.ts';
import { asksPassword, asksToEnrol, asksToRemember, ownForm, type Someone, stage } from '../support/scene.ts';
import { goneWithin } from '../support/within.ts';

const IN_AN_HOUR = () => new Date(Date.now() + 60 * MINUTES).toISOString();

/** What is decided when a page is shown, and asked for when it is answered. */
describe('a right that ended while its page was open', () => {
  const scene = stage(() => ({
    config: {
      factors: { password: {}, totp: {}, tap: {}, recovery: {} },
      networks: { outside: ['127.0.0.9/32'] },
      trustedProxies: ['127.0.0.1', '::1'],
      applications: { payroll: { consent: 'ask' } },
      policy: {
        rules: [
          { name: 'library', applications: ['library'], level: 'sfa' },
          { name: 'courses', applications: ['courses', 'payroll'], level: 'mfa', remember: '30d' },
          { name: 'account', applications: ['sallyport-account'], level: 'mfa', remember: '30d' },
          { name: 'not from outside', networks: ['outside'], firstEnrolment: false },
          { name: 'later', groups: ['later'], factors: ['recovery'], from: IN_AN_HOUR() },
          { name: 'closing', groups: ['closing'], deny: true, from: IN_AN_HOUR() },
        ],
        suggestions: [{ factor: 'totp', snooze: '1d' }],
      },
    },
  }));
  const at = (path: string) => `${scene.gateway.url}${path}`;
  const methodsOf = async (someone: Someone) =>
    (await scene.gateway.app.rooms.credentials.ofAccount(await accountOf(scene, someone))).map(({ name }) => name);

  /** At the page that sets up a first method, after the suggestion to do so. */
  async function suggested(someone: Someone, client?: Client): Promise<{ thief: Someone; page: Reply }> {
    const thief = scene.elsewhere(someone, client);
    const question = await thief.enter('library');
    expect(question.body).toContain('name="suggest"');
    const page = await thief.answer(question, { suggest: 'yes' });
    expect(asksToEnrol(page)).toBe(true);
    return { thief, page };
  }

  async function confirmed(thief: Someone, page: Reply, code?: string): Promise<Reply> {
    const after = await thief.scan(page).code(page, code ?? thief.codeAt());
    expect(asksToEnrol(after)).toBe(false);
    return after;
  }

  it('sets up no second method by a suggestion, once the owner has a first one', async () => {
    const owner = await scene.newcomer();
    const { thief, page } = await suggested(owner);
    await owner.remember(await owner.enrol(await owner.enter('courses')), 'no');
    const after = await confirmed(thief, page);
    expect(await methodsOf(owner)).toHaveLength(1);
    expect(after.url.pathname).toBe('/library');
    expect(await thief.claims('library')).toMatchObject({ claims: { acr: 'https://refeds.org/profile/sfa' } });
  });

  it('nor once a pass was lent: that leads to a first method, and not the password alone', async () => {
    const owner = await scene.newcomer();
    const { thief, page } = await suggested(owner);
    await passFor(scene, owner);
    await confirmed(thief, page);
    expect(await methodsOf(owner)).toEqual(['Temporary Access Pass']);
  });

  it('nor from a network that it may not be set up from, whichever page led to it', async () => {
    for (const way of ['courses', 'library']) {
      const owner = await scene.newcomer();
      const headers: Record<string, string> = {};
      const client = new Client({ headers });
      const { thief, page } =
        way === 'library'
          ? await suggested(owner, client)
          : { thief: scene.elsewhere(owner, client), page: await scene.elsewhere(owner, client).enter('courses') };
      expect(asksToEnrol(page)).toBe(true);
      headers['x-forwarded-for'] = '127.0.0.9';
      await confirmed(thief, page);
      expect(await methodsOf(owner)).toEqual([]);
    }
  });

  it('nor for an account that was disabled or reported meanwhile', async () => {
    const ends = [
      (owner: Someone) => scene.gateway.command('user disable', [owner.username]),
      (owner: Someone) => report(scene, owner),
    ];
    for (const end of ends) {
      const owner = await scene.newcomer();
      const { thief, page } = await suggested(owner);
      await end(owner);
      await confirmed(thief, page);
      expect(await methodsOf(owner)).toEqual([]);
      expect(await thief.subject('library')).toBeUndefined();
    }
  });

  it('nor by a pass that was taken back, once it has led to the page', async () => {
    const owner = await scene.newcomer();
    const pass = await passFor(scene, owner);
    const page = await owner.code(await owner.enter('courses'), pass);
    expect(asksToEnrol(page)).toBe(true);
    await scene.gateway.command('tap revoke', [owner.username]);
    const uri = /otpauth:[^"]+/.exec(page.body)?.[0];
    const after = await owner.scan(page).code(page, owner.codeAt());
    expect(await methodsOf(owner)).toEqual([]);
    // The password may do that here too, as a first enrolment of its own: from its beginning.
    expect(asksToEnrol(after)).toBe(true);
    expect(after.body).not.toContain(uri);
  });

  it('nor by one of two parallel pages, each of which was right when it opened', async () => {
    const owner = await scene.newcomer();
    const pages = [await suggested(owner)];
    for (let count = 0; count < 3; count += 1) {
      const thief = scene.elsewhere(owner);
      pages.push({ thief, page: await thief.enter('courses') });
    }
    await Promise.all(
      pages.map(({ thief, page }) => {
        const { url, fields } = ownForm(page);
        return thief.client.post(url, { ...fields, code: thief.scan(page).codeAt() });
      }),
    );
    expect(await methodsOf(owner)).toHaveLength(1);
  });

  it('keeps no consent of whoever may not come in any more', async () => {
    const ends = [
      (owner: Someone) => report(scene, owner),
      async (owner: Someone) => {
        const account = await accountOf(scene, owner);
        const [method] = await scene.gateway.app.rooms.credentials.ofAccount(account);
        await scene.gateway.app.rooms.methods.remove(account, method?.id ?? '');
      },
    ];
    for (const end of ends) {
      const owner = await scene.member();
      const page = await owner.begin('payroll');
      const asked = asksPassword(page) ? await owner.password(page, owner.username) : page;
      const consent = asked.body.includes('name="code"') ? await owner.code(asked, scene.nextCode(owner)) : asked;
      expect(consent.body).toContain('value="allow"');
      await end(owner);
      const after = await owner.answer(consent, { consent: 'allow' });
      expect(after.url.pathname).not.toBe('/payroll');
      const account = await accountOf(scene, owner);
      const given = scene.audit().filter((row) => row.event === 'consent.given' && row.account === account);
      expect(given).toEqual([]);
    }
  });

  it('remembers no device for a method that is gone by now', async () => {
    const owner = await scene.member();
    const thief = scene.elsewhere(owner);
    const question = await thief.code(await thief.enter('courses'), scene.nextCode(owner));
    expect(asksToRemember(question)).toBe(true);
    const account = await accountOf(scene, owner);
    const [method] = await scene.gateway.app.rooms.credentials.ofAccount(account);
    await scene.gateway.app.rooms.credentials.remove(method?.id ?? '', account);
    await thief.remember(question, 'yes');
    expect(thief.client.jar.value('sallyport_device')).toBeUndefined();
    expect(await scene.gateway.app.rooms.devices.list(account)).toEqual([]);
  });

  /** Signed in with an authenticator, at a page of the account. */
  async function openedAt(path: string) {
    const owner = await scene.member();
    const page = await visitAccount(scene, owner, path);
    const { url, fields } = ownForm(page);
    const account = await accountOf(scene, owner);
    return { owner, page, account, send: (more = {}) => owner.client.post(url, { ...fields, ...more }) };
  }

  it('adds no method at /account, and issues none, by what a report has ended', async () => {
    for (const factor of ['totp', 'recovery', 'tap']) {
      const adding = factor === 'totp';
      const path = `/account/methods/${adding ? 'add' : 'issue'}/${factor}`;
      const { owner, page, send } = await openedAt(path);
      const code = adding ? scene.elsewhere(owner).scan(page).codeAt() : '';
      await report(scene, owner);
      const reply = await send({ code, lifetime: '3600000' });
      expect(codesOf(reply.text)).toEqual([]);
      expect(reply.location?.pathname).not.toBe('/account');
      expect(await methodsOf(owner)).toEqual(['Code app']);
    }
  });

  it('nor where the method that was shown for it is gone, or the account is disabled', async () => {
    const ends = [
      async (account: string) => {
        const [method] = await scene.gateway.app.rooms.credentials.ofAccount(account);
        await scene.gateway.app.rooms.methods.remove(account, method?.id ?? '');
      },
      async (_: string, owner: Someone) => void (await scene.gateway.command('user disable', [owner.username])),
    ];
    for (const [index, end] of ends.entries()) {
      const { owner, account, send } = await openedAt('/account/methods/issue/recovery');
      await end(account, owner);
      expect(codesOf((await send()).text)).toEqual([]);
      expect(await methodsOf(owner)).toHaveLength(index);
    }
  });

  it('changes no password by a page that opened before the account was reported, nor by an old step of a hold', async () => {
    const { owner, send } = await openedAt('/account/password');
    await report(scene, owner);
    await send({ current: PASSWORD, next: NEW_PASSWORD });
    const thief = scene.elsewhere(owner);
    const page = await toNewPassword(scene, thief, await thief.begin('library'));
    expect(asksNewPassword(page)).toBe(true);
    // Reported once more: what was shown a moment ago is from before.
    await scene.gateway.app.rooms.reports.make(
      await accountOf(scene, owner),
      { what: 'sign-in', at: scene.gateway.now() - 1 },
      { by: 'owner' },
    );
    scene.clock.advance(1000);
    expect(asksPassword(await thief.answer(page, { next: NEW_PASSWORD }))).toBe(true);
    const { accounts } = scene.gateway.app.rooms;
    expect(await accounts.verifyPassword(await accounts.find(owner.username), PASSWORD)).toBe('ok');
  });

  it('is asked for again inside of each change of an account', async () => {
    const { rooms } = scene.gateway.app;
    // How often it was asked for before, in the same request: who comes with a pass may add, and nothing else.
    const changes: [path: string, fields: Record<string, string>, before: number][] = [
      ['methods/add/totp', {}, 1],
      ['methods/issue/recovery', {}, 2],
      ['methods/issue/tap', { lifetime: '3600000' }, 2],
      ['methods/:id/remove', {}, 2],
      ['methods/:id/rename', { name: 'Mine' }, 2],
      ['methods/:id/default', {}, 2],
      ['devices/renew', {}, 2],
      ['password', { current: PASSWORD, next: NEW_PASSWORD }, 2],
    ];
    for (const [path, fields, before] of changes) {
      const owner = await scene.member();
      const account = await accountOf(scene, owner);
      const [first] = await rooms.credentials.ofAccount(account);
      const second = await rooms.credentials.add(account, 'totp', 'Second', first?.data);
      const page = await visitAccount(scene, owner, `/account/${path.replace(':id', String(second))}`);
      const form = ownForm(page);
      const code = path.includes('add') ? scene.elsewhere(owner).scan(page).codeAt() : '';
      const send = () => owner.client.post(form.url, { ...form.fields, ...fields, code });
      await goneWithin(scene, () => rooms.methods.suspend(account, first?.id ?? '', {}), send, before + 1);
      expect([path, (await methodsOf(owner)).sort()]).toEqual([path, ['Code app', 'Second']]);
      expect(await rooms.devices.list(account)).toEqual([]);
      const told = scene.audit().filter((row) => row.account === account && row.event.startsWith('credential.'));
      expect([path, told.map(({ event }) => event)]).toEqual([path, ['credential.added', 'credential.suspended']]);
      expect(scene.audit().some((row) => row.account === account && row.event === 'password.changed')).toBe(false);
    }
  });

  it('takes no old phone away, whose successor is gone in that very moment', async () => {
    const { rooms } = scene.gateway.app;
    const owner = await scene.member();
    const account = await accountOf(scene, owner);
    const walk = await visitAccount(scene, owner, '/account/phone');
    const [old] = await rooms.credentials.ofAccount(account);
    const setup = await owner.answer(walk, { method: old?.id ?? '' });
    const page = await owner.answer(setup, { code: scene.elsewhere(owner).scan(setup).codeAt() });
    expect(page.body).toContain('name="remove"');
    const { url, fields } = ownForm(page);
    const added = (await rooms.credentials.ofAccount(account)).find(({ id }) => id !== old?.id);
    const change = () => rooms.methods.remove(account, added?.id ?? '');
    await goneWithin(scene, change, () => owner.client.post(url, { ...fields, remove: 'yes' }), 4);
    expect((await rooms.credentials.ofAccount(account)).map(({ id }) => id)).toEqual([old?.id]);
  });

  it('renews no device, names no method and prefers none by a method that is gone by now', async () => {
    const { owner, account, send } = await openedAt('/account/devices/renew');
    const [method] = await scene.gateway.app.rooms.credentials.ofAccount(account);
    const renaming = ownForm(await owner.client.open(at(`/account/methods/${method?.id}/rename`)));
    await scene.gateway.app.rooms.credentials.suspend(method?.id ?? '', account);
    await send();
    expect(await scene.gateway.app.rooms.devices.list(account)).toEqual([]);
    await owner.client.post(renaming.url, { ...renaming.fields, name: 'Mine' });
    expect(await methodsOf(owner)).toEqual(['Code app']);
  });

  it('nor by a rule that is in force by now, nor for whoever may not come in any more', async () => {
    const waiting: { thief: Someone; page: Reply }[] = [];
    scene.clock.advance(45 * MINUTES);
    for (const groups of ['later', 'closing']) {
      const owner = await scene.newcomer({ groups });
      const thief = scene.elsewhere(owner);
      waiting.push({ thief, page: await thief.enter('courses') });
      if (groups === 'closing') waiting.push(await suggested(owner));
    }
    expect(waiting.every(({ page }) => asksToEnrol(page))).toBe(true);
    scene.clock.advance(16 * MINUTES);
    for (const { thief, page } of waiting) {
      await confirmed(thief, page);
      expect(await methodsOf(thief)).toEqual([]);
    }
  });
});
