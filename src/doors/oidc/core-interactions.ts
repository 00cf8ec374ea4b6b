import type { Request } from 'express';
import { errors, type Interaction, type Provider } from 'oidc-provider';
import type { Application } from '../../core/application.ts';
import type { Core, Outcome } from '../../core/door.ts';
import { SallyportError } from '../../core/errors.ts';
import type { ConsentRequest, SignInRequest } from '../../core/sign-in.ts';
import { interactionOf } from './browser-bound.ts';
import { SCOPES } from './claims.ts';
import type { OwnSession } from './core-session.ts';
import { type AuthorizationParams, wantsOf } from './evaluation.ts';
import { extend, join } from './grants.ts';
import { withoutBrowser } from './logout.ts';
import { hintsOf } from './own-parameters.ts';
import type { OidcPorts } from './ports.ts';
import { newGrant } from './resting.ts';
import { schemeOf } from './scheme.ts';
import type { Session } from './session-model.ts';
import { sightOf } from './session-sight.ts';
import type { Subjects } from './subjects.ts';

/** oidc-provider's interactions, as the journey sees them: what is asked for, and how it ended. */
export function createInteractions(
  provider: () => Provider,
  ports: OidcPorts,
  subjects: Subjects,
  own: Pick<OwnSession, 'current' | 'end'>,
): Pick<Core, 'request' | 'finish'> {
  /** Each is read once in a request; what it became meanwhile is found out where it is changed. */
  const read = new WeakMap<Request, Interaction>();

  /** The interaction of this browser; if it began in a session, in that one and with the same person. */
  async function interaction(req: Request, id: string): Promise<Interaction> {
    const known = read.get(req);
    const found = known?.uid === id ? known : await interactionOf(provider(), ports, req, id);
    read.set(req, found);
    const { uid, accountId } = found.session ?? {};
    if (uid === undefined || (await provider().Session.findByUid(uid))?.accountId === accountId) return found;
    throw new SallyportError('ERR_SIGN_IN_EXPIRED', 'the session in which it began is over');
  }

  /** @throws SallyportError ERR_SIGN_IN_EXPIRED where another answer has been resumed meanwhile */
  async function keep(found: Interaction): Promise<void> {
    try {
      await found.save(Math.max(1, found.exp - Math.floor(ports.now() / 1000)));
    } catch (cause) {
      if (!(cause instanceof errors.SessionNotFound)) throw cause;
      throw new SallyportError('ERR_SIGN_IN_EXPIRED', 'it was finished already', { cause });
    }
  }

  /** A request that names a person is answered for no other (OpenID Connect Core sections 3.1.2.1 and 5.5.1). */
  async function ofThePersonMeant(found: Interaction, outcome: Outcome): Promise<Outcome> {
    const params = found.params as AuthorizationParams;
    const client = await provider().Client.find(String(params.client_id));
    if (outcome.kind !== 'signed-in' || client === undefined) return outcome;
    if (subjects.isMeant(outcome.account, client, params)) return outcome;
    return { kind: 'refused', error: 'login_required', description: 'another person signed in than the one asked for' };
  }

  /** The account that was chosen is still the session's: another tab may have signed somebody else in. */
  function ofTheSession({ accountId }: Session, outcome: Outcome): Outcome {
    return outcome.kind === 'selected' && outcome.account !== accountId ? { kind: 'again' } : outcome;
  }

  async function resultOf(found: Interaction, outcome: Outcome) {
    if (outcome.kind === 'refused') return { error: outcome.error, error_description: outcome.description };
    if (outcome.kind === 'again') return { ...found.lastSubmission };
    if (outcome.kind === 'selected') return { ...found.lastSubmission, select_account: {} };
    if (outcome.kind === 'signed-in') {
      const login = { accountId: outcome.account, ts: Math.floor(outcome.authTime / 1000), remember: false };
      return { ...found.lastSubmission, login, select_account: {} };
    }
    const { account, consent } = outcome;
    const clientId = String(found.params.client_id);
    const person = await ports.account(account);
    if (person === undefined) return { ...found.lastSubmission };
    const existing = found.grantId ? await provider().Grant.find(found.grantId) : undefined;
    const grant = existing ?? newGrant(provider(), clientId, person);
    extend(grant, consent);
    const grantId = await grant.save();
    if ((await ports.applications.find(clientId))?.consent === 'ask') {
      const { consents } = ports.durable;
      const all = join(await consents.get(account, clientId), consent);
      await consents.put({ account, application: clientId, ...all, at: ports.now() });
    }
    return { ...found.lastSubmission, consent: { grantId } };
  }

  return {
    async request(req, res, id) {
      const found = await interaction(req, id);
      const application = await ports.applications.find(String(found.params.client_id));
      const door = application && ports.listeners.get(application.door);
      const requester = await door?.requester?.(String(found.params.state));
      return {
        ...requestOf(found, application, await own.current(req, res)),
        ...(requester === undefined ? {} : { requester }),
      };
    },

    async finish(req, res, id, given) {
      const found = await interaction(req, id);
      const session = await own.current(req, res);
      const outcome = await ofThePersonMeant(found, ofTheSession(session, given));
      if (outcome.kind === 'signed-in' && session.accountId && session.accountId !== outcome.account) {
        // Somebody else signs in on this browser: the first person's session ends, with their applications.
        withoutBrowser(ports, session.accountId, await own.end(req, res));
        found.session = undefined;
      }
      found.result = await resultOf(found, outcome);
      await keep(found);
      return found.returnTo;
    },
  };
}

function requestOf(found: Interaction, application: Application | undefined, session: Session): SignInRequest {
  const params = found.params as AuthorizationParams;
  const text = (name: string) => (typeof params[name] === 'string' ? params[name] : undefined);
  const redirect = text('redirect_uri');
  const hint = text('login_hint');
  const houseHints = hintsOf(params);
  return {
    id: found.uid,
    request: found.cid,
    application: String(params.client_id),
    wants: wantsOf(params),
    uiLocales: text('ui_locales')?.split(' ') ?? [],
    ...(hint ? { loginHint: hint.slice(0, 256) } : {}),
    ...(houseHints.length > 0 ? { houseHints } : {}),
    ...(found.session ? { account: found.session.accountId } : {}),
    // By the cookie of now: what a step-up has added meanwhile is seen by who has its cookie.
    ...(found.session && found.session.uid === session.uid ? { sight: sightOf(session) } : {}),
    ...(redirect ? { redirectScheme: schemeOf(redirect) } : {}),
    ...(found.prompt.name === 'select_account' ? { selects: true } : {}),
    ...(found.prompt.name === 'consent' ? { consent: consentOf(found, params, application) } : {}),
  };
}

function consentOf(
  found: Interaction,
  params: AuthorizationParams,
  application: Application | undefined,
): ConsentRequest {
  const details = found.prompt.details as {
    missingOIDCClaims?: string[];
    missingResourceScopes?: Record<string, string[]>;
  };
  return {
    scopes: String(params.scope ?? '')
      .split(' ')
      .filter((scope) => SCOPES.includes(scope)),
    claims: application?.released ? [...application.released] : (details.missingOIDCClaims ?? []),
    resources: details.missingResourceScopes ?? {},
  };
}
