import fc from 'fast-check';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { describe, expect, it } from 'vitest';
import { EPHEMERAL, openEphemeral } from '../../../test/support/sign-in.ts';
import type { EphemeralStore } from '../../core/store.ts';
import { leaveEnded, requestFor, takeEnded } from './bridge.ts';
import { wantsOf } from './evaluation.ts';
import { ACR_ESSENTIAL } from './own-parameters.ts';
import type { OidcPorts } from './ports.ts';

const BACK = 'https://idp.example.org/other/resume';
const STATE = 'state-of-the-door';

/** Applications by id, as far as the bridge looks. */
const APPLICATIONS = new Map(
  Object.entries({ wiki: { door: 'other' }, library: { door: 'oidc' }, own: { door: '', internal: true } }).map(
    ([id, it]) => [id, { id, internal: false, ...it }],
  ),
);

/** Ports as far as the bridge takes them: it uses no other. */
const portsOf = (ephemeral: EphemeralStore) => ({ ephemeral, applications: APPLICATIONS }) as unknown as OidcPorts;

interface Ending {
  client?: string;
  route?: string;
  location?: string;
  state?: unknown;
  account?: string | undefined;
  request?: string;
}

/** oidc-provider's context at the end of a request, as far as the bridge looks. */
function contextOf(ending: Ending): KoaContextWithOIDC {
  const { client = 'wiki', route = 'resume', location = `${BACK}?state=${STATE}`, state = STATE } = ending;
  const accountId = 'account' in ending ? ending.account : 'account';
  return {
    response: { get: () => location },
    oidc: {
      route,
      client: { clientId: client },
      params: { redirect_uri: BACK, state },
      session: { accountId, uid: 'session' },
      entities: { Interaction: { cid: ending.request ?? 'request' } },
    },
    // It looks at nothing else of a context.
  } as unknown as KoaContextWithOIDC;
}

async function left(store: EphemeralStore, ending: Ending = {}) {
  const ports = portsOf(store);
  await leaveEnded(ports)(contextOf(ending), async () => undefined);
  return takeEnded(ports, STATE);
}

describe.each(EPHEMERAL)('how a request of another door ended, on the %s store', (id) => {
  it('is left for its door, by the state that it began with', async () => {
    const store = await openEphemeral(id, Date.now);
    const ended = { application: 'wiki', request: 'request', account: 'account', session: 'session' };
    expect(await left(store)).toEqual(ended);
    expect(await left(store, { route: 'authorization' })).toEqual(ended);
    expect(await takeEnded(portsOf(store), 'another')).toBeUndefined();
  });

  it('is taken once: of 100 at the same time one gets it', async () => {
    const store = await openEphemeral(id, Date.now);
    const ports = portsOf(store);
    await leaveEnded(ports)(contextOf({}), async () => undefined);
    const taken = await Promise.all(Array.from({ length: 100 }, () => takeEnded(ports, STATE)));
    expect(taken.filter((it) => it !== undefined)).toHaveLength(1);
    expect(await takeEnded(ports, STATE)).toBeUndefined();
  });

  it.each<[string, Ending]>([
    ['a client of this door', { client: 'library' }],
    ['a page of our own', { client: 'own' }],
    ['a client that is unknown', { client: 'nobody' }],
    ['nobody signed in', { account: undefined }],
    ['an error', { location: `${BACK}?error=access_denied&state=${STATE}` }],
    ['an interaction that begins', { location: 'https://idp.example.org/sign-in/x' }],
    ['another address below it', { location: `${BACK}/x?state=${STATE}` }],
    ['another host', { location: `https://evil.example/other/resume?state=${STATE}` }],
    ['no address', { location: '' }],
    ['another endpoint', { route: 'end_session_confirm' }],
    ['no state', { state: null }],
    ['two states', { state: ['a', 'b'] }],
  ])('is not left by %s', async (_what, ending) => {
    expect(await left(await openEphemeral(id, Date.now), ending)).toBeUndefined();
  });
});

describe('the address that begins one', () => {
  const query = (address: string) => Object.fromEntries(new URL(address, BACK).searchParams);

  it('says what is wanted', () => {
    const wants = {
      acrValues: ['a', 'https://refeds.org/profile/mfa'],
      acrEssential: true,
      reauthenticate: true,
      maxAge: 0,
    };
    const options = { returnTo: STATE, wants, loginHint: 'ü@x', uiLocales: ['de', 'en'] };
    expect(query(requestFor('wiki', BACK, options))).toEqual({
      client_id: 'wiki',
      response_type: 'none',
      scope: 'openid',
      redirect_uri: BACK,
      state: STATE,
      prompt: 'login',
      max_age: '0',
      acr_values: 'a https://refeds.org/profile/mfa',
      [ACR_ESSENTIAL]: 'true',
      login_hint: 'ü@x',
      ui_locales: 'de en',
    });
  });

  it('says nothing of what is not', () => {
    expect(Object.keys(query(requestFor('wiki', BACK, {})))).toEqual([
      'client_id',
      'response_type',
      'scope',
      'redirect_uri',
    ]);
    expect(query(requestFor('wiki', BACK, { wants: { acrEssential: true, acrValues: [] } }))).not.toHaveProperty(
      ACR_ESSENTIAL,
    );
  });

  it('reads back as the same', () => {
    // Classes are URIs: no spaces. Ages count in seconds.
    const wants = fc.record({
      acrValues: fc.array(fc.constantFrom('a', 'urn:a+b', 'https://a.example/?b=c&d#e', '%20', 'ü', '"'), {
        minLength: 1,
        maxLength: 3,
      }),
      acrEssential: fc.boolean(),
      reauthenticate: fc.boolean(),
      maxAge: fc.nat(1_000_000).map((seconds) => seconds * 1000),
    });
    fc.assert(
      fc.property(wants, (wanted) => {
        expect(wantsOf(query(requestFor('wiki', BACK, { wants: wanted })))).toEqual(wanted);
      }),
      { numRuns: 200 },
    );
  });
});
