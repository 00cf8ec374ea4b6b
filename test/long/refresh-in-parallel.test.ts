import { None, refreshTokenGrant } from 'openid-client';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { Person, RelyingParty, userinfo } from '../support/relying-party.ts';

const TABS = 8;
const ROUNDS = 25;

/** A published client, openid-client, in several tabs or processes that know nothing of each other, on real clocks. */
describe.each([
  ['embedded', {}],
  ['redis', { redis: () => inject('redisUrl') }],
])('openid-client that refreshes in parallel, on the %s store', (_name, store) => {
  const spa = { clientSecret: undefined, authentication: 'none', reauthenticate: '30d' };
  const config = {
    applications: { spa: application('spa', spa), server: application('server', { reauthenticate: '30d' }) },
    policy: { rules: rules('spa', 'server') },
  };
  const it_ = gatewayOfFile(config, store);
  let alice: Person;
  beforeAll(() => {
    alice = new Person(it_.gateway, 'alice');
  });

  async function signIn(id: string) {
    const options = id === 'spa' ? { authentication: None() } : {};
    const party = await RelyingParty.of(it_.gateway, id, {
      ...options,
      redirectUri: `http://127.0.0.1:9/${id}/callback`,
    });
    return { party, tokens: await alice.signIn(party) };
  }

  it('as a single-page application in tabs with one storage: none is signed out', async () => {
    const { party, tokens } = await signIn('spa');
    const storage = { token: tokens.refresh_token ?? '' };
    const spent = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      const before = storage.token;
      const tabs = Array.from({ length: TABS }, async () => {
        const renewed = await refreshTokenGrant(party.config, storage.token);
        storage.token = renewed.refresh_token ?? '';
        return renewed;
      });
      const all = await Promise.all(tabs);
      expect(new Set(all.map(({ refresh_token }) => refresh_token)).size).toBe(1);
      spent.add(before);
      expect(spent).not.toContain(storage.token);
    }
    const last = await refreshTokenGrant(party.config, storage.token);
    expect((await userinfo(it_.gateway, last.access_token)).status).toBe(200);
  });

  it('as a server with many processes: the token stays, and each gets an access token', async () => {
    const { party, tokens } = await signIn('server');
    for (let round = 0; round < ROUNDS; round++) {
      const all = await Promise.all(
        Array.from({ length: TABS }, () => refreshTokenGrant(party.config, tokens.refresh_token ?? '')),
      );
      expect(new Set(all.map(({ refresh_token }) => refresh_token))).toEqual(new Set([tokens.refresh_token]));
      expect(new Set(all.map(({ access_token }) => access_token)).size).toBe(TABS);
    }
  });
});
