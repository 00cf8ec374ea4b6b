import {
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ResponseBodyError,
} from 'openid-client';
import { z } from 'zod';
import { type BeliefRow, believed, mostBelieved } from '../../core/belief.ts';
import type { DirectoryPorts } from '../../core/directory.ts';
import type { Departure, Returned, Trip } from '../../core/redirect.ts';
import type { NotVerified, ProofWanted, Redirects, Verified, Wish } from '../../core/upstream.ts';
import { type Claims, keyOf, personIn, saidIn, textsOf } from './claims.ts';
import { type ReadClient, unavailable } from './client.ts';
import type { People } from './people.ts';
import type { Settings } from './settings.ts';

/** How far its clock may be behind ours where something must be of now, milliseconds. */
const SKEW = 60_000;

const pending = z.strictObject({ nonce: z.string(), verifier: z.string(), at: z.number() });
type Pending = z.infer<typeof pending>;

type Ports = Pick<DirectoryPorts, 'now' | 'random' | 'id'>;

const refused = (why: NotVerified['why'], reason: string): NotVerified => ({ outcome: 'refused', why, reason });

/** The way in by an OpenID provider: authorization code flow with PKCE (RFC 7636), nonce, and `iss` (RFC 9207). */
export function createRedirects(
  settings: Settings,
  ports: Ports,
  client: ReadClient,
  people: People,
): Redirects<Pending> {
  const table = rowsOf(settings);
  const random = () => Buffer.from(ports.random(32)).toString('base64url');

  async function begin(wish: Wish, { state, back, locale }: Trip): Promise<Departure<Pending>> {
    const config = await client();
    const kept = { nonce: random(), verifier: random(), at: ports.now() };
    const address = buildAuthorizationUrl(config, {
      redirect_uri: back,
      scope: ['openid', ...settings.scopes.filter((scope) => scope !== 'openid')].join(' '),
      ...{ state, nonce: kept.nonce, ui_locales: locale },
      ...{ code_challenge: await calculatePKCECodeChallenge(kept.verifier), code_challenge_method: 'S256' },
      ...(await whom(wish)),
      ...howOld(wish),
      ...howSure(settings, wish.proof),
    });
    return { address: address.href, pending: kept };
  }

  async function whom({ subject, loginHint }: Wish): Promise<Record<string, string>> {
    const hint = subject === undefined ? loginHint : (await people.get(subject))?.username;
    return hint === undefined ? {} : { login_hint: hint };
  }

  async function claimsOf({ fields }: Returned, kept: Pending, { state, back }: Pick<Trip, 'state' | 'back'>) {
    const config = await client();
    const answer = new URL(back);
    for (const [name, value] of Object.entries(fields)) answer.searchParams.set(name, value);
    const tokens = await authorizationCodeGrant(config, answer, {
      ...{ pkceCodeVerifier: kept.verifier, expectedNonce: kept.nonce, expectedState: state },
      idTokenExpected: true,
    });
    return tokens.claims();
  }

  async function answer(returned: Returned, kept: Pending, trip: Pick<Trip, 'state' | 'back'>) {
    let claims: Claims | undefined;
    try {
      claims = await claimsOf(returned, kept, trip);
    } catch (error) {
      return refusalOf(error);
    }
    if (claims === undefined || typeof claims.sub !== 'string') return refused('unbelievable', 'no ID token');
    return verifiedOf(claims, claims.sub, kept);
  }

  function verifiedOf(claims: Claims, subject: string, { at }: Pending): Verified | NotVerified {
    for (const [name, allowed] of Object.entries(settings.requires)) {
      if (!textsOf(claims[name]).some((value) => allowed.includes(value)))
        return refused('unbelievable', `${name} is another`);
    }
    const said = saidIn(claims);
    return {
      outcome: 'verified',
      person: personIn(claims, keyOf(settings.issuer, subject)),
      said,
      anew: said.at !== undefined && said.at >= at - SKEW,
      ...(typeof claims.sid === 'string' ? { session: claims.sid } : {}),
    };
  }

  return {
    returns: 'state',
    name: settings.name,
    pending,
    begin,
    answer,
    keep: ({ person }) => people.keep(person),
    believe: (said) => believed(table, said),
    atMost: mostBelieved(table),
    able: (wanted) => wanted === 'identity' || howSureOf(settings, wanted) !== undefined,
  };

  function refusalOf(error: unknown): NotVerified {
    if (error instanceof AuthorizationResponseError) return byCode(error.error);
    if (error instanceof ResponseBodyError) return refused('unbelievable', `the token endpoint says ${error.error}`);
    const { code } = error as { code?: unknown };
    if (typeof code === 'string' && code.startsWith('OAUTH_')) return refused('unbelievable', code);
    return refused('unavailable', String(unavailable(ports.id, error).cause).slice(0, 200));
  }
}

/** The provider's own answer, by the error that it names (OpenID Connect Core section 3.1.2.6, Step-up RFC 9470). */
function byCode(code: string): NotVerified {
  if (code === 'access_denied') return refused('cancelled', code);
  if (code === 'unmet_authentication_requirements' || code === 'login_required') return refused('unmet', code);
  if (code === 'temporarily_unavailable' || code === 'server_error') return refused('unavailable', code);
  return refused('unbelievable', /^[\w-]{1,60}$/.test(code) ? code : 'another error');
}

/** Seconds; and to be of now, by the word that providers without `max_age` know. */
function howOld({ maxAge }: Wish): Record<string, string> {
  if (maxAge === undefined) return {};
  return { max_age: String(Math.floor(maxAge / 1000)), ...(maxAge === 0 ? { prompt: 'login' } : {}) };
}

function howSureOf({ asks }: Settings, wanted: ProofWanted) {
  if (wanted === 'identity') return undefined;
  return wanted === 'resistant' ? asks.resistant : (asks.twoKinds ?? asks.resistant);
}

function howSure(settings: Settings, wanted: ProofWanted): Record<string, string> {
  const asking = howSureOf(settings, wanted);
  if (asking === undefined) return {};
  const { acrValues, essentialAcr, acrs } = asking;
  const claims = {
    ...(essentialAcr ? { acr: { essential: true, values: essentialAcr } } : {}),
    ...(acrs ? { acrs: { essential: true, value: acrs[0] } } : {}),
  };
  return {
    ...(acrValues ? { acr_values: acrValues.join(' ') } : {}),
    ...(Object.keys(claims).length > 0 ? { claims: JSON.stringify({ id_token: claims }) } : {}),
  };
}

function rowsOf({ assurance }: Settings): BeliefRow[] {
  return assurance.map(({ kinds, phishingResistant, attested, ...named }) => {
    const when = Object.entries(named).flatMap(([name, values]) => (values ? [[name, values] as const] : []));
    return { when: Object.fromEntries(when), kinds, phishingResistant, attested };
  });
}
