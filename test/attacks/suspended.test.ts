import { describe, expect, it } from 'vitest';
import type { Credential } from '../../src/core/account.ts';
import { Client, type Reply } from '../support/client.ts';
import { DAYS, MINUTES, SECONDS } from '../support/clock.ts';
import { agentAt, DESK_CONFIG } from '../support/desk.ts';
import { accountOf, appHolder } from '../support/holders.ts';
import { visitAccount } from '../support/issued.ts';
import { asksNewPassword, choose, ELSEWHERE, NEW_PASSWORD, newestReport } from '../support/not-me.ts';
import { Passkey } from '../support/passkeys.ts';
import { asksCode, asksToEnrol, asksToRemember, ownForm, type Someone, stage } from '../support/scene.ts';
import { goneWithin } from '../support/within.ts';

describe('what a report suspends', () => {
  const scene = stage(() => ({
    config: {
      ...DESK_CONFIG,
      policy: {
        rules: [
          { name: 'library', applications: ['library'], level: 'sfa' },
          { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
          { name: 'account', applications: ['sallyport-account'], level: 'mfa', remember: '30d' },
        ],
      },
    },
  }));
  const at = (path: string) => `${scene.gateway.url}${path}`;

  const methodsOf = async (someone: Someone): Promise<Credential[]> =>
    scene.gateway.app.rooms.credentials.ofAccount(await accountOf(scene, someone));
  const suspendedOf = async (someone: Someone) =>
    (await methodsOf(someone)).filter(({ suspendedAt }) => suspendedAt !== undefined).map(({ factor }) => factor);
  const idOf = async (someone: Someone, factor: string) =>
    (await methodsOf(someone)).findLast((one) => one.factor === factor)?.id ?? '';

  /** At a browser of another address, signed in with the code app. */
  async function away(owner: Someone): Promise<Someone> {
    const browser = scene.elsewhere(owner, new Client({ localAddress: ELSEWHERE }));
    const page = await withApp(browser, await browser.enter('courses'));
    if (asksToRemember(page)) await browser.remember(page, 'no');
    return browser;
  }

  /** Answers with the app where another method may be asked for first. */
  async function withApp(browser: Someone, asked: Reply): Promise<Reply> {
    let page = asked;
    if (!asksCode(page)) {
      const list = await browser.client.open(new URL(`${page.url.pathname}/methods`, page.url));
      page = await browser.answer(list, { method: 'totp' });
    }
    return browser.code(page, scene.nextCode(browser));
  }

  async function addKey(browser: Someone): Promise<Passkey> {
    const key = new Passkey(scene.gateway);
    const added = await key.enrol(browser, await browser.client.open(at('/account/methods/add/fido2')));
    expect(added.text).toContain('It was added.');
    scene.clock.advance(2 * SECONDS);
    return key;
  }

  async function report(reporter: Someone): Promise<Reply> {
    const path = await newestReport(scene, reporter, ELSEWHERE);
    const page = await reporter.client.open(at(path));
    await reporter.client.submit(page, {}, { action: '/not-me' });
    scene.clock.advance(2 * SECONDS);
    return page;
  }

  /** Signs in with the app where the account is held, and chooses a new password. */
  async function renewed(owner: Someone): Promise<Someone> {
    const browser = scene.elsewhere(owner);
    const page = await browser.begin('library');
    const asked = await browser.password(page, owner.username);
    expect(asksNewPassword(asked)).toBe(false);
    await choose(browser, await withApp(browser, asked));
    return browser;
  }

  /** An owner with an app, whose passkey was added in a sign-in that was reported. */
  async function suspended() {
    const owner = await appHolder(scene, { remember: 'yes' });
    const there = await away(owner);
    const key = await addKey(there);
    await visitAccount(scene, owner, '/account');
    const page = await report(owner);
    expect(page.text).toContain('are suspended until you confirm them');
    expect(await suspendedOf(owner)).toEqual(['fido2']);
    return { owner, there, key, id: await idOf(owner, 'fido2') };
  }

  it('is the owner’s again, where the report came from a password and a remembered browser', async () => {
    const owner = await appHolder(scene, { remember: 'yes' });
    // The thief holds the owner's remembered browser, and the password.
    const thief = owner;
    thief.client.jar.restart();
    const there = await away(owner);
    const key = await addKey(there);
    expect(await thief.enter('courses')).toMatchObject({ url: { pathname: '/courses' } });
    await report(thief);
    expect(await suspendedOf(owner)).toEqual(['fido2']);
    // With what they have they get no further.
    const id = await idOf(owner, 'fido2');
    for (const action of ['remove', 'confirm']) {
      const page = await thief.client.open(at(`/account/methods/${id}/${action}`));
      expect(page.url.pathname).toMatch(/^\/sign-in\//);
    }
    const back = await renewed(owner);
    const page = await back.client.open(at('/account'));
    expect(page.text).toContain('Suspended: it was added around the time of a sign-in that you reported, or since.');
    expect(page.text).toContain('say so with an older one: Code app.');
    const asked = await back.client.open(at(`/account/methods/${id}/confirm`));
    const done = await back.client.follow(await back.client.submit(asked, {}, { action: '/confirm' }));
    expect(done.text).toContain('It is confirmed.');
    expect(await suspendedOf(owner)).toEqual([]);
    const other = scene.elsewhere(owner);
    await key.use(other, await other.begin('library'));
    expect(await other.claims('library')).toMatchObject({ claims: { acr: 'phr' } });
    const account = await accountOf(scene, owner);
    const events = scene.audit().filter((row) => row.account === account && row.event.startsWith('credential.'));
    expect(events.map(({ event }) => event)).toEqual([
      'credential.added',
      'credential.added',
      'credential.suspended',
      'credential.confirmed',
    ]);
  });

  it('proves nothing: no sign-in, not the hold, and no management of methods', async () => {
    const { owner, key, id } = await suspended();
    const thief = scene.elsewhere(owner);
    const refused = await key.use(thief, await thief.begin('library'));
    expect(refused.text).toContain('That method is suspended since a sign-in was reported');
    expect(await thief.subject('library')).toBeUndefined();
    // Nor is it asked for after the password.
    const asked = await thief.password(await thief.begin('courses'), owner.username);
    expect(asksCode(asked)).toBe(true);
    expect(asked.body).not.toContain('data-ceremony');
    const instead = await thief.client.open(new URL(`${asked.url.pathname}/methods`, asked.url));
    expect(instead.text).toContain('What can you do instead?');
    expect(instead.body).not.toContain('name="method"');
    const { url, fields } = ownForm(asked);
    await thief.client.post(url, { ...fields, method: 'fido2' });
    expect(asksNewPassword(await thief.client.get(url))).toBe(false);
    const released = await renewed(owner);
    const again = await key.use(thief, await thief.begin('library'));
    expect(again.text).toContain('That method is suspended');
    // It has no other name, and isn't asked for first.
    const rename = await released.client.open(at(`/account/methods/${id}/rename`));
    expect(rename.url.pathname).toBe('/account');
    expect(rename.body).not.toContain(`${id}/default`);
  });

  it('is not judged by a method that came after it, but by one from before', async () => {
    const { owner, id } = await suspended();
    const newer = await addKey(await renewed(owner));
    const browser = scene.elsewhere(owner);
    await newer.use(browser, await browser.client.open(at('/account')));
    for (const action of ['remove', 'confirm']) {
      const page = await browser.client.open(at(`/account/methods/${id}/${action}`));
      expect(page.text).toContain('Show an older method first');
      const { fields } = ownForm(await browser.client.open(at(`/account/methods/${await idOf(owner, 'totp')}/remove`)));
      const forged = await browser.client.post(at(`/account/methods/${id}/${action}`), fields);
      expect(forged.location?.pathname).toBe(`/account/methods/${id}/${action}`);
      expect(await suspendedOf(owner)).toEqual(['fido2']);
    }
    const page = await browser.client.open(at(`/account/methods/${id}/remove`));
    const link = /href="([^"]+elder\/remove)"/.exec(page.body)?.[1] ?? '';
    const sure = await withApp(
      browser,
      await browser.answer(await browser.client.open(at(link)), { password: NEW_PASSWORD, factor: 'password' }),
    );
    const done = await browser.client.follow(await browser.client.submit(sure, {}, { action: '/remove' }));
    expect(done.text).toContain('It was removed.');
    expect((await methodsOf(owner)).map(({ factor }) => factor).sort()).toEqual(['fido2', 'totp']);
  });

  it('counts as had: a password alone sets up no first method beside it', async () => {
    const owner = await appHolder(scene);
    const { rooms } = scene.gateway.app;
    await rooms.methods.suspend(await accountOf(scene, owner), await idOf(owner, 'totp'), {});
    const browser = scene.elsewhere(owner);
    const page = await browser.enter('courses');
    expect(asksToEnrol(page)).toBe(false);
    expect(page.body).not.toContain('name="factor"');
    expect(page.status).toBe(403);
    expect(await browser.enter('library')).toMatchObject({ url: { pathname: '/library' } });
  });

  it('is confirmed or removed by the help desk, for whom that is a right', async () => {
    const { owner, key } = await suspended();
    const there = scene.elsewhere(owner);
    const agent = await agentAt(scene);
    const id = await idOf(owner, 'fido2');
    const page = await agent.person(owner);
    expect(page.text).toContain('Suspended by a report');
    const onlooker = await agentAt(scene, 'onlookers');
    expect((await onlooker.person(owner)).body).not.toContain(`/confirm/${id}`);
    expect((await onlooker.person(owner, `/confirm/${id}`)).status).toBe(404);
    expect(await suspendedOf(owner)).toEqual(['fido2']);
    expect((await agent.act(owner, `confirm/${id}`)).text).toContain('The method can be used again.');
    expect(await suspendedOf(owner)).toEqual([]);
    expect((await agent.person(owner, `/confirm/${id}`)).status).toBe(404);
    expect(asksNewPassword(await key.use(there, await there.begin('library')))).toBe(true);
    const account = await accountOf(scene, owner);
    const [told] = scene.audit().filter((row) => row.event === 'helpdesk.method-confirmed' && row.account === account);
    expect(JSON.parse(told?.detail ?? '{}')).toMatchObject({
      factor: 'fido2',
      credential: id,
      reason: expect.any(String),
    });
  });

  it('is confirmed by no agent whose own passkey is suspended in that very moment', async () => {
    const { owner, id } = await suspended();
    const agent = await agentAt(scene);
    const form = await agent.person(owner, `/confirm/${id}`);
    const change = async () => {
      const key = await idOf(agent.someone, 'fido2');
      return scene.gateway.app.rooms.methods.suspend(await accountOf(scene, agent.someone), key, {});
    };
    await goneWithin(scene, change, () => agent.send(form), 3);
    expect(await suspendedOf(owner)).toEqual(['fido2']);
  });

  it('is listed, confirmed and removed by command as well', async () => {
    const { owner, id } = await suspended();
    const { command } = scene.gateway;
    const rows = await command('methods list', [owner.username]);
    expect(rows.map((row) => row.split('\t').at(-1)?.split(' ')[0])).toEqual(['state', 'works', 'suspended']);
    await expect(command('methods confirm', [owner.username, 'nothing'])).rejects.toThrow('has no method nothing');
    await expect(command('methods list', ['nobody'])).rejects.toThrow('There is no account');
    expect(await command('methods confirm', [owner.username, id])).toEqual([
      expect.stringContaining('can be used again'),
    ]);
    expect(await suspendedOf(owner)).toEqual([]);
    await expect(command('methods confirm', [owner.username, id])).rejects.toThrow('isn’t suspended');
    await command('methods remove', [owner.username, id]);
    expect((await methodsOf(owner)).map(({ factor }) => factor)).toEqual(['totp']);
  });

  it('is left to whoever judges it: codes on paper of one’s own don’t take the place of suspended ones', async () => {
    const owner = await appHolder(scene);
    const there = await away(owner);
    const issuing = await there.client.open(at('/account/methods/issue/recovery'));
    await there.client.submit(issuing, {}, { action: '/recovery' });
    scene.clock.advance(2 * SECONDS);
    await visitAccount(scene, owner, '/account');
    await report(owner);
    expect(await suspendedOf(owner)).toEqual(['recovery']);
    const back = await renewed(owner);
    expect((await back.client.open(at('/account/methods/issue/recovery'))).status).toBe(404);
    const id = await idOf(owner, 'recovery');
    const sure = await back.client.open(at(`/account/methods/${id}/remove`));
    await back.client.submit(sure, {}, { action: '/remove' });
    expect((await back.client.open(at('/account/methods/issue/recovery'))).status).toBe(200);
  });

  it('reaches no further back than thirty days', async () => {
    const owner = await appHolder(scene, { remember: 'yes' });
    const there = await away(owner);
    await addKey(there);
    await visitAccount(scene, owner, '/account');
    const path = await newestReport(scene, owner, ELSEWHERE);
    scene.clock.advance(30 * DAYS + 5 * MINUTES);
    const asked = await owner.client.open(at(path));
    const question = await withApp(owner, await owner.password(asked, owner.username));
    const page = await owner.remember(question, 'no');
    expect(page.text).toContain('too long to undo');
    expect(page.body).not.toContain('button-danger');
    const { csrf = '' } = ownForm(await owner.client.open(at('/account/password'))).fields;
    const reply = await owner.client.post(at(path), { csrf });
    expect(reply.location?.pathname).toBe(path);
    expect(await suspendedOf(owner)).toEqual([]);
    expect(await scene.gateway.app.rooms.holds.of(await accountOf(scene, owner))).toBeUndefined();
    expect((await owner.client.open(at('/account'))).body).not.toContain(path);
  });
});
