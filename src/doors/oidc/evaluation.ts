import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { NO_REQUEST } from '../../core/assurance.ts';
import type { Evaluation, Wants } from '../../core/sign-in.ts';
import { grantKey } from './adapter.ts';
import { readAhead } from './in-hand.ts';
import { ACR_ESSENTIAL, isSet, MAX_AGE_ZERO } from './own-parameters.ts';
import type { OidcPorts } from './ports.ts';
import type { Session } from './session-model.ts';
import { boundsWith } from './session-record.ts';
import { reachOf, sightOf } from './session-sight.ts';
import { lifeLeft, sessionKey } from './sessions.ts';

/** What each authorization request came out as, while it is being handled. */
const pending = new WeakMap<object, Promise<Evaluation>>();
const known = new WeakMap<object, Evaluation>();

interface AcrRequest {
  essential?: boolean;
  value?: unknown;
  values?: unknown;
}

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

/** Parameters of an authorization request, as oidc-provider keeps them. */
export type AuthorizationParams = Readonly<Record<string, unknown>>;

/**
 * What the application asks for: `acr_values`, the `acr` of the claims parameter, `max_age`, `prompt`
 * (OpenID Connect Core sections 3.1.2.1 and 5.5.1.1; RFC 9470 section 4).
 */
export function wantsOf(params: AuthorizationParams): Wants {
  const claims = typeof params.claims === 'string' ? JSON.parse(params.claims) : {};
  const acr: AcrRequest = claims.id_token?.acr ?? {};
  const named = typeof acr.value === 'string' ? [acr.value] : strings(acr.values);
  const voluntary = typeof params.acr_values === 'string' ? params.acr_values.split(' ') : [];
  const maxAge = isSet(params, MAX_AGE_ZERO) ? 0 : ageOf(params.max_age);
  return {
    acrValues: named.length > 0 ? named : voluntary,
    acrEssential: (acr.essential === true && named.length > 0) || isSet(params, ACR_ESSENTIAL),
    ...(maxAge === undefined ? {} : { maxAge }),
    reauthenticate: typeof params.prompt === 'string' && params.prompt.split(' ').includes('login'),
  };
}

function ageOf(seconds: unknown): number | undefined {
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/**
 * Evaluates the authorization request behind a context, once: policy, this session's evidence and what
 * the application asks for. On resume, what the sign-in collected moves to the session first.
 */
export function evaluationOf(ports: OidcPorts, ctx: KoaContextWithOIDC): Promise<Evaluation> {
  const running = pending.get(ctx.oidc);
  if (running) return running;
  const started = evaluate(ports, ctx);
  pending.set(ctx.oidc, started);
  return started;
}

async function evaluate(ports: OidcPorts, ctx: KoaContextWithOIDC): Promise<Evaluation> {
  const { client, params, entities } = ctx.oidc;
  const session = ctx.oidc.session as Session | undefined;
  const interaction = entities.Interaction;
  if (session?.accountId && interaction && ctx.oidc.result?.login) await adopt(ports, session, interaction.uid, ctx);
  const grant = ctx.oidc.result?.consent?.grantId ?? session?.authorizations?.[String(client?.clientId)]?.grantId;
  // Asked for once the request is satisfied: it comes with what decides that.
  if (session?.accountId && grant) readAhead(grantKey(grant), ports.ephemeral.get);
  const result = await ports.evaluate({
    application: String(client?.clientId),
    ...(session?.accountId ? { account: session.accountId, sight: sightOf(session) } : {}),
    request: interaction?.cid ?? NO_REQUEST,
    wants: wantsOf(params ?? {}),
    browser: ports.browser(ctx.res),
    within: ctx,
  });
  if (session?.opened && result.missing === 'first' && (await hasEnded(ports, session))) leaveBehind(ctx);
  known.set(ctx.oidc, result);
  if (session && result.proofs.some(({ said }) => said !== undefined))
    session.authTime = () => secondsOf(result.authTime);
  return result;
}

/** Whether the session has ended since it was read: to look at somebody may be to find them gone. */
const hasEnded = async ({ ephemeral }: OidcPorts, { uid }: Session): Promise<boolean> =>
  (await ephemeral.get(sessionKey(uid))) === undefined;

/** From here on the request is one of nobody's: a sign-in that began in a session that has ended could not come back. */
function leaveBehind({ oidc }: KoaContextWithOIDC): void {
  const session = new oidc.provider.Session();
  Object.assign(oidc, { session });
  oidc.entity('Session', session);
  for (const name of ['Account', 'Grant'] as const) delete oidc.entities[name];
}

/** What another house was shown has a time of its own, or none: the session's is when it came here. */
const secondsOf = (milliseconds: number | undefined) =>
  milliseconds === undefined ? undefined : Math.floor(milliseconds / 1000);

/** First the new cookie value, then what it may see: of two tabs that come back at once, the later adds nothing for others. */
async function adopt(ports: OidcPorts, session: Session, signIn: string, within: object): Promise<void> {
  if (session.opened) {
    await session.save(lifeLeft(ports, session).idle);
    // It is still to be set in the answer.
    session.touched = true;
  }
  const proofs = await ports.adopt(signIn, reachOf(session), ports.sessions.lifetime, within);
  session.bounds = boundsWith(session.bounds, proofs);
}

/** When what this request was given ends, where it rests on a lent pass: epoch milliseconds. */
export function endOf(ctx: KoaContextWithOIDC | undefined): number | undefined {
  return ctx && known.get(ctx.oidc)?.expires;
}

/**
 * `acr` and `amr` are this request's, from its evidence. oidc-provider would send the session's last
 * value, and one application's step-up would make another's ID token say mfa.
 */
export function overrideContext(provider: Provider): void {
  // The published types lack this getter of the provider's.
  const context = (provider as unknown as { OIDCContext: { prototype: object } }).OIDCContext;
  Object.defineProperty(context.prototype, 'acr', {
    get(this: object) {
      return known.get(this)?.acr;
    },
  });
  Object.defineProperty(context.prototype, 'amr', {
    get(this: object) {
      return known.get(this)?.amr;
    },
  });
}
