import { errors, type Provider, type TokenEndpointGrantContext } from 'oidc-provider';
import type { OidcSettings } from './application.ts';
import { bind } from './binding.ts';
import type { OidcPorts } from './ports.ts';
import { endWith, generationOf, newGrant, proofsOf, restOn } from './resting.ts';

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

interface Params {
  subject_token?: string;
  subject_token_type?: string;
  requested_token_type?: string;
  audience?: string;
  actor_token?: string;
}

type Subject = InstanceType<Provider['AccessToken']> & { extra?: Record<string, unknown> };
type Ctx = TokenEndpointGrantContext<Params>;

/** What the token that comes of it says besides: `act` names who acts for the person (RFC 8693 section 4.1). */
export interface Exchanged {
  acr?: unknown;
  amr?: unknown;
  auth_time?: unknown;
  act: Actor;
}

/** Whoever acts, and within it who acted before. */
interface Actor {
  sub: string;
  act?: Actor;
}

/**
 * Token exchange (RFC 8693) within the gateway: a resource that was called with a token of a person's calls another
 * resource for the same person. It only narrows: of the scopes what the first token had, of its life what is left,
 * and never more than the application might have of that resource anyway.
 */
export function serveExchange(provider: Provider, settings: Pick<OidcSettings, 'resources'>, ports: OidcPorts): void {
  const { resources } = settings;

  /** A token that this application was called with: of its own resource, and bound to nobody else's key. */
  async function subjectOf({ oidc: { params, client } }: Ctx): Promise<Subject> {
    const refused = () => new errors.InvalidRequest('subject_token cannot be exchanged');
    if (params.subject_token_type !== ACCESS_TOKEN || typeof params.subject_token !== 'string') throw refused();
    const found = (await provider.AccessToken.find(params.subject_token)) as Subject | undefined;
    const aud = String(found?.aud);
    const calls = Object.hasOwn(resources, aud) && resources[aud]?.introspectedBy.includes(client.clientId);
    // Whoever holds a bound one proves nothing by it: its key is another one's.
    if (!found?.isValid || !calls || found.isSenderConstrained() || !found.accountId) throw refused();
    return found;
  }

  /** Whether what it rests on still holds, and would be enough for this application by the policy of now. */
  async function grantOf({ oidc: { client } }: Ctx, subject: Subject) {
    const grant = await provider.Grant.find(String(subject.grantId));
    const person = await ports.account(subject.accountId);
    const holds = grant !== undefined && grant.clientId === subject.clientId && grant.accountId === subject.accountId;
    if (!holds || person === undefined) throw new errors.InvalidGrant('the subject is no longer valid');
    const asked = { account: subject.accountId, proofs: proofsOf(grant), generation: generationOf(grant) };
    const acr = subject.extra?.acr;
    const issuedAt = subject.iat * 1000;
    const told = { ...asked, issuedAt, ...(typeof acr === 'string' ? { acr } : {}) };
    const there = await ports.stillAllowed({ ...told, application: String(subject.clientId), kind: 'use' });
    const here = await ports.stillAllowed({ ...told, application: client.clientId, kind: 'issue' });
    if (!there || !here) throw new errors.InvalidGrant('policy does not allow it any more');
    // Of its own, so that it is this application's; in the generation of the first, and resting on the same.
    const own = newGrant(provider, client.clientId, {
      id: person.id,
      generation: generationOf(grant) ?? person.generation,
    });
    restOn(own, proofsOf(grant));
    endWith(own, String(subject.grantId));
    return own;
  }

  function scopesOf({ oidc: { params } }: Ctx, subject: Subject, given: ReadonlySet<string>): string[] {
    const asked = params.scope?.split(' ') ?? [...subject.scopes];
    const narrow = asked.filter((scope) => subject.scopes.has(scope) && given.has(scope));
    if (narrow.length === 0 || (params.scope !== undefined && narrow.length < asked.length))
      throw new errors.InvalidScope('only scopes that the subject has', params.scope ?? '');
    return narrow;
  }

  async function exchange(ctx: Ctx): Promise<void> {
    const { params, client } = ctx.oidc;
    if (params.actor_token !== undefined || params.audience !== undefined)
      throw new errors.InvalidRequest('actor_token and audience are not supported: name a resource');
    if (params.requested_token_type !== undefined && params.requested_token_type !== ACCESS_TOKEN)
      throw new errors.InvalidRequest('only access tokens are given');
    if (typeof params.resource !== 'string') throw new errors.InvalidTarget('one resource must be named');
    const subject = await subjectOf(ctx);
    const target = Object.hasOwn(resources, params.resource) ? resources[params.resource] : undefined;
    if (target === undefined || !target.applications.includes(client.clientId)) throw new errors.InvalidTarget();
    const scopes = scopesOf(ctx, subject, new Set(target.scopes));
    const grant = await grantOf(ctx, subject);
    grant.addResourceScope(params.resource, scopes.join(' '));
    const left = (subject.exp ?? 0) - Math.floor(ports.now() / 1000);
    const expiresIn = Math.max(1, Math.min(left, Math.floor(target.lifetime / 1000)));
    // It is worth nothing longer than its token, and needn't be kept.
    Object.assign(grant, { expiresIn });
    const { acr, amr, auth_time, act } = (subject.extra ?? {}) as Partial<Exchanged>;
    const actor: Actor = { sub: client.clientId, ...(act ? { act } : {}) };
    ctx.state.exchanged = { acr, amr, auth_time, act: actor } satisfies Exchanged;
    const info = {
      scope: target.scopes.join(' '),
      accessTokenTTL: expiresIn,
      accessTokenFormat: target.format,
    } as const;
    const signed = target.format === 'jwt' ? { jwt: { sign: { alg: target.algorithm } } } : {};
    const token = new provider.AccessToken({
      ...{ client, accountId: subject.accountId, grantId: await grant.save(), gty: 'token_exchange' },
      ...{ scope: scopes.join(' '), expiresIn },
      resourceServer: new provider.ResourceServer(params.resource, { ...info, ...signed } as never),
    } as never);
    await bind(provider, ports, ctx, token as never);
    const { accountId: account, clientId: from } = subject;
    const facts = { from, resource: params.resource, scope: scopes.join(' ') };
    await ports.audit.commit({ event: 'oidc.exchanged', account, application: client.clientId, ...facts });
    ctx.body = {
      ...{ access_token: await token.save(), issued_token_type: ACCESS_TOKEN, token_type: token.tokenType },
      ...{ expires_in: expiresIn, scope: scopes.join(' ') },
    };
  }

  const named = ['subject_token', 'subject_token_type', 'requested_token_type', 'audience', 'actor_token'];
  provider.registerGrantType<Params>(TOKEN_EXCHANGE, exchange, [...named, 'scope', 'resource'], ['resource']);
}
