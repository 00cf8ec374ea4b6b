import { type Request, type RequestHandler, type Response, Router, text, urlencoded } from 'express';
import { Begun } from '../shared/begun.ts';
import { ApplicationError } from '../shared/error.ts';
import { signedOutPage } from '../shared/pages.ts';
import type { Party } from './client.ts';
import type { IdentityProviders } from './identity-provider.ts';
import {
  finishedLogout,
  fromEnvelope,
  fromForm,
  fromQuery,
  type LogoutMessage,
  logoutEnvelope,
  logoutRequest,
  logoutResponse,
  type ReceivedLogout,
  receivedLogout,
} from './logout.ts';
import { postPage, shown, signedInPage } from './pages.ts';
import { type Asked, isMeant, Parking, type Sessions } from './sessions.ts';
import { authnRequest, type Incoming, inResponseTo, signedIn } from './sign-in.ts';

export interface RouteOptions {
  party: Party;
  idps: IdentityProviders;
  sessions: Sessions;
  metadata: string;
  /** Whether this assertion ID is new. */
  once(assertionId: string): boolean;
}

/** One application, below `/<id>`. */
export function applicationRoutes(options: RouteOptions): Router {
  const router = Router();
  router.use((_req, res, next) => {
    res.set('cache-control', 'no-store');
    next();
  });
  sessionRoutes(router, options);
  signInRoutes(router, options);
  logoutRoutes(router, options);
  return router;
}

function sessionRoutes(router: Router, { party: { application }, sessions, metadata }: RouteOptions): void {
  router.get('/', (req, res) => {
    const found = sessions.find(req, application.id)?.signedIn;
    res.send(found ? signedInPage(application, found) : signedOutPage(shown(application)));
  });

  router.get('/session.json', (req, res) => {
    const found = sessions.find(req, application.id)?.signedIn;
    if (!found) return void res.status(401).json({ error: 'not signed in' });
    res.json(found);
  });

  router.get('/metadata', (_req, res) => void res.type('application/samlmetadata+xml').send(metadata));
}

function signInRoutes(router: Router, { party, idps, sessions, once }: RouteOptions): void {
  const { application, endpoints } = party;
  const { id } = application;
  const begun = new Begun<Asked>();
  const answers = new Parking<Incoming>();

  router.get('/login', async (req, res) => {
    const { outgoing, asked } = await authnRequest(party, await idps.current(), req.query);
    begun.put(res, `/${id}`, asked.id, asked);
    if ('url' in outgoing) res.redirect(303, outgoing.url);
    else res.send(postPage(application, outgoing.action, outgoing.fields));
  });

  // Posted by another site, so our cookie stays at home: it comes along to the address that this leads to.
  router.post('/acs', form(), (req, res) => {
    const { SAMLResponse, RelayState } = (req.body ?? {}) as Record<string, unknown>;
    if (typeof SAMLResponse !== 'string') throw new ApplicationError(400, 'invalid_response', 'there is no response');
    const handle = answers.put({ SAMLResponse, ...(typeof RelayState === 'string' ? { RelayState } : {}) });
    res.redirect(303, `${endpoints.acs}?answer=${handle}`);
  });

  router.get('/acs', async (req, res) => {
    const incoming = answers.take(req.query.answer);
    if (!incoming) throw new ApplicationError(400, 'invalid_response', 'this answer was taken already');
    const answered = await inResponseTo(incoming);
    const asked = begun.take(req, res, `/${id}`, answered ?? '');
    // Without it the answer may be to another browser's request (login CSRF).
    if (!asked && (answered !== undefined || !application.unsolicited)) {
      throw new ApplicationError(400, 'unknown_request', "this sign-in wasn't begun in this browser");
    }
    sessions.begin(res, id, sessions.find(req, id), await signedIn(party, idps, incoming, asked, once));
    res.redirect(303, endpoints.home);
  });
}

function logoutRoutes(router: Router, { party, idps, sessions }: RouteOptions): void {
  const { application, endpoints } = party;
  const { id } = application;
  const answers = new Parking<LogoutMessage>();
  const end = ({ nameId, sessionIndexes }: ReceivedLogout) =>
    sessions.end(id, (signedIn) => isMeant(signedIn, nameId, sessionIndexes));

  async function requested(res: Response, incoming: LogoutMessage): Promise<void> {
    const request = await receivedLogout(party, idps, incoming, endpoints.slo);
    end(request);
    res.redirect(303, await logoutResponse(party, await idps.current(), request, incoming.relayState));
  }

  async function answered(req: Request, res: Response, incoming: LogoutMessage): Promise<void> {
    const session = sessions.find(req, id);
    const notice = await finishedLogout(party, idps, incoming, session?.signingOut);
    delete session?.signingOut;
    res.send(signedOutPage(shown(application), notice));
  }

  router.post('/logout', async (req, res) => {
    const before = sessions.find(req, id);
    if (!before?.signedIn) return res.redirect(303, endpoints.home);
    const session = sessions.begin(res, id, before);
    const idp = await idps.current();
    if (!idp.singleLogout) return void res.send(signedOutPage(shown(application), 'You are signed out here alone.'));
    const { url, ...sent } = await logoutRequest(party, idp, before.signedIn);
    session.signingOut = sent;
    res.redirect(303, url);
  });

  router.get('/slo', async (req, res) => {
    const parked = req.query.answer === undefined ? undefined : answers.take(req.query.answer);
    const incoming = parked ?? fromQuery(req.originalUrl);
    await (incoming.kind === 'LogoutRequest' ? requested(res, incoming) : answered(req, res, incoming));
  });

  router.post('/slo', form(), async (req, res) => {
    const incoming = fromForm(req.body);
    if (incoming.kind === 'LogoutRequest') return requested(res, incoming);
    // As at the ACS: the cookie comes along to the next address.
    res.redirect(303, `${endpoints.slo}?answer=${answers.put(incoming)}`);
  });

  if (!application.soap) return;
  router.post('/slo/soap', text({ type: 'text/xml', limit: '256kb' }), async (req, res) => {
    const request = await receivedLogout(party, idps, fromEnvelope(String(req.body)), endpoints.soap);
    end(request);
    res.type('text/xml').send(logoutEnvelope(party, await idps.current(), request));
  });
}

function form(): RequestHandler {
  return urlencoded({ extended: false, limit: '512kb' });
}
