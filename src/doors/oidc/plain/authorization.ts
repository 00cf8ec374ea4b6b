import { randomBytes } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { AdapterPayload, Client } from 'oidc-provider';
import { NO_REQUEST } from '../../../core/assurance.ts';
import { escapedHtml } from '../../../core/html.ts';
import { parametersOf } from '../../../core/parameters.ts';
import { nameRoute } from '../../../core/route-name.ts';
import type { Evaluation } from '../../../core/sign-in.ts';
import { ArtifactAdapter } from '../adapter.ts';
import type { OidcApplication } from '../application.ts';
import { SCOPES } from '../claims.ts';
import { endsLike } from '../grants.ts';
import { restOn } from '../resting.ts';
import { ROUTES } from '../routes.ts';
import { sightOf } from '../session-sight.ts';
import { type SessionAdapter, seconds } from '../sessions.ts';
import { type PlainGrant, type PlainParts, type PlainToken, plainClient, restsOn } from './records.ts';
import { isText, type PlainSession, plainSession } from './session.ts';
import { plainSettings } from './settings.ts';

/** What nearly every request brings, and nothing besides. */
const PARAMETERS: ReadonlySet<string> = new Set([
  ...['client_id', 'response_type', 'scope', 'redirect_uri', 'state', 'nonce'],
  ...['code_challenge', 'code_challenge_method'],
]);
/** RFC 7636 section 4.2; of S256 it has this length. */
const CHALLENGE = /^[\w-]{43}$/;
/** An address that is written into another one as it stands. */
const ADDRESS = /^https?:\/\/[\w.~:/?&=%-]+$/;
/** Seconds, as `ttl` has it. */
const CODE_LIFETIME = 60;

const NO_WANTS = { acrValues: [], acrEssential: false, reauthenticate: false };

interface Wanted {
  client: Client;
  settings: OidcApplication;
  redirectUri: string;
  scopes: readonly string[];
  challenge: string;
  state: string | undefined;
  nonce: string | undefined;
}

/** A session that is known to an application. */
interface Known extends PlainSession {
  grantId: string;
  sid: string;
}

/** The parameters, each of which says something and comes once. */
function readQuery(url: string): ReadonlyMap<string, string> | undefined {
  const read = Object.entries(parametersOf(url.slice(url.indexOf('?') + 1)));
  const plain = read.every(([name, value]) => PARAMETERS.has(name) && typeof value === 'string' && value !== '');
  return plain ? new Map(read as [string, string][]) : undefined;
}

function scopesOf(asked: string, client: Client): string[] | undefined {
  const scopes = asked.split(' ');
  const allowed = client.scope?.split(' ') ?? SCOPES;
  const fit = (scope: string, at: number) =>
    SCOPES.includes(scope) && allowed.includes(scope) && scope !== 'offline_access' && scopes.indexOf(scope) === at;
  return scopes.includes('openid') && scopes.every(fit) ? scopes : undefined;
}

async function wantedBy(parts: PlainParts, url: string): Promise<Wanted | undefined> {
  const asked = readQuery(url);
  const [id = '', redirectUri = '', challenge = ''] = ['client_id', 'redirect_uri', 'code_challenge'].map((name) =>
    asked?.get(name),
  );
  if (asked?.get('response_type') !== 'code' || asked.get('code_challenge_method') !== 'S256') return undefined;
  const settings = plainSettings(parts.ports.applications.get(id));
  if (settings === undefined || !CHALLENGE.test(challenge) || !ADDRESS.test(redirectUri)) return undefined;
  const client = await plainClient(parts, id);
  if (!client?.redirectUris?.includes(redirectUri) || !client.responseTypes?.includes('code')) return undefined;
  const scopes = scopesOf(asked.get('scope') ?? '', client);
  const [state, nonce] = [asked.get('state'), asked.get('nonce')];
  return scopes && { client, settings, redirectUri, scopes, challenge, state, nonce };
}

/**
 * Answers what a visit with a session asks, where session, evidence and grant are there and nothing of them changes: the
 * code is all that is written. Whoever has to be asked, told or refused anything is oidc-provider's.
 */
