import { describe, expect, it } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { MINUTES } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { codesOf, passFor, visitAccount } from '../support/issued.ts';
import { accountOf, asksNewPassword, NEW_PASSWORD, report, toNewPassword } from '../support/not-me.ts';
import { asksPassword, asksToEnrol, asksToRemember, ownForm, type Someone, stage } from '../support/scene.ts';

const IN_AN_HOUR = () => new Date(Date.now() + 60 * MINUTES).toISOString();

/** What is decided when a page is shown, and asked for when it is answered. */
describe('a right that ended while its page was open', () => {
  const scene = stage(() => ({
    config: {
      factors: { password: {}, totp: {}, tap: {}, recovery: {} },
      networks: { outside: ['127.0.0.9/32'] },
      trustedProxies: ['127.0.0.1', '::1'],
      policy: {
        rules: [
          { name: 'library', applications: ['library'], level: 'sfa' },
          { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
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
    (await scene.gateway.app.signIn.credentials.ofAccount(await accountOf(scene, someone))).map(({ name }) => name);

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

  it('remembers no device for a method that is gone by now', async () => {
    const owner = await scene.member();
    const thief = scene.elsewhere(owner);
    const question = await thief.code(await thief.enter('courses'), scene.nextCode(owner));
    expect(asksToRemember(question)).toBe(true);
    const account = await accountOf(scene, owner);
    const [method] = await scene.gateway.app.signIn.credentials.ofAccount(account);
    await scene.gateway.app.signIn.credentials.remove(method?.id ?? '', account);
    await thief.remember(question, 'yes');
    expect(thief.client.jar.value('sallyport_device')).toBeUndefined();
    expect(await scene.gateway.app.signIn.devices.list(account)).toEqual([]);
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
      expect(await methodsOf(owner)).toEqual(['Authenticator app']);
    }
  });

  it('nor where the method that was shown for it is gone, or the account is disabled', async () => {
    const ends = [
      async (account: string) => {
        const [method] = await scene.gateway.app.signIn.credentials.ofAccount(account);
        await scene.gateway.app.signIn.methods.remove(account, method?.id ?? '');
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
    await scene.gateway.app.signIn.reports.make(
      await accountOf(scene, owner),
      { what: 'sign-in', at: scene.gateway.now() - 1 },
      { by: 'owner' },
    );
    scene.clock.advance(1000);
    expect(asksPassword(await thief.answer(page, { next: NEW_PASSWORD }))).toBe(true);
    const { accounts } = scene.gateway.app.signIn;
    expect(await accounts.verifyPassword(await accounts.find(owner.username), PASSWORD)).toBe('ok');
  });

  it('renews no device, names no method and prefers none by a method that is gone by now', async () => {
    const { owner, account, send } = await openedAt('/account/devices/renew');
    const [method] = await scene.gateway.app.signIn.credentials.ofAccount(account);
    const renaming = ownForm(await owner.client.open(at(`/account/methods/${method?.id}/rename`)));
    await scene.gateway.app.signIn.credentials.suspend(method?.id ?? '', account);
    await send();
    expect(await scene.gateway.app.signIn.devices.list(account)).toEqual([]);
    await owner.client.post(renaming.url, { ...renaming.fields, name: 'Mine' });
    expect(await methodsOf(owner)).toEqual(['Authenticator app']);
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
