import {
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ResponseBodyError,
} from 'openid-client';
import { z } from 'zod';
import { believed, groundsOf, mostBelieved } from '../../core/belief.ts';
import type { DirectoryPorts } from '../../core/directory.ts';
import type { People } from '../../core/known-people.ts';
import { createPartings } from '../../core/parting.ts';
import type { Departure, Returned, Trip } from '../../core/redirect.ts';
import type { Anew, NotVerified, ProofWanted, Redirects, Verified, Wish } from '../../core/upstream.ts';
import { endIn, identified, keyOf } from './claims.ts';
import { type ReadClient, unavailable } from './client.ts';
import { createHearing, heardInFront } from './logout.ts';
import type { Looks } from './looks.ts';
import type { Settings, Ways } from './settings.ts';
import { createSigningOut } from './signing-out.ts';

/** How far its clock may be behind ours where something must be of now, milliseconds. */
const SKEW = 60_000;

const pending = z.strictObject({ nonce: z.string(), verifier: z.string(), at: z.number() });
type Pending = z.infer<typeof pending>;

/** Who is sent `max_age` has to say when it was (OpenID Connect Core section 2). */
const ANEW: Readonly<Record<Ways['ages'], Anew>> = { max_age: 'dated', prompt: 'undated', none: 'never' };

type Ports = Pick<DirectoryPorts, 'now' | 'random' | 'id' | 'fetch' | 'house'>;

const refused = (why: NotVerified['why'], reason: string): NotVerified => ({ outcome: 'refused', why, reason });

/** The way in by an OpenID provider: authorization code flow with PKCE (RFC 7636), nonce, and `iss` (RFC 9207). */
export function createRedirects(
  settings: Settings,
  ways: Ways,
  ports: Ports,
  { client, people, looks }: { client: ReadClient; people: People; looks: Pick<Looks, 'remember'> },
): Redirects<Pending> {
  const { assurance: table } = ways;
  const signingOut = createSigningOut(settings, createPartings(ports.house, ports.id), client);
  const random = () => Buffer.from(ports.random(32)).toString('base64url');

  async function begin(wish: Wish, { state, back, locale }: Trip): Promise<Departure<Pending>> {
    const config = await client();
    const kept = { nonce: random(), verifier: random(), at: ports.now() };
    const address = buildAuthorizationUrl(config, {
      redirect_uri: back,
      scope: [...new Set(['openid', ...ways.scopes])].join(' '),
      ...{ state, nonce: kept.nonce, ui_locales: locale },
      ...{ code_challenge: await calculatePKCECodeChallenge(kept.verifier), code_challenge_method: 'S256' },
      ...(await whom(wish)),
      ...ways.lasting,
      ...prompting(ways.lasting?.prompt, howOld(ways, wish)),
      ...howSure(ways, wish.proof),
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
    return { claims: tokens.claims(), idToken: tokens.id_token, refreshToken: tokens.refresh_token };
  }

  async function answer(
    returned: Returned,
    kept: Pending,
    trip: Pick<Trip, 'state' | 'back'>,
  ): Promise<Verified | NotVerified> {
    let told: Awaited<ReturnType<typeof claimsOf>>;
    try {
      told = await claimsOf(returned, kept, trip);
    } catch (error) {
      return refusalOf(error);
    }
    const { claims, idToken, refreshToken } = told;
    const who = identified(claims ?? {}, settings, ways);
    if ('reason' in who) return refused('unbelievable', who.reason);
    const end = endIn(claims ?? {}, ports.now());
    if ('reason' in end) return refused('unbelievable', end.reason);
    const { at } = who.said;
    return {
      ...{ outcome: 'verified', ...who, ...end, anew: at !== undefined && at >= kept.at - SKEW },
      ...(idToken === undefined ? {} : { parting: idToken }),
      ...(refreshToken === undefined ? {} : { still: refreshToken }),
    } satisfies Verified;
  }

  return {
    returns: 'state',
    name: settings.name,
    pending,
    begin,
    answer,
    linking: settings.linking,
    speaksFor: settings.speaksFor.map((domain) => domain.toLowerCase()),
    anew: ANEW[ways.ages],
    keyOf: (subject) => keyOf(settings.issuer, ways.subject, subject.trim()),
    async keep(verified) {
      const { session } = verified.said;
      await people.keep(verified.person, session === undefined ? [] : [session]);
      await signingOut.remember(verified);
      await looks.remember(verified);
    },
    signingOut,
    ...(ways.frontChannelLogout ? { heardInFront: heardInFront(settings) } : {}),
    heard: createHearing({ ...settings, subject: ways.subject }, ports, client),
    keyOfSession: people.bySession,
    believe: (said) => believed(table, said),
    grounds: (said) => groundsOf(table, said),
    atMost: mostBelieved(table),
    freshness: settings.freshness,
    able: (wanted) => wanted === 'identity' || howSureOf(ways, wanted) !== undefined,
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

/**
 * By an age where it knows one, else by asking anew; and never for nothing. What shows more than who it is has a greatest
 * age in any case, and who is asked for one has to say the time (OpenID Connect Core section 2, auth_time).
 */
function howOld({ ages, freshness }: Ways, { proof, maxAge: wanted }: Wish): Record<string, string> {
  const maxAge = ages === 'max_age' && proof !== 'identity' ? Math.min(wanted ?? freshness, freshness) : wanted;
  if (maxAge === undefined || ages === 'none') return {};
  const anew = { prompt: 'login' };
  if (ages === 'prompt') return anew;
  return { max_age: String(Math.floor(maxAge / 1000)), ...(maxAge === 0 ? anew : {}) };
}

/** Both, where one prompts for what lasts and the other asks anew. */
const prompting = (lasting: string | undefined, asked: Record<string, string>): Record<string, string> =>
  lasting !== undefined && asked.prompt !== undefined ? { ...asked, prompt: `${asked.prompt} ${lasting}` } : asked;

function howSureOf({ asks }: Ways, wanted: ProofWanted) {
  if (wanted === 'identity') return undefined;
  return wanted === 'resistant' ? asks.resistant : (asks.twoKinds ?? asks.resistant);
}

function howSure(ways: Ways, wanted: ProofWanted): Record<string, string> {
  const asking = howSureOf(ways, wanted);
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