export function plainAuthorization(parts: PlainParts, sessions: SessionAdapter): RequestHandler {
  const { ports } = parts;
  const codes = new ArtifactAdapter(ports, 'AuthorizationCode');
  const secure = ports.issuer.startsWith('https:') ? ' secure;' : '';

  async function knownBy(header: string, { client, settings }: Wanted): Promise<Known | undefined> {
    const found = await plainSession(parts, sessions, header);
    if (found === undefined) return undefined;
    const { grantId, sid, persistsLogout } =
      new Map(Object.entries(found.session.authorizations ?? {})).get(client.clientId) ?? {};
    if (!isText(grantId) || !isText(sid) || (settings.reauthenticate !== undefined && !persistsLogout))
      return undefined;
    return { ...found, grantId, sid };
  }

  const isSatisfied = ({ account, satisfied, impossible, unreachable, missing, expires, proofs }: Evaluation) =>
    account !== undefined &&
    satisfied &&
    !impossible &&
    !unreachable &&
    missing === undefined &&
    expires === undefined &&
    proofs.every(({ said }) => said === undefined);

  /** Whether nothing would be added to the grant. */
  function continues(grant: PlainGrant, { scopes }: Wanted, { account, proofs }: Evaluation): boolean {
    const given = grant.openid?.scope?.split(' ') ?? [];
    const own = grant as unknown as Parameters<typeof restOn>[0]; // the record, of which both only read and compare
    if (grant.generation === undefined || grant.generation !== account?.generation) return false;
    if (Object.keys(grant.rejected ?? {}).length > 0 || !scopes.every((scope) => given.includes(scope))) return false;
    return endsLike(own, undefined, ports) && !restOn(own, proofs);
  }

  async function issue(wanted: Wanted, known: Known, grant: PlainGrant, { acr, amr }: Evaluation): Promise<string> {
    const { client, settings, scopes } = wanted;
    const { accountId, uid, loginTs } = known.session;
    const code = randomBytes(32).toString('base64url');
    const iat = seconds(ports.now());
    const payload: AdapterPayload = {
      ...{ iat, exp: iat + CODE_LIFETIME, jti: code, kind: 'AuthorizationCode', clientId: client.clientId, accountId },
      ...{ grantId: known.grantId, sessionUid: uid, redirectUri: wanted.redirectUri },
      ...{ codeChallenge: wanted.challenge, codeChallengeMethod: 'S256' },
      // In the grant's order.
      scope: grant.openid?.scope
        ?.split(' ')
        .filter((scope) => scopes.includes(scope))
        .join(' '),
      ...(acr === undefined ? {} : { acr }),
      ...(amr === undefined ? {} : { amr: [...amr] }),
      ...(loginTs === undefined ? {} : { authTime: loginTs }),
      ...(wanted.nonce === undefined ? {} : { nonce: wanted.nonce }),
      ...(settings.reauthenticate === undefined ? { expiresWithSession: true } : {}),
      // The published types lack `includeSid`.
      ...((client as unknown as { includeSid(): unknown }).includeSid() ? { sid: known.sid } : {}),
    };
    await codes.upsert(code, payload, CODE_LIFETIME);
    return code;
  }

  function answer(res: Response, { redirectUri, state }: Wanted, { cookie }: Known, code: string): void {
    const url = new URL(redirectUri);
    const said = { code, ...(state === undefined ? {} : { state }), iss: ports.issuer };
    for (const [name, value] of Object.entries(said)) url.searchParams.set(name, value);
    const body = `Redirecting to ${escapedHtml(url.href)}.`;
    const session = `${parts.provider().cookieName('session')}=${cookie}`;
    nameRoute(res, ROUTES.authorization);
    res.statusCode = 303;
    res.setHeader('location', url.href);
    res.setHeader('content-type', 'text/html; charset=utf-8');
    res.setHeader('content-length', Buffer.byteLength(body));
    // Beside what was set for a remembered device.
    res.appendHeader('set-cookie', `${session}; path=/; samesite=lax;${secure} httponly`);
    res.end(body);
  }

  async function visit(req: Request, res: Response): Promise<boolean> {
    const wanted = await wantedBy(parts, req.url);
    const known = wanted && (await knownBy(req.headers.cookie ?? '', wanted));
    if (wanted === undefined || known === undefined) return false;
    const { clientId } = wanted.client;
    const { accountId: account } = known.session;
    const hanging = { grantId: known.grantId, clientId, accountId: account } as PlainToken;
    const [evaluation, grant] = await Promise.all([
      ports.evaluate({
        ...{ application: clientId, account, sight: sightOf(known.session), request: NO_REQUEST, wants: NO_WANTS },
        ...{ browser: ports.browser(res), within: req },
      }),
      restsOn(ports, hanging),
    ]);
    if (grant === undefined || !isSatisfied(evaluation) || evaluation.account?.id !== account) return false;
    if (!continues(grant, wanted, evaluation)) return false;
    answer(res, wanted, known, await issue(wanted, known, grant, evaluation));
    return true;
  }

  return async (req, res, next) => {
    const { accept = 'text/html' } = req.headers;
    const asked = req.method === 'GET' && req.path === ROUTES.authorization && /text\/html|^\*\/\*$/.test(accept);
    if (!asked || !(await visit(req, res))) next();
  };
}
