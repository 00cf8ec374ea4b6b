import { refreshTokenGrant } from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { Person, RelyingParty, userinfo } from '../support/relying-party.ts';

const it_ = gatewayOfFile({
  applications: { mail: application('mail', { reauthenticate: '2d', scopes: ['openid', 'offline_access'] }) },
  policy: { rules: [...rules(), { name: 'mail', applications: ['mail'], level: 'mfa', remember: '30d' }] },
});

let mail: RelyingParty;
beforeAll(async () => {
  mail = await RelyingParty.of(it_.gateway, 'mail', { redirectUri: 'http://127.0.0.1:9/mail/callback' });
});

/** Somebody with a code app, signed in to the mail with it. */
async function holder(username: string) {
  await it_.gateway.addUser(username);
  const person = new Person(it_.gateway, username);
  const tokens = await person.signIn(mail);
  const { accounts, credentials } = it_.gateway.app.rooms;
  const account = (await accounts.find(username))?.id ?? '';
  const [method] = await credentials.ofAccount(account);
  return { person, tokens, account, method: method?.id ?? '' };
}

const status = async (token: string) => (await userinfo(it_.gateway, token)).status;

describe('what an application holds of somebody', () => {
  it('ends with the method that it rests on: access token, refresh token, and a code on its way', async () => {
    const { person, tokens, account, method } = await holder('ada');
    const flow = await mail.begin();
    const reply = await person.client.open(flow.url);
    expect(person.isBack(reply)).toBe(true);
    expect(await status(tokens.access_token)).toBe(200);
    await it_.gateway.app.rooms.methods.remove(account, method);
    expect(await status(tokens.access_token)).toBe(401);
    await expect(mail.exchange(flow, reply.location)).rejects.toMatchObject({ error: 'invalid_grant' });
    const refreshed = refreshTokenGrant(mail.config, tokens.refresh_token ?? '');
    await expect(refreshed).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('is asked about at each refresh, and at other uses no more than whether it was revoked', async () => {
    const { tokens, account, method } = await holder('grace');
    const again = await refreshTokenGrant(mail.config, tokens.refresh_token ?? '');
    await it_.gateway.app.rooms.credentials.suspend(method, account);
    expect(await status(again.access_token)).toBe(200);
    const refused = refreshTokenGrant(mail.config, again.refresh_token ?? '');
    await expect(refused).rejects.toMatchObject({ error: 'invalid_grant' });
    // Confirmed, it is what it was: nothing was revoked.
    await it_.gateway.app.rooms.credentials.confirm(method, account);
    await expect(refreshTokenGrant(mail.config, again.refresh_token ?? '')).resolves.toHaveProperty('access_token');
  });

  it('stays where another method is removed', async () => {
    const { person, tokens, account } = await holder('joan');
    const { credentials, methods } = it_.gateway.app.rooms;
    const other = await credentials.add(account, 'totp', 'Old phone', (await credentials.ofAccount(account))[0]?.data);
    await methods.remove(account, String(other));
    expect(await status(tokens.access_token)).toBe(200);
    expect((await mail.visit(person)).access_token).toBeDefined();
    await expect(refreshTokenGrant(mail.config, tokens.refresh_token ?? '')).resolves.toHaveProperty('access_token');
  });
});
