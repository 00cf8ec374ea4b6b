import { Router, urlencoded } from 'express';
import { buildEndSessionUrl, fetchUserInfo, ResponseBodyError, randomState } from 'openid-client';
import { Begun } from '../shared/begun.ts';
import { ApplicationError } from '../shared/error.ts';
import { signedOutPage } from '../shared/pages.ts';
import type { DemoApplication } from './application.ts';
import type { Clients } from './client.ts';
import type { LogoutTokens } from './logout-token.ts';
import { signedInPage } from './pages.ts';
import { isNamed, type Pending, type Session, type Sessions, type SignedIn } from './sessions.ts';
import { authorizationRequest, completed, refreshed } from './sign-in.ts';

export interface RouteOptions {
  /** The relying party's own address. */
  url: string;
  application: DemoApplication;
  clients: Clients;
  sessions: Sessions;
  logoutTokens: LogoutTokens;
}

/** One application, below `/<id>`. */
export function applicationRoutes({ url, application, clients, sessions, logoutTokens }: RouteOptions): Router {
  const { id } = application;
  const home = `${url}/${id}`;
  const begun = new Begun<Pending>();
  const router = Router();

  router.use((_req, res, next) => {
    res.set('cache-control', 'no-store');
    next();
  });

  router.get('/', (req, res) => {
    const signedIn = sessions.find(req, id)?.signedIn;
    res.send(signedIn ? signedInPage(application, signedIn) : signedOutPage(application));
  });

  router.get('/session.json', (req, res) => {
    const signedIn = sessions.find(req, id)?.signedIn;
    if (!signedIn) return void res.status(401).json({ error: 'not signed in' });
    const { claims, scope, accessTokenExpires, refreshToken } = signedIn;
    res.json({ claims, scope, accessTokenExpires, refreshToken: refreshToken !== undefined });
  });

  router.get('/login', async (req, res) => {
    const config = await clients(application);
    const request = await authorizationRequest(config, application, `${home}/callback`, req.query);
    begun.put(res, `/${id}`, request.state, request.pending);
    res.redirect(303, request.url.href);
  });

  router.get('/callback', async (req, res) => {
    const state = String(req.query.state);
    const pending = begun.take(req, res, `/${id}`, state);
    if (!pending) throw new ApplicationError(400, 'unknown_state', "this sign-in wasn't begun in this browser");
    const answer = new URL(req.originalUrl, url);
    const signedIn = await completed(await clients(application), answer, state, pending);
    sessions.begin(res, id, sessions.find(req, id), signedIn);
    res.redirect(303, home);
  });

  router.post('/refresh', async (req, res) => {
    const session = signedInSession(sessions.find(req, id));
    try {
      session.signedIn = await refreshed(await clients(application), session.signedIn);
    } catch (error) {
      // The grant is gone: so is what it stood for.
      if (error instanceof ResponseBodyError && error.error === 'invalid_grant') sessions.begin(res, id, session);
      throw error;
    }
    res.redirect(303, home);
  });

  router.post('/userinfo', async (req, res) => {
    const { signedIn } = signedInSession(sessions.find(req, id));
    const config = await clients(application);
    const userinfo = await fetchUserInfo(config, signedIn.accessToken, signedIn.claims.sub);
    res.send(signedInPage(application, signedIn, userinfo));
  });

  router.post('/logout', async (req, res) => {
    const before = sessions.find(req, id);
    if (!before?.signedIn) return res.redirect(303, home);
    const session = sessions.begin(res, id, before);
    session.signingOut = randomState();
    const config = await clients(application);
    if (!config.serverMetadata().end_session_endpoint) return res.redirect(303, `${home}/signed-out`);
    const target = buildEndSessionUrl(config, {
      id_token_hint: before.signedIn.idToken,
      post_logout_redirect_uri: `${home}/signed-out`,
      state: session.signingOut,
    });
    res.redirect(303, target.href);
  });

  router.get('/signed-out', (req, res) => {
    const session = sessions.find(req, id);
    const { state } = req.query;
    if (session?.signedIn) return res.redirect(303, home);
    if (state !== undefined && state !== session?.signingOut) {
      throw new ApplicationError(400, 'unknown_state', "this sign-out wasn't begun in this browser");
    }
    delete session?.signingOut;
    res.send(signedOutPage(application, 'You are signed out.'));
  });

  router.post('/backchannel-logout', urlencoded({ extended: false, limit: '32kb' }), async (req, res) => {
    const subject = await logoutTokens(await clients(application), req.body?.logout_token);
    sessions.end(id, (signedIn) => isNamed(signedIn, subject));
    res.status(200).end();
  });

  return router;
}

function signedInSession(session: Session | undefined): Session & { signedIn: SignedIn } {
  if (!session?.signedIn) throw new ApplicationError(401, 'login_required', 'you are not signed in here');
  return Object.assign(session, { signedIn: session.signedIn });
}
