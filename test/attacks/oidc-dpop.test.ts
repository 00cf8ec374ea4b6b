import { CompactSign, calculateJwkThumbprint, exportJWK, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { fapiApplication, type HeldKey, holdKey, KeyHolder, now, send } from '../support/key-holder.ts';
import { gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { advanceHere, Person } from '../support/relying-party.ts';

/** Proofs of a key (RFC 9449 sections 4.3, 8, 9 and 11) in other forms than they should have, late, and twice. */
const [key, bound, thief] = await Promise.all([holdKey(), holdKey(), holdKey()]);
const it_ = gatewayOfFile({
  applications: {
    bank: fapiApplication('bank', [key.jwk]),
    plain: fapiApplication('plain', [key.jwk], { dpopNonce: false }),
  },
  policy: { rules: rules('bank', 'plain') },
});

let alice: Person;
let bank: KeyHolder;
/** Without nonces. */
let plain: KeyHolder;

beforeAll(async () => {
  const holder = (id: string) => new KeyHolder(it_.gateway.url, id, key, bound);
  [bank, plain] = [holder('bank'), holder('plain')];
  alice = new Person(it_.gateway, 'alice');
  await bank.code(alice);
});

/** What a refresh that has a good proof is answered: its token is none. */
const LET_IN = 'invalid_grant';
const fields = { grant_type: 'refresh_token', refresh_token: 'x' };
const withProof = async (dpop: string, holder = plain) =>
  (await holder.call('/token', fields, { withoutProof: true, headers: { dpop } }, false)).json.error;
const asksWith = async (proof: Record<string, unknown>, holder = plain) =>
  (await holder.call('/token', fields, { proof }, false)).json.error;

async function tokenOf(holder = plain): Promise<string> {
  return String((await holder.redeem(await holder.code(alice))).json.access_token);
}

/** A proof with this header, signed by the key that it has to be. */
async function proofWith(header: Record<string, unknown>, held: HeldKey = bound) {
  const claims = { htm: 'POST', htu: `${it_.gateway.url}/token`, jti: crypto.randomUUID(), iat: now() };
  const jwk = await exportJWK(held.publicKey);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: held.alg, typ: 'dpop+jwt', jwk, ...header })
    .sign(held.privateKey);
}

describe('the address of a proof (htu, section 4.3)', () => {
  it.each<[string, (url: string) => string]>([
    ['as it is', (url) => url],
    ['with a query and a fragment', (url) => `${url}?a=b#c`],
    ['with its host in capitals', (url) => url.replace('localhost', 'LOCALHOST')],
    ['with its scheme in capitals', (url) => url.replace('http:', 'HTTP:')],
    ['with a way back in its path', (url) => url.replace('/token', '/x/../token')],
  ])('%s names the endpoint', async (_what, change) => {
    expect(await asksWith({ htu: change(`${it_.gateway.url}/token`) })).toBe(LET_IN);
  });

  it.each<[string, (url: string) => unknown]>([
    ['with a slash at its end', (url) => `${url}/`],
    ['of another endpoint', (url) => url.replace('/token', '/par')],
    ['of another port', (url) => url.replace(/:\d+/, ':1')],
    ['by https', (url) => url.replace('http:', 'https:')],
    ['with a path in capitals', (url) => url.replace('/token', '/TOKEN')],
    ['with a name before the host', (url) => url.replace('//', '//x@')],
    ['with the address in another one’s query', (url) => `https://evil.example/?${url}`],
    ['without a host', () => '/token'],
    ['in a list', (url) => [url]],
    ['of the name that a request says it came by', () => 'https://evil.example/token'],
  ])('%s names another', async (_what, change) => {
    expect(await asksWith({ htu: change(`${it_.gateway.url}/token`) })).toBe('invalid_dpop_proof');
  });

  it('whatever a request says of how it came', async () => {
    const dpop = await plain.proof('POST', '/token', { htu: 'https://evil.example/token' });
    const headers = { dpop, 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' };
    const { json } = await plain.call('/token', fields, { withoutProof: true, headers }, false);
    expect(json.error).toBe('invalid_dpop_proof');
  });

  it.each(['post', 'GET', 'POST ', ['POST'], undefined])('of another method: %j', async (htm) => {
    expect(await asksWith({ htm })).toBe('invalid_dpop_proof');
  });
});

describe('the key of a proof', () => {
  it('is what the header has, which has no private half and no other type', async () => {
    expect(await withProof(await proofWith({}))).toBe(LET_IN);
    const whole = await exportJWK(bound.privateKey);
    const secret = { kty: 'oct', k: Buffer.alloc(32).toString('base64url') };
    const other = await exportJWK(thief.publicKey);
    for (const header of [{ typ: 'JWT' }, { typ: undefined }, { jwk: undefined }, { jwk: whole }, { jwk: other }])
      expect(await withProof(await proofWith(header)), JSON.stringify(header)).toBe('invalid_dpop_proof');
    const claims = { htm: 'POST', htu: `${it_.gateway.url}/token`, jti: crypto.randomUUID(), iat: now() };
    const bytes = Buffer.from(JSON.stringify(claims));
    const mac = new CompactSign(bytes).setProtectedHeader({ alg: 'HS256', typ: 'dpop+jwt', jwk: secret });
    expect(await withProof(await mac.sign(Buffer.alloc(32)))).toBe('invalid_dpop_proof');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'dpop+jwt', jwk: bound.jwk })).toString('base64url');
    expect(await withProof(`${none}.${bytes.toString('base64url')}.`)).toBe('invalid_dpop_proof');
  });
});

