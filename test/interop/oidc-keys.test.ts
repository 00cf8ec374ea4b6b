import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { Person, RelyingParty } from '../support/relying-party.ts';

/** Keys by application: each has its ID tokens signed by the algorithm that it is configured for, and by no other. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
const idOf = (algorithm: string) => `app-${algorithm.toLowerCase()}`;
const resourceOf = (algorithm: string) => `https://${algorithm.toLowerCase()}.example.org/`;
const ids = ALGORITHMS.map(idOf);
const it_ = gatewayOfFile({
  applications: Object.fromEntries(
    ALGORITHMS.map((algorithm) => [
      idOf(algorithm),
      application(idOf(algorithm), { idTokenAlgorithm: algorithm, reauthenticate: '1d' }),
    ]),
  ),
  doors: {
    oidc: {
      resources: Object.fromEntries(
        ALGORITHMS.map((algorithm) => [resourceOf(algorithm), { scopes: ['read'], applications: ids, algorithm }]),
      ),
    },
  },
  policy: { rules: rules(...ids) },
});

let alice: Person;
beforeAll(() => {
  alice = new Person(it_.gateway, 'alice');
});

const jwks = () => createRemoteJWKSet(new URL(`${it_.gateway.url}/jwks`));
const party = (id: string, algorithm: string) =>
  RelyingParty.of(it_.gateway, id, {
    redirectUri: `http://127.0.0.1:9/${id}/callback`,
    metadata: { id_token_signed_response_alg: algorithm },
  });

describe.each(ALGORITHMS)('%s', (algorithm) => {
  const id = idOf(algorithm);

  it('signs ID tokens, before a rollover and after it', async () => {
    const rp = await party(id, algorithm);
    const before = (await alice.signIn(rp)).id_token ?? '';
    await it_.gateway.command('keys rotate', ['oidc'], { ahead: '0s' });
    const after = (await alice.signIn(rp)).id_token ?? '';
    for (const token of [before, after])
      await jwtVerify(token, jwks(), { issuer: it_.gateway.url, audience: id, algorithms: [algorithm] });
    expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid);
  });

  it('signs tokens of the resource that wants it, whatever the application has', async () => {
    const rp = await party('app-rs256', 'RS256');
    const resource = resourceOf(algorithm);
    const { access_token } = await alice.signIn(rp, { scope: 'openid read', resource });
    const { protectedHeader } = await jwtVerify(access_token, jwks(), { audience: resource, algorithms: [algorithm] });
    expect(protectedHeader).toMatchObject({ alg: algorithm, typ: 'at+jwt' });
  });
});
