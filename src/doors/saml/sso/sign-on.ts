import express, { type Request, type Response, type Router } from 'express';
import type { Application } from '../../../core/application.ts';
import { NO_REQUEST, type RequestId } from '../../../core/assurance.ts';
import type { DoorPorts } from '../../../core/door.ts';
import { SallyportError } from '../../../core/errors.ts';
import type { Exchange } from '../../../core/exchange.ts';
import type { Evaluation } from '../../../core/sign-in.ts';
import {
  type AuthnRequest,
  checkedRelayState,
  type Gate,
  SamlFault,
  STATUSES,
  type Status,
} from '../../../saml/index.ts';
import { AbsentFault } from '../absent.ts';
import type { Parties } from '../metadata/registry.ts';
import type { Party } from '../party.ts';
import type { Answers, Asked } from './answers.ts';
import { assertionConsumerService } from './endpoint.ts';
import type { Pending, PendingRequests } from './pending.ts';

export interface SignOnDeps {
  ports: DoorPorts;
  gate: Gate<Party>;
  parties: Parties;
  answers: Answers;
  pending: PendingRequests;
  /** Addresses of this door, as paths. */
  paths: { sso: string; resume: string; start: string; continue: string };
}

/** How a request stands with what this browser's session holds. */
type Standing = { kind: 'satisfied'; evaluation: Evaluation } | { kind: 'ask' } | { kind: 'refuse'; status: Status };

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

  /** The request in full: who asks, where the answer goes, what it wants. */
  async function askedOf(party: Party, { request, relayState, since }: Omit<Pending, 'application'>): Promise<Asked> {
    const application = await ports.applications.find(party.application);
    if (application === undefined) throw new SamlFault('metadata', `no application ${party.application}`);
    const acs = assertionConsumerService(party.provider, request);
    return answers.asked({
      party,
      application,
      acs,
      since,
      ...(request && { request }),
      ...(relayState !== undefined && { relayState }),
    });
  }

  async function standing(
    req: Request,
    res: Response,
    asked: Asked,
    request: RequestId = NO_REQUEST,
  ): Promise<Standing> {
    const session = await ports.core().session(req, res);
    const evaluation = await ports.evaluate({
      application: asked.application.id,
      ...session,
      request,
      wants: asked.wants,
      browser: ports.browser(res),
    });
    if (evaluation.missing === 'denied') return { kind: 'refuse', status: STATUSES.requestDenied };
    if (evaluation.impossible || (evaluation.unreachable && evaluation.missing !== 'first')) {
      return { kind: 'refuse', status: STATUSES.noAuthnContext };
    }
    if (!evaluation.satisfied || !(await consented(asked.application, evaluation))) return { kind: 'ask' };
    return { kind: 'satisfied', evaluation };
  }

  async function consented({ id, consent, released = [] }: Application, { account }: Evaluation): Promise<boolean> {
    if (consent !== 'ask') return true;
    const given = account && (await ports.durable.consents.get(account.id, id));
    return given !== undefined && released.every((name) => given.claims.includes(name));
  }

  /** Answers at once where that can be done without a word to the person; else sends them to sign in. */
  async function answer(req: Request, res: Response, asked: Asked): Promise<void> {
    if (asked.impossible) return refuse(res, asked, asked.impossible);
    const found = await standing(req, res, asked);
    if (found.kind === 'satisfied') return succeed(req, res, asked, found.evaluation);
    if (asked.request?.isPassive) {
      return refuse(res, asked, found.kind === 'refuse' ? found.status : STATUSES.noPassive);
    }
    const { application, request, relayState, since, wants, loginHint } = asked;
    const id = await pending.put(
      { req, res },
      {
        application: application.id,
        since,
        ...(request && { request }),
        ...(relayState !== undefined && { relayState }),
      },
    );
    const options = { returnTo: id, wants, ...(loginHint === undefined ? {} : { loginHint }) };
    res.redirect(303, ports.core().begin(application.id, options));
  }

  async function succeed(req: Request, res: Response, asked: Asked, evaluation: Evaluation): Promise<void> {
    const joined = await ports.core().join(req, res, asked.application.id);
    const { account } = evaluation;
    if (joined === undefined || account === undefined || joined.account !== account.id)
      throw expired('another session');
    const answered = await answers.success(asked, { account, evaluation, joined });
    if (answered.kind === 'refused') return refuse(res, asked, answered.status);
    const { ip, userAgent, reference } = ports.browser(res);
    ports.audit.note({
      event: 'assertion.issued',
      account: account.id,
      application: asked.application.id,
      ...{ ip, userAgent, reference },
      ...answered.facts,
    });
    send(res, asked, answered.xml);
  }

  function refuse(res: Response, asked: Asked, status: Status): void {
    const { ip, userAgent, reference } = ports.browser(res);
    const reason = status.codes.at(-1) ?? '';
    ports.audit.note({
      event: 'assertion.refused',
      application: asked.application.id,
      ip,
      userAgent,
      reference,
      reason,
    });
    send(res, asked, answers.failure(asked, status));
  }

  /** HTTP-POST binding (saml-bindings section 3.5): a form that submits itself. */
  function send(res: Response, { acs, application, relayState }: Asked, xml: string): void {
    // Chromium follows `form-action` through redirects: whose hosts these lead to, the service provider alone knows.
    ports.render.allowFormAction(res, new URL(acs).protocol);
    // Across sites `same-origin` would send `Origin: null` with the form, and some applications refuse that.
    res.setHeader('referrer-policy', 'strict-origin');
    const inputs = [{ name: 'SAMLResponse', value: Buffer.from(xml).toString('base64') }];
    if (relayState !== undefined) inputs.push({ name: 'RelayState', value: relayState });
    res.type('html').send(ports.render.page(res, 'form-post', { action: acs, inputs, application: application.name }));
  }

  async function receive(req: Request, res: Response, sent: { query?: string; body?: string }): Promise<Asked> {
    const binding = sent.body === undefined ? 'redirect' : 'post';
    const { account } = (await ports.core().session(req, res)) ?? {};
    const by = { browser: ports.browser(res), account };
    const { message: request, party } = await gate.receive({ binding, kinds: ['AuthnRequest'], endpoint, by, ...sent });
    const { relayState } = request;
    const asked = await askedOf(party, {
      request: request as AuthnRequest,
      since: ports.now(),
      ...(relayState !== undefined && { relayState }),
    });
    ports.log.debug({ application: asked.application.id, reference: ports.browser(res).reference }, 'AuthnRequest');
    return asked;
  }

  /** The request that waited under this id, if this browser brought it. */
  async function waiting(exchange: Exchange, id: unknown, take: PendingRequests['take']): Promise<Asked> {
    const found = await take(exchange, id);
    if (found === undefined) throw expired('no request waits under this id');
    const party = await parties.ofApplication(found.application);
    if (party !== undefined) return askedOf(party, found);
    // Its metadata ended, or was withdrawn, while the person was under way.
    const absence = parties.absenceOf(found.application);
    throw absence ? new AbsentFault(absence) : expired(`nobody is ${found.application} any more`);
  }

  const router = express.Router();

  router.get(paths.sso, async (req, res) => {
    const query = req.originalUrl.slice(req.originalUrl.indexOf('?') + 1);
    await answer(req, res, await receive(req, res, { query }));
  });

  // From another site the session's Lax cookie doesn't come along: it returns with our own GET.
  router.post(paths.sso, ...ports.form(LONGEST), async (req, res) => {
    const asked = await receive(req, res, { body: typeof req.body === 'string' ? req.body : '' });
    if ((await ports.core().session(req, res)) !== undefined) return answer(req, res, asked);
    const { application, request, relayState, since } = asked;
    const kept = { application: application.id, since, ...(request && { request }) };
    const id = await pending.handOver({ req, res }, { ...kept, ...(relayState !== undefined && { relayState }) });
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
    const ended = await ports.core().ended(String(state));
    const session = await ports.core().session(req, res);
    if (ended?.application !== asked.application.id || session?.session !== ended.session)
      throw expired('not ended here');
    const found = await standing(req, res, asked, ended.request);
    if (found.kind === 'refuse') return refuse(res, asked, found.status);
    // The address of the core's request was the browser's to edit: what the provider asked for is looked at again.
    const fresh = found.kind === 'satisfied' && (found.evaluation.authTime ?? 0) >= asked.since;
    if (found.kind === 'ask' || (asked.request?.forceAuthn && !fresh)) return refuse(res, asked, STATUSES.authnFailed);
    return succeed(req, res, asked, found.evaluation);
  });

  /** Begun here: Shibboleth's names of the parameters. */
  router.get(paths.start, async (req, res) => {
    const { providerId, target } = req.query;
    const by = { browser: ports.browser(res) };
    const party = typeof providerId === 'string' ? await parties.party(providerId, by) : undefined;
    const absence = party === undefined && typeof providerId === 'string' ? parties.absence(providerId) : undefined;
    if (absence) throw new AbsentFault(absence);
    if (party === undefined || !answers.mayStart(party)) {
      throw new SallyportError('ERR_NOT_FOUND', `no sign-in begins here for ${String(providerId)}`);
    }
    const relayState = checkedRelayState(typeof target === 'string' ? target : undefined);
    await answer(req, res, await askedOf(party, { since: ports.now(), ...relayState }));
  });

  return router;
}

function expired(detail: string): SallyportError {
  return new SallyportError('ERR_SIGN_IN_EXPIRED', detail);
}
