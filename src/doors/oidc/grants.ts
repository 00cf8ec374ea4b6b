import type { Grant, KoaContextWithOIDC } from 'oidc-provider';
import type { Application } from '../../core/application.ts';
import type { ConsentRequest } from '../../core/sign-in.ts';
import { evaluationOf } from './evaluation.ts';
import type { OidcPorts } from './ports.ts';
import { generationOf, newGrant, restOn } from './resting.ts';
import { seconds } from './sessions.ts';

/** Seconds between the moments at which a grant's beginning and its end were read off the clock. */
const SLACK = 5;

/** What this request asks to be given. */
function requested(ctx: KoaContextWithOIDC, application: Application | undefined): ConsentRequest {
  const scopes = [...ctx.oidc.requestParamOIDCScopes];
  if (application?.released) return { scopes, claims: [...application.released], resources: {} };
  const resources: Record<string, string[]> = {};
  for (const [indicator, server] of Object.entries(ctx.oidc.resourceServers ?? {})) {
    resources[indicator] = [...ctx.oidc.requestParamScopes].filter((scope) => server.scopes.has(scope));
  }
  return { scopes, claims: [...ctx.oidc.requestParamClaims], resources };
}

/** Adds to a grant; true if that changed it. */
export function extend(grant: Grant, given: ConsentRequest): boolean {
  const before = JSON.stringify([grant.openid, grant.resources]);
  if (given.scopes.length > 0) grant.addOIDCScope(given.scopes.join(' '));
  if (given.claims.length > 0) grant.addOIDCClaims(given.claims);
  for (const [indicator, scopes] of Object.entries(given.resources)) {
    if (scopes.length > 0) grant.addResourceScope(indicator, scopes.join(' '));
  }
  return JSON.stringify([grant.openid, grant.resources]) !== before;
}

/**
 * The grant that this request continues: what consent just gave, else the session's, else a new one from
 * what the institution has decided or the person consented to before. Consent outlives grants.
 */
export async function loadExistingGrant(ports: OidcPorts, ctx: KoaContextWithOIDC): Promise<Grant | undefined> {
  const { session, client, provider, result, account } = ctx.oidc;
  if (!session || !client || !account) return undefined;
  const { satisfied, expires, proofs, account: person } = await evaluationOf(ports, ctx);
  if (!satisfied || person?.id !== account.accountId) return undefined;
  const application = await ports.applications.find(client.clientId);
  const id = result?.consent?.grantId ?? session.grantIdFor(client.clientId);
  const found = id ? await provider.Grant.find(id) : undefined;
  // Tokens hang on their grant: what rests on a lent pass has one of its own, which ends with the pass.
  const continues = found && generationOf(found) === person.generation && endsLike(found, expires, ports);
  const existing = continues && found.accountId === person.id ? found : undefined;
  const grant = existing ?? newGrant(provider, client.clientId, person);
  const rests = restOn(grant, proofs);

  if (application?.consent === 'ask') {
    const consent = await ports.durable.consents.get(account.accountId, application.id);
    if (consent === undefined && existing === undefined) return undefined;
    // What its door releases has grown: the person is asked about all of it again.
    if (application.released?.some((name) => !consent?.claims.includes(name))) return undefined;
    const more = consent !== undefined && extend(grant, within(consent, requested(ctx, application)));
    if (!more && existing === undefined) return undefined;
    if (more || rests) await grant.save();
    return grant;
  }
  if (extend(grant, requested(ctx, application)) || rests || existing === undefined) await grant.save();
  return grant;
}

/** Whether a grant ends as what it is to be continued for: with a pass, or with nothing but its own time. */
export function endsLike({ iat = 0, exp = 0 }: Grant, expires: number | undefined, { sessions }: OidcPorts): boolean {
  if (expires !== undefined) return exp * 1000 <= expires;
  return exp - iat >= seconds(sessions.lifetime) - SLACK;
}

/** Of what is asked now, what was consented to before. */
function within(consent: ConsentRequest, asked: ConsentRequest): ConsentRequest {
  const both = (a: readonly string[], b: readonly string[]) => a.filter((item) => b.includes(item));
  return {
    scopes: both(asked.scopes, consent.scopes),
    claims: both(asked.claims, consent.claims),
    resources: Object.fromEntries(
      Object.entries(asked.resources).map(([key, scopes]) => [key, both(scopes, consent.resources[key] ?? [])]),
    ),
  };
}

/** What was consented to before, and what is now. */
export function join(before: ConsentRequest | undefined, now: ConsentRequest): ConsentRequest {
  if (before === undefined) return now;
  const either = (a: readonly string[] = [], b: readonly string[] = []) => [...new Set([...a, ...b])];
  const indicators = either(Object.keys(before.resources), Object.keys(now.resources));
  return {
    scopes: either(before.scopes, now.scopes),
    claims: either(before.claims, now.claims),
    resources: Object.fromEntries(
      indicators.map((indicator) => [indicator, either(before.resources[indicator], now.resources[indicator])]),
    ),
  };
}
