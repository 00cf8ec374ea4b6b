import { describe, expect, it } from 'vitest';
import type { CreationOptions } from '../../src/factors/fido2/double.ts';
import { keyHolder } from '../support/holders.ts';
import { ceremonyForm, ceremonyOf, Passkey } from '../support/passkeys.ts';
import { stage } from '../support/scene.ts';

describe('attacks on registrations', () => {
  const scene = stage(() => ({ config: { factors: { fido2: {} } } }));
  const at = (path: string) => `${scene.gateway.url}${path}`;

  const methods = async ({ username }: { username: string }) => {
    const { accounts, credentials } = scene.gateway.app.rooms;
    return credentials.ofAccount((await accounts.find(username))?.id ?? '');
  };

  it('a credential that is somebody’s already is nobody else’s, and theirs stays as it was', async () => {
    const alice = await keyHolder(scene);
    const mallory = await keyHolder(scene);
    const page = await mallory.someone.client.open(at('/account/methods/add/fido2'));
    const handle = alice.key.userHandle;
    const refused = await alice.key.enrol(mallory.someone, page);
    expect(refused.text).toContain('is set up already');
    expect(await methods(mallory.someone)).toHaveLength(1);
    alice.key.userHandle = handle;
    const browser = scene.elsewhere(alice.someone);
    await alice.key.use(browser, await browser.begin('library'));
    expect(await browser.claims('library')).toBeDefined();
  });

  it('a refused registration spends its challenge, in a sign-in and on the account page', async () => {
    const { someone } = await keyHolder(scene);
    const page = await someone.client.open(at('/account/methods/add/fido2'));
    const refused = await new Passkey(scene.gateway).enrol(someone, page, { origin: 'https://evil.example' });
    expect(refused.text).toContain('couldn’t be checked');
    const challenge = (reply: typeof page) => ceremonyOf<CreationOptions>(reply)?.challenge;
    expect(challenge(refused)).not.toBe(challenge(page));
    await new Passkey(scene.gateway).enrol(someone, page);
    expect(await methods(someone)).toHaveLength(1);

    const newcomer = await scene.newcomer();
    const first = await newcomer.answer(await newcomer.enter('courses'), { factor: 'fido2' });
    const again = await new Passkey(scene.gateway).enrol(newcomer, first, { challenge: 'AAAA' });
    expect(challenge(again)).not.toBe(challenge(first));
    await new Passkey(scene.gateway).enrol(newcomer, first);
    expect(await methods(newcomer)).toHaveLength(0);
  });

  it('one person’s challenge enrols nothing for another', async () => {
    const alice = await keyHolder(scene);
    const mallory = await keyHolder(scene);
    const hers = await alice.someone.client.open(at('/account/methods/add/fido2'));
    const his = await mallory.someone.client.open(at('/account/methods/add/fido2'));
    const key = new Passkey(scene.gateway);
    const options = ceremonyOf<CreationOptions>(his);
    if (options === undefined) throw new Error('no ceremony');
    await key.send(alice.someone, hers, key.create(options).response);
    expect(await methods(alice.someone)).toHaveLength(1);
    // Nor is his form taken from her browser.
    const { url, fields } = ceremonyForm(his);
    const crossed = await alice.someone.client.post(url, { ...fields, response: key.create(options).response ?? '' });
    expect(crossed.status).toBe(403);
    expect(await methods(alice.someone)).toHaveLength(1);
  });

  it('of a hundred answers one enrols', async () => {
    const { someone } = await keyHolder(scene);
    const page = await someone.client.open(at('/account/methods/add/fido2'));
    const options = ceremonyOf<CreationOptions>(page);
    if (options === undefined) throw new Error('no ceremony');
    const { url, fields } = ceremonyForm(page);
    const answers = Array.from({ length: 100 }, () => new Passkey(scene.gateway).create(options).response ?? '');
    await Promise.all(answers.map((response) => someone.client.post(url, { ...fields, response })));
    expect(await methods(someone)).toHaveLength(2);
  });
});

describe('registrations at once', () => {
  const scene = stage(() => ({ config: { factors: { fido2: { maximum: 3 } }, lockout: { failures: 100 } } }));
  const at = (path: string) => `${scene.gateway.url}${path}`;

  it('twenty sessions of one person add no more keys than there may be', async () => {
    const someone = await scene.newcomer();
    const key = new Passkey(scene.gateway);
    const first = await someone.answer(await someone.enter('courses'), { factor: 'fido2' });
    await someone.remember(await key.enrol(someone, first), 'no');
    const sessions = [];
    for (let index = 0; index < 20; index += 1) {
      const browser = scene.elsewhere(someone);
      await key.use(browser, await browser.begin('library'));
      sessions.push({ browser, page: await browser.client.open(at('/account/methods/add/fido2')) });
    }
    const told = await Promise.all(
      sessions.map(({ browser, page }) => new Passkey(scene.gateway).enrol(browser, page)),
    );
    expect(told.filter(({ text }) => text.includes('It was added.'))).toHaveLength(2);
    expect(told.filter(({ text }) => text.includes('as many of this kind as there can be'))).toHaveLength(18);
    const { accounts, credentials } = scene.gateway.app.rooms;
    const account = await accounts.find(someone.username);
    expect(await credentials.ofAccount(account?.id ?? '')).toHaveLength(3);
  });
});
