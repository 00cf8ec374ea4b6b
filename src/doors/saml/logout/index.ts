import express, { type Request, type Response, type Router } from 'express';
import type { Door } from '../../../core/door.ts';
import { type Inbound, SamlFault } from '../../../saml/index.ts';
import { type Asking, asking, createAnswers } from './answers.ts';
import { type Left, signOut } from './back-channel.ts';
import { createFrontChannel } from './front-channel.ts';
import { over } from './over.ts';
import type { LogoutDeps } from './ports.ts';
import { createWalks } from './walks.ts';

export type { LogoutDeps };

export interface Logout extends Required<Pick<Door, 'signOut' | 'signOutByBrowser'>> {
  /** `paths.slo` and all below `paths.logout`. Passes on SamlFault of a LogoutRequest that the gate refuses. */
  router: Router;
}

/** A request that came by POST waits for our own GET and no longer. Milliseconds. */
const HANDOVER = 60_000;
/** Bytes of a form: MAX_XML in base64, percent-encoded, and RelayState. */
const LONGEST = 160 * 1024;
const KIND = 'logout-post';

/** Single logout (saml-profiles section 4.4): begun by a service provider, or by whatever else ends a session. */
export function createLogout(deps: LogoutDeps): Logout {
  const { ports, gate, paths } = deps;
  const walks = createWalks(ports);
  const front = createFrontChannel(deps, walks);
  const answers = createAnswers(deps, walks);
  const endpoint = `${ports.issuer}${paths.slo}`;

  /** A LogoutRequest, or undefined for a response: that is noted. */
  async function receive(res: Response, raw: Pick<Inbound, 'binding' | 'query' | 'body'>): Promise<Asking | undefined> {
    const by = { browser: ports.browser(res) };
    const { message, party } = await gate.receive({ ...raw, kinds: ['LogoutRequest', 'LogoutResponse'], endpoint, by });
    if (message.kind === 'LogoutRequest') return asking(party, message);
    if (message.kind === 'LogoutResponse') await front.answered(message);
    return undefined;
  }

  /** Back to the walk, also where the answer was worth nothing: whoever sent it would hold the person up otherwise. */
  async function received(res: Response, raw: Pick<Inbound, 'binding' | 'query' | 'body'>) {
    try {
      const request = await receive(res, raw);
      if (request === undefined) res.redirect(303, paths.logout);
      return request;
    } catch (err) {
      if (!(err instanceof SamlFault) || !isResponse(raw.query ?? raw.body ?? '')) throw err;
      ports.log.warn({ err, fault: err.fault, reference: ports.browser(res).reference }, 'LogoutResponse refused');
      res.redirect(303, paths.logout);
      return undefined;
    }
  }

  const router = express.Router();

  router.get(paths.slo, async (req, res) => {
    // As it was sent: the signature is over these octets.
    const [, query = ''] = /\?(.*)$/s.exec(req.originalUrl) ?? [];
    const request = await received(res, { binding: 'redirect', query });
    if (request) await answers.handle(req, res, request);
  });

  // From another site the session's Lax cookie doesn't come along: it returns with our own GET.
  router.post(paths.slo, ...ports.form(LONGEST), async (req: Request, res) => {
    const request = await received(res, { binding: 'post', body: typeof req.body === 'string' ? req.body : '' });
    if (request === undefined) return;
    const id = await ports.deposits.put({ req, res }, KIND, JSON.stringify(request), HANDOVER);
    res.redirect(303, `${paths.logout}/request?${new URLSearchParams({ id })}`);
  });

  router.get(`${paths.logout}/request`, async (req, res) => {
    const request = await ports.deposits.take({ req, res }, KIND, req.query.id);
    if (request === undefined) return over(ports, res);
    await answers.handle(req, res, JSON.parse(request) as Asking);
  });

  router.use(front.router, answers.router);

  return {
    router,
    signOut: (ended): Promise<Left> => signOut(deps, ended),
    signOutByBrowser: front.begin,
  };
}

/** By what was sent, not by what it says: only where the browser goes on depends on it. */
const isResponse = (raw: string): boolean => /(?:^|&)SAMLResponse=/.test(raw);
