import { decodeJwt } from 'jose';
import { refreshTokenGrant, tokenIntrospection } from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { codesOf } from '../support/issued.ts';
import { API, application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { advance, call, Person, RelyingParty, userinfo } from '../support/relying-party.ts';

const MINUTE = 60_000;
const it_ = gatewayOfFile({
  factors: { password: {}, totp: {}, tap: {} },
  applications: { mail: application('mail', { reauthenticate: '2d', scopes: ['openid', 'offline_access'] }) },
  doors: { oidc: { resources: { [API]: { scopes: ['read'], applications: ['mail'], lifetime: '1h' } } } },
  policy: { rules: [...rules(), { name: 'mail', applications: ['mail'], level: 'mfa', remember: '30d' }] },
});

let mail: RelyingParty;
/** What is asked for beside the password is answered with a pass. */
class Bearer extends Person {
  pass = '';
  override nextCode(): string {
    return this.pass;
  }
}

async function bearer(username: string, lifetime = '20m'): Promise<Bearer> {
  const person = new Bearer(it_.gateway, username);
  const [pass = ''] = codesOf((await it_.gateway.command('tap issue', [username], { lifetime })).join('\n'));
  person.pass = pass;
  return person;
}

/** Somebody who has an authenticator, elsewhere. */
async function someone(username: string): Promise<Person> {
  await it_.gateway.addUser(username);
  const person = new Person(it_.gateway, username);
  await person.signIn(mail);
  return person;
}

beforeAll(async () => {
  mail = await RelyingParty.of(it_.gateway, 'mail', { redirectUri: 'http://127.0.0.1:9/mail/callback' });
});

const refused = async (token: string | undefined) =>
  (await call(it_.gateway, '/token', { grant_type: 'refresh_token', refresh_token: token ?? '' }, 'mail')).json();

describe('tokens that rest on a lent pass', () => {
  it('end with it: refresh, userinfo, introspection, and what a JWT says of itself', async () => {
    await someone('ada');
    const holder = await bearer('ada');
    const end = Date.now() + 20 * MINUTE;
    const tokens = await holder.signIn(mail);
    const { exp = 0, acr } = decodeJwt(tokens.id_token ?? '');
    expect(acr).toBe('https://refeds.org/profile/mfa');
    expect(exp * 1000).toBeLessThanOrEqual(end + 1_000);
    const api = await mail.visit(holder, { scope: 'openid read', resource: API });
    expect(Number(decodeJwt(api.access_token).exp) * 1000).toBeLessThanOrEqual(end + 1_000);

    const again = await refreshTokenGrant(mail.config, tokens.refresh_token ?? '');
    expect((await userinfo(it_.gateway, again.access_token)).status).toBe(200);
    advance(20 * MINUTE + 1_000);
    expect((await userinfo(it_.gateway, again.access_token)).status).toBe(401);
    expect(await tokenIntrospection(mail.config, again.access_token)).toMatchObject({ active: false });
    expect(await refused(again.refresh_token)).toMatchObject({ error: 'invalid_grant' });
  });

  it('are given again for a method of one’s own, and those before still end with the pass', async () => {
    const owner = await someone('bea');
    const holder = await bearer('bea');
    holder.authenticator = owner.authenticator;
    const before = await holder.signIn(mail);
    advance(30_000);
    holder.pass = holder.codeAt();
    // Payroll wants a second factor in each request: the pass is used up, and the authenticator is what is left.
    await holder.signIn(await RelyingParty.of(it_.gateway, 'payroll'));
    const after = await mail.visit(holder, { scope: 'openid offline_access' });
    advance(21 * MINUTE);
    expect(await refused(before.refresh_token)).toMatchObject({ error: 'invalid_grant' });
    expect((await refreshTokenGrant(mail.config, after.refresh_token ?? '')).access_token).toBeDefined();
  });

  it('of other sessions stay as they are', async () => {
    const owner = await someone('cyd');
    const tokens = await mail.visit(owner, { scope: 'openid offline_access' });
    const holder = await bearer('cyd', '10m');
    await holder.signIn(mail);
    advance(11 * MINUTE);
    expect((await refreshTokenGrant(mail.config, tokens.refresh_token ?? '')).access_token).toBeDefined();
  });

  it('outlive neither their own time nor the pass, where that is longer', async () => {
    await someone('dan');
    const holder = await bearer('dan', '30d');
    const tokens = await holder.signIn(mail);
    const { exp = 0, iat = 0 } = decodeJwt(tokens.id_token ?? '');
    expect(exp - iat).toBe(3_600);
    advance(48 * 60 * MINUTE + 8 * 60 * MINUTE);
    expect(await refused(tokens.refresh_token)).toMatchObject({ error: 'invalid_grant' });
  });
});
