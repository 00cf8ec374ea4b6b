import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { buildEndSessionUrl } from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { DAYS, HOURS, MINUTES } from '../support/clock.ts';
import { API, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { advance, Person, RelyingParty } from '../support/relying-party.ts';

/** Keys roll over while people sign in; the clock only goes forward from test to test. */
const started = gatewayOfFile({
  doors: { oidc: { resources: { [API]: { scopes: ['read'], applications: ['library'], algorithm: 'ES256' } } } },
  policy: { rules: rules() },
});

let library: RelyingParty;
let alice: Person;

beforeAll(async () => {
  library = await RelyingParty.of(started.gateway, 'library');
  alice = new Person(started.gateway, 'alice');
});

async function jwks(): Promise<JSONWebKeySet> {
  return (await new Client().get(`${started.gateway.url}/jwks`)).json() as JSONWebKeySet;
}

/** Ids of the keys of an algorithm that are published. */
async function published(algorithm = 'RS256'): Promise<(string | undefined)[]> {
  return (await jwks()).keys.filter(({ alg }) => alg === algorithm).map(({ kid }) => kid);
}

const kidOf = (token: string | undefined): string | undefined => decodeProtectedHeader(token ?? '').kid;

async function idToken(): Promise<string> {
  const { id_token } = await alice.signIn(library);
  return id_token ?? '';
}

/** As an application does that fetched the keys just now, and whose clock stands where the token was made. */
async function verifies(token: string, at = new Date(Date.now())): Promise<boolean> {
  const outcome = jwtVerify(token, createLocalJWKSet(await jwks()), { currentDate: at });
  return outcome.then(
    () => true,
    () => false,
  );
}

interface Row {
  id: string;
  algorithm: string;
  state: string;
}

async function listed(): Promise<Row[]> {
  const [, ...lines] = await started.gateway.command('keys list');
  return lines.map((line) => {
    const [, id = '', algorithm = '', state = ''] = line.split('\t');
    return { id, algorithm, state };
  });
}

const idOf = async (state: string, algorithm = 'RS256'): Promise<string> =>
  (await listed()).find((row) => row.state.startsWith(state) && row.algorithm === algorithm)?.id ?? '';

describe('a planned rotation', () => {
  it('publishes, takes over, and drops, each in its time', async () => {
    const [first = ''] = await published();
    const made = new Date(Date.now());
    const old = await idToken();
    expect(kidOf(old)).toBe(first);

    const lines = await started.gateway.command('keys rotate', ['oidc'], { algorithm: 'RS256' });
    expect(lines[0]).toMatch(/^oidc RS256: \S+ is published now and signs from \d{4}-/);
    const next = await idOf('next');
    expect(await published()).toEqual([first, next]);
    expect(kidOf(await idToken())).toBe(first);

    advance(DAYS - MINUTES);
    expect(kidOf(await idToken())).toBe(first);
    advance(2 * MINUTES);
    const renewed = await idToken();
    expect(kidOf(renewed)).toBe(next);
    expect(await published()).toEqual([next, first]);
    expect([await verifies(renewed), await verifies(old, made)]).toEqual([true, true]);
    expect((await listed()).map(({ algorithm, state }) => [algorithm, state.split(' ')[0]]).sort()).toEqual([
      ['ES256', 'signing'],
      ['RS256', 'kept'],
      ['RS256', 'signing'],
    ]);

    advance(DAYS - 3 * MINUTES);
    expect(await published()).toEqual([next, first]);
    advance(4 * MINUTES);
    expect(await published()).toEqual([next]);
    expect(await verifies(old, made)).toBe(false);
    expect(await idOf('retired')).toBe(first);
  });

  it('accepts an ID token of the old key as a hint as long as the session lives', async () => {
    const token = await idToken();
    await started.gateway.command('keys rotate', ['oidc'], { algorithm: 'RS256', ahead: '1h' });
    advance(2 * HOURS);
    expect(await idOf('signing')).not.toBe(kidOf(token));
    const url = buildEndSessionUrl(library.config, { id_token_hint: token });
    expect((await alice.client.open(url)).status).toBe(200);
    const forged = `${token.slice(0, token.lastIndexOf('.'))}.${Buffer.alloc(256, 1).toString('base64url')}`;
    const refused = await alice.client.get(buildEndSessionUrl(library.config, { id_token_hint: forged }));
    expect(refused.location?.searchParams.get('unread')).toBe('1');
  });

  it('of the other algorithm concerns access tokens for resources alone', async () => {
    const token = async () => {
      const { access_token, id_token } = await alice.signIn(library, { scope: 'openid read', resource: API });
      return [kidOf(access_token), kidOf(id_token)];
    };
    const [access, identity] = await token();
    expect(await published('ES256')).toEqual([access]);
    await started.gateway.command('keys rotate', ['oidc'], { algorithm: 'ES256', ahead: '1h' });
    const next = await idOf('next', 'ES256');
    advance(61 * MINUTES);
    expect(await token()).toEqual([next, identity]);
  });
});

describe('in the middle of the day', () => {
  it('no request is dropped when other keys are taken over', async () => {
    await idToken();
    const before = await idOf('signing');
    let told: () => void = () => undefined;
    const some = new Promise<void>((resolve) => {
      told = resolve;
    });
    let done = 0;
    const visits = Array.from({ length: 100 }, async () => {
      const { id_token = '' } = await library.visit(alice);
      done += 1;
      if (done === 10) told();
      return id_token;
    });
    await some;
    const lines = await started.gateway.command('keys rotate', ['oidc'], { algorithm: 'RS256', ahead: '0s' });
    expect(lines.join('\n')).toContain('WARNING');
    const tokens = await Promise.all(visits);
    const after = await idOf('signing');
    expect(after).not.toBe(before);
    expect(new Set([before, after])).toEqual(new Set([...tokens.map(kidOf), kidOf(await idToken())]));
    const keys = createLocalJWKSet(await jwks());
    await Promise.all(tokens.map((token) => jwtVerify(token, keys)));
    expect(started.gateway.logs.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('a key that somebody else has', () => {
  it('is gone at once, and the next one signs', async () => {
    const stolen = await idOf('signing');
    const token = await idToken();
    await expect(started.gateway.command('keys retire', [stolen])).rejects.toThrow(/only key that can sign/);
    await started.gateway.command('keys rotate', ['oidc'], { algorithm: 'RS256' });
    const next = await idOf('next');
    const lines = await started.gateway.command('keys retire', [stolen.slice(0, 8)]);
    expect(lines.join('\n')).toContain(`${next} signs from now on`);
    expect(await published()).not.toContain(stolen);
    expect(await verifies(token)).toBe(false);
    expect(kidOf(await idToken())).toBe(next);
    // A hint that it signed says nothing any more.
    const end = await alice.client.get(buildEndSessionUrl(library.config, { id_token_hint: token }));
    expect(end.location?.searchParams.get('unread')).toBe('1');
  });
});

describe('a wrong call', () => {
  it.each([
    ['keys rotate', ['radio'], {}, 'choose from oidc'],
    ['keys rotate', ['oidc'], { algorithm: 'HS256' }, 'choose from RS256, ES256'],
    ['keys rotate', ['oidc'], { ahead: 'soon' }, 'write a duration'],
    ['keys retire', ['abc'], {}, 'there is no key'],
  ])('%s %j %j is refused', async (name, args, options, why) => {
    await expect(started.gateway.command(name, args, options as Record<string, string>)).rejects.toThrow(why);
  });
});
