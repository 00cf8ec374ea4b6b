import express, { type Request, type Response, type Router } from 'express';
import type { DoorPorts } from '../../../core/door.ts';
import { type Gate, STATUSES, type Status } from '../../../saml/index.ts';
import type { Parties } from '../metadata/registry.ts';
import type { Party } from '../party.ts';
import type { Answers } from './answers.ts';
import type { Asked } from './asked.ts';
import { expired } from './expired.ts';
import type { PendingRequests } from './pending.ts';
import { createReplies } from './replies.ts';
import { createRequests, pendingOf } from './requests.ts';
import { standing } from './standing.ts';

export interface SignOnDeps {
  ports: DoorPorts;
  gate: Gate<Party>;
  parties: Parties;
  answers: Answers;
  pending: PendingRequests;
  /** Addresses of this door, as paths. */
  paths: { sso: string; resume: string; start: string; continue: string };
}

/** What the core answers where nobody was signed in, in SAML's words. */
const REFUSALS: ReadonlyMap<string, Status> = new Map<string, Status>([
  ['access_denied', STATUSES.requestDenied],
  ['unmet_authentication_requirements', STATUSES.noAuthnContext],
]);

/** Bytes of a form: MAX_XML in base64, percent-encoded, and RelayState. */
const LONGEST = 160 * 1024;

/**
 * Web browser single sign-on (saml-profiles section 4.1): an AuthnRequest becomes an authorization request of its
 * application, so that sign-in, policy and step-up exist once. A session that satisfies policy is answered at once.
 */
export function createSignOn({ ports, gate, parties, answers, pending, paths }: SignOnDeps): Router {
  const endpoint = `${ports.issuer}${paths.sso}`;
  const { receive, waiting, started } = createRequests({ ports, gate, parties, answers, endpoint });
  const { succeed, refuse } = createReplies(ports, answers);

  /** Answers at once where that can be done without a word to the person; else sends them to sign in. */
  async function answer(req: Request, res: Response, asked: Asked): Promise<void> {
    if (asked.impossible) return refuse(res, asked, asked.impossible);
    const found = await standing(ports, { req, res }, asked);
    if (found.kind === 'satisfied') return succeed(req, res, asked, found.evaluation);
    if (asked.request?.isPassive) {
      return refuse(res, asked, found.kind === 'refuse' ? found.status : STATUSES.noPassive);
    }
    const { application, wants, loginHint, houseHints } = asked;
    const id = await pending.put({ req, res }, pendingOf(asked));
    const hints = { ...(loginHint === undefined ? {} : { loginHint }), ...(houseHints ? { houseHints } : {}) };
    const options = { returnTo: id, wants, ...hints };
    res.redirect(303, ports.core.begin(application.id, options));
  }

  const router = express.Router();

  router.get(paths.sso, async (req, res) => {
    const query = req.originalUrl.slice(req.originalUrl.indexOf('?') + 1);
    await answer(req, res, await receive(req, res, { query }));
  });

  // From another site the session's Lax cookie doesn't come along: it returns with our own GET.
  router.post(paths.sso, ...ports.form(LONGEST), async (req, res) => {
    const asked = await receive(req, res, { body: typeof req.body === 'string' ? req.body : '' });
    if ((await ports.core.session(req, res)) !== undefined) return answer(req, res, asked);
    const id = await pending.handOver({ req, res }, pendingOf(asked));
    res.redirect(303, `${paths.continue}?${new URLSearchParams({ id })}`);
  });

  router.get(paths.continue, async (req, res) =>
    answer(req, res, await waiting({ req, res }, req.query.id, pending.takeOver)),
  );

  router.get(paths.resume, async (req, res) => {
    const { state, error } = req.query;
    const asked = await waiting({ req, res }, state, pending.take);
    // The error comes through the browser; whoever makes one up only sends themselves away.
    if (typeof error === 'string') return refuse(res, asked, REFUSALS.get(error) ?? STATUSES.authnFailed);
    const ended = await ports.core.ended(String(state));
    const session = await ports.core.session(req, res);
    if (ended?.application !== asked.application.id || session?.session !== ended.session)
      throw expired('not ended here');
    const found = await standing(ports, { req, res }, asked, ended.request);
    if (found.kind === 'refuse') return refuse(res, asked, found.status);
    // The address of the core's request was the browser's to edit: what the provider asked for is looked at again.
    const fresh = found.kind === 'satisfied' && (found.evaluation.authTime ?? 0) >= asked.since;
    if (found.kind === 'ask' || (asked.request?.forceAuthn && !fresh)) return refuse(res, asked, STATUSES.authnFailed);
    return succeed(req, res, asked, found.evaluation);
  });

  router.get(paths.start, async (req, res) => answer(req, res, await started(req, res)));

  return router;
}
