import { createServer, type ServerResponse } from 'node:http';
import { type CryptoKey, decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Provider } from 'oidc-provider';
import { freePort } from './ports.ts';

/** Who signs in there next, and what is said of how. */
export interface AtUpstream {
  sub: string;
  /** Claims of the ID token beside: `acr`, `amr`, `auth_time` (seconds) are left out where they aren't named. */
  claims: Record<string, unknown>;
  /** In their place: what it says to what it is asked. */
  says?: (asked: URLSearchParams) => { claims: Record<string, unknown> } | { error: string };
  /** Signs in the place of its own. */
  key?: CryptoKey;
}

export interface Upstream {
  issuer: string;
  /** Settings of the directory that leads here. */
  directory: Record<string, unknown>;
  next: AtUpstream;
  /** Requests that arrived at its authorization endpoint. */
  asked: URLSearchParams[];
  /** Accounts that it has no more, and refresh tokens. */
  gone: Set<string>;
  /** HTTP statuses of its answers to refresh tokens. */
  refreshed: number[];
  /** In the place of all answers of its token endpoint; `hold`: the next request there hangs until that is done. */
  away: { status?: number; hold?: () => Promise<void> };
  /** Refresh tokens that it gave out. */
  issued: string[];
  /** Requests that arrived at its own sign-out. */
  signedOut: URLSearchParams[];
  /** A token of its own making. */
  sign(claims: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}

/** Seconds. */
const DAY = 86_400;

export const UPSTREAM_SECRET = 'upstream-secret-of-the-tests-0123456789';

/** Another house: a bare oidc-provider that asks nothing. `back`: where its one client is answered. */
export async function startUpstream(back: string | string[], host = '127.0.0.1'): Promise<Upstream> {
  const port = await freePort();
  const issuer = `http://${host}:${port}`;
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const asked: URLSearchParams[] = [];
  const signedOut: URLSearchParams[] = [];
  const [gone, refreshed] = [new Set<string>(), [] as number[]];
  const issued: string[] = [];
  const away: Upstream['away'] = {};
  const state: { next: AtUpstream } = { next: { sub: 'ada', claims: {} } };
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'sallyport',
        client_secret: UPSTREAM_SECRET,
        token_endpoint_auth_method: 'client_secret_basic',
        redirect_uris: [back].flat(),
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
    claims: {
      openid: ['sub', 'acr', 'amr', 'auth_time', 'acrs', 'tid', 'hd', 'groups'],
      profile: ['name', 'preferred_username'],
      email: ['email'],
    },
    conformIdTokenClaims: false,
    cookies: { keys: ['of the tests'] },
    features: { devInteractions: { enabled: false }, claimsParameter: { enabled: true } },
    findAccount: (ctx, id) =>
      gone.has(id) || gone.has(String(ctx.oidc.params?.refresh_token))
        ? undefined
        : { accountId: id, claims: () => ({ ...state.next.claims, sub: id }) },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: issuer }] },
    loadExistingGrant: async (ctx) => {
      const { client, session } = ctx.oidc;
      if (!client || !session?.accountId) return undefined;
      const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid profile email offline_access');
      await grant.save();
      return grant;
    },
    pkce: { required: () => true },
    // Each is good once: a second use takes back all that came of the sign-in.
    rotateRefreshToken: true,
    ttl: { AccessToken: 600, Grant: DAY, IdToken: 600, Interaction: 600, RefreshToken: DAY, Session: 600 },
  });
  // Its own getters are shared with the gateway's provider in this process: what tokens say is written in at the end.
  provider.use(async (ctx, following) => {
    const { hold } = away;
    if (ctx.path === '/token' && hold) {
      delete away.hold;
      await hold();
    }
    if (ctx.path === '/token' && away.status !== undefined) {
      refreshed.push(away.status);
      ctx.status = away.status;
      return;
    }
    await following();
    if (ctx.oidc?.params?.grant_type === 'refresh_token') refreshed.push(ctx.status);
    const body = ctx.body as { id_token?: string; refresh_token?: string } | undefined;
    if (ctx.path === '/token' && body?.refresh_token) issued.push(body.refresh_token);
    if (ctx.path !== '/token' || body?.id_token === undefined) return;
    const { acr: _acr, amr: _amr, auth_time: _time, ...own } = decodeJwt(body.id_token);
    const claims = { ...own, ...state.next.claims };
    body.id_token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: issuer })
      .sign(state.next.key ?? privateKey);
  });
  const answer = provider.callback();
  const server = createServer((req, res) => {
    const url = new URL(req.url ?? '/', issuer);
    if (url.pathname === '/auth') {
      asked.push(new URLSearchParams(url.searchParams));
      const says = state.next.says?.(url.searchParams);
      if (says && 'error' in says) return void sendBack(res, url.searchParams, { error: says.error, iss: issuer });
      if (says) state.next.claims = says.claims;
      // What it makes of these is said above.
      for (const name of says ? ['acr_values', 'claims', 'max_age', 'prompt'] : []) url.searchParams.delete(name);
      req.url = url.pathname + url.search;
    }
    if (url.pathname === '/session/end') signedOut.push(url.searchParams);
    if (!url.pathname.startsWith('/interaction/')) return void answer(req, res);
    void provider.interactionFinished(req, res, { login: { accountId: state.next.sub }, consent: {} });
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return Object.assign(state, {
    ...{ issuer, asked, signedOut, gone, refreshed, issued, away },
    sign: (claims: Record<string, unknown>) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: issuer }).sign(state.next.key ?? privateKey),
    directory: { type: 'oidc', name: 'Partner Hospital', issuer, clientId: 'sallyport', clientSecret: UPSTREAM_SECRET },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

function sendBack(res: ServerResponse, asked: URLSearchParams, answer: Record<string, string>): void {
  const address = new URL(asked.get('redirect_uri') ?? '');
  address.search = new URLSearchParams({ ...answer, state: asked.get('state') ?? '' }).toString();
  res.writeHead(303, { location: address.href }).end();
}

/** The link of a sign-in page that leads to a house. */
export function wayTo(body: string, directory: string): string {
  const all = [...body.matchAll(/href="([^"]*\/leave\?[^"]*)"/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'));
  const found = all.find((href) => href.endsWith(encodeURIComponent(`upstream:${directory}`)));
  if (found === undefined) throw new Error(`no way to ${directory}: ${all.join(', ')}`);
  return found;
}
