import { NO_REQUEST } from '../../../core/assurance.ts';
import type { Browser } from '../../../core/browser.ts';
import type { DoorPorts } from '../../../core/door.ts';
import type { Asked as Brought, PlainForm, PlainVisit } from '../../../core/plain.ts';
import type { Evaluation } from '../../../core/sign-in.ts';
import type { AuthnRequest, Gate } from '../../../saml/index.ts';
import type { Party } from '../party.ts';
import type { Answers } from './answers.ts';
import type { Asked, SignedIn } from './asked.ts';
import { assertionConsumerService } from './endpoint.ts';
import { createReplies, formOf } from './replies.ts';

export interface PlainDeps {
  ports: DoorPorts;
  gate: Pick<Gate<Party>, 'recognise'>;
  answers: Pick<Answers, 'askedPlainly' | 'compose' | 'success' | 'failure'>;
  /** Our address that AuthnRequests are sent to. */
  path: string;
}

const isSatisfied = ({ satisfied, impossible, unreachable, missing }: Evaluation): boolean =>
  satisfied && !impossible && !unreachable && missing === undefined;

/**
 * Answers a signed AuthnRequest of the redirect binding where session and part in it are there and satisfy policy: that
 * the request was here is all that is written. Whoever has to be asked, told or refused anything is `createSignOn`'s,
 * with the request as it came.
 */
export function plainSignOn({ ports, gate, answers, path }: PlainDeps): PlainVisit {
  const endpoint = `${ports.issuer}${path}`;
  const { tell } = createReplies(ports, answers);

  async function askedBy(request: AuthnRequest, party: Party): Promise<Asked | undefined> {
    const application = await ports.applications.find(party.application);
    if (application === undefined || application.consent === 'ask' || request.forceAuthn) return undefined;
    const acs = assertionConsumerService(party.provider, request);
    const { relayState } = request;
    const since = ports.now();
    return answers.askedPlainly({ party, application, acs, since, request, ...(relayState && { relayState }) });
  }

  /** Whoever this session is of, if it is worth to the request what policy requires. */
  async function signedInBy(
    { application, wants }: Asked,
    { asked, browser }: { asked: Brought; browser: Browser },
  ): Promise<SignedIn | undefined> {
    const joined = await ports.core.joined(asked.headers.cookie ?? '', application.id);
    if (joined === undefined) return undefined;
    const { account: id, sight } = joined;
    const about = { application: application.id, account: id, sight, request: NO_REQUEST, wants };
    const evaluation = await ports.evaluate({ ...about, browser, within: asked, asIs: true });
    const { account } = evaluation;
    return account?.id === id && isSatisfied(evaluation) ? { account, evaluation, joined } : undefined;
  }

  /**
   * Whoever ends everything meanwhile finds the application in the session, where it was before the account was read, and
   * tells it by its name: a name that wasn't kept yet is kept before the account is read once more.
   */
  const isAsBegun = async ({ id, generation }: SignedIn['account']) =>
    (await ports.account(id))?.generation === generation;

  return {
    path,
    async answer(brought, browser): Promise<PlainForm | undefined> {
      const { url = '' } = brought;
      const received = await gate.recognise(url.slice(url.indexOf('?') + 1), endpoint);
      const asked = received && (await askedBy(received.message as AuthnRequest, received.party));
      const signedIn = asked && (await signedInBy(asked, { asked: brought, browser }));
      if (received === undefined || asked === undefined || signedIn === undefined) return undefined;
      const composed = await answers.compose(asked, signedIn);
      if ('status' in composed || (composed.isNew && !(await isAsBegun(signedIn.account)))) return undefined;
      await received.admit();
      ports.log.debug({ application: asked.application.id, reference: browser.reference }, 'AuthnRequest');
      const { xml, facts } = await composed.issue();
      tell(asked, signedIn.account.id, browser, facts);
      return formOf(asked, xml);
    },
  };
}