describe('a proof at userinfo', () => {
  it('is for the token that comes with it, and says so', async () => {
    const [one, other] = [await tokenOf(), await tokenOf()];
    expect((await plain.userinfo(one)).status).toBe(200);
    const hash = async (text: string) =>
      Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('base64url');
    for (const ath of [undefined, '', await hash(other), `${await hash(one)}=`, [await hash(one)]])
      expect((await plain.userinfo(one, { proof: { ath } })).status).toBe(401);
  });

  it('is one, beside one token', async () => {
    const token = await tokenOf();
    const ath = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(token))).toString('base64url');
    const proof = () => plain.proof('GET', '/userinfo', { ath });
    const url = `${it_.gateway.url}/userinfo`;
    const two = new Headers({ authorization: `DPoP ${token}` });
    for (let at = 0; at < 2; at += 1) two.append('dpop', await proof());
    expect((await send(url, { headers: two })).status).toBe(401);
    for (const authorization of [`Bearer ${token}`, `DPoP ${token}, Bearer ${token}`, `DPoP  ${token} x`])
      expect((await send(url, { headers: { authorization, dpop: await proof() } })).status).toBeGreaterThanOrEqual(400);
    const body = new URLSearchParams({ access_token: token });
    const posted = await plain.proof('POST', '/userinfo', { ath });
    expect((await send(url, { method: 'POST', body, headers: { dpop: posted } })).status).toBeGreaterThanOrEqual(400);
    expect((await send(`${url}?access_token=${token}`, { headers: { dpop: await proof() } })).status).toBe(400);
  });

  it('counts once, of 100 at once', async () => {
    const token = await tokenOf();
    const jti = crypto.randomUUID();
    const answers = await Promise.all(Array.from({ length: 100 }, () => plain.userinfo(token, { proof: { jti } })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
  });
});

describe('a proof that comes again', () => {
  /** At each moment at which it would be good, whatever clock it was made by. */
  it.each([-240, 0, 120, 290])('made %i s from now is never taken twice', async (offset) => {
    const token = await tokenOf();
    const proof = { jti: crypto.randomUUID(), iat: now() + offset, nonce: undefined };
    expect((await plain.userinfo(token, { proof })).status).toBe(200);
    for (let at = 0; at < 7; at += 1) {
      advanceHere(100_000);
      expect((await plain.userinfo(token, { proof })).status).toBe(401);
    }
    expect((await plain.userinfo(token, { proof: { nonce: undefined } })).status).toBe(200);
  });

  it('with a nonce is never taken twice, as long as that is good', async () => {
    const token = await tokenOf(bank);
    const proof = { jti: crypto.randomUUID(), nonce: bank.nonce };
    expect((await bank.userinfo(token, { proof })).status).toBe(200);
    for (let at = 0; at < 7; at += 1) {
      advanceHere(50_000);
      expect((await bank.userinfo(token, { proof })).status).toBe(401);
    }
  });
});

describe('a nonce', () => {
  it('is good for three to four minutes, as the reference says', async () => {
    const good = async () => (await asksWith({ jti: crypto.randomUUID(), nonce }, bank)) === LET_IN;
    // To the beginning of one.
    advanceHere(60_000 - (Date.now() % 60_000) + 1_000);
    await bank.call('/token', fields, { proof: { nonce: undefined } }, false);
    const { nonce } = bank;
    advanceHere(177_000);
    expect(await good()).toBe(true);
    advanceHere(63_000);
    expect(await good()).toBe(false);
  });

  it.each([['a'], 1, '', 'x'.repeat(10_000)])('that is none: %.20j', async (nonce) => {
    expect(await asksWith({ nonce }, bank)).toMatch(/^(invalid_dpop_proof|use_dpop_nonce)$/);
  });

  it('of another gateway is none', async () => {
    const { nonce } = plain;
    expect(await calculateJwkThumbprint(bound.jwk)).toBe(await bank.thumbprint());
    const forged = `${String(nonce ?? bank.nonce).slice(0, -2)}AA`;
    expect(await asksWith({ nonce: forged }, bank)).toBe('use_dpop_nonce');
  });
});
