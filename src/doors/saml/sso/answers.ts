import type { Account } from '../../../core/account.ts';
import type { Application } from '../../../core/application.ts';
import type { DoorPorts, Joined } from '../../../core/door.ts';
import type { Keyring } from '../../../core/keyring.ts';
import type { Evaluation, Wants } from '../../../core/sign-in.ts';
import {
  type AuthnRequest,
  type NameId,
  type ServiceProvider,
  type Signer,
  STATUSES,
  type Status,
  signerFor,
} from '../../../saml/index.ts';
import type { OwnIdentity } from '../metadata/own.ts';
import type { Participants } from '../participants.ts';
import type { Party } from '../party.ts';
import { attributeTable } from '../response/attribute-table.ts';
import { attributesOf } from '../response/attributes.ts';
import { classOf, wantsOf } from '../response/authn-context.ts';
import { classesOf } from '../response/classes.ts';
import { recipientOf } from '../response/encryption.ts';
import { createNameIds, nameIdSecret } from '../response/name-id.ts';
import { type Released, releasedTo } from '../response/release.ts';
import { createResponder } from '../response/response.ts';
import type { SamlApplication, SamlSettings } from '../settings.ts';

/** A request, its service provider, and where its answer goes. */
export interface Asking {
  party: Party;
  application: Application;
  /** Address of the assertion consumer service. */
  acs: string;
  /** Absent where the sign-in began here. */
  request?: AuthnRequest;
  relayState?: string;
  /** When it came, epoch milliseconds. */
  since: number;
}

/** The same, with what it wants of the sign-in. */
export interface Asked extends Asking {
  wants: Wants;
  loginHint?: string;
  /** Nobody could satisfy it. */
  impossible?: Status;
}

/** Who signed in, and by what. */
export interface SignedIn {
  account: Account;
  evaluation: Evaluation;
  joined: Joined;
}

export type Answer =
  | { kind: 'issued'; xml: string; facts: Readonly<Record<string, unknown>> }
  | { kind: 'refused'; status: Status };

export interface Answers {
  asked(asking: Asking): Asked;
  success(asked: Asked, signedIn: SignedIn): Promise<Answer>;
  /** A signed Response without assertion. */
  failure(asked: Asking, status: Status): string;
  /** Names of the attributes that a service provider may be given, whichever of its services and names a request asks for. */
  released(party: Party): string[];
  signerFor(party: Party): Signer;
  /** Whether a sign-in may begin here, without a request. */
  mayStart(party: Party): boolean;
}

interface AnswersDeps {
  ports: DoorPorts;
  settings: SamlSettings;
  settingsOf(party: Party): SamlApplication;
  identity: Pick<OwnIdentity, 'entityId' | 'scope'>;
  keys: Keyring;
  participants: Participants;
}

/** What a service provider gets to read: assertions, or why there is none. */
export async function createAnswers(deps: AnswersDeps): Promise<Answers> {
  const { ports, settings, settingsOf, keys, participants } = deps;
  const { entityId, scope } = deps.identity;
  const { now, random } = ports;
  const classes = classesOf(ports.acr, settings.classes);
  const { skew, assertionLifetime } = settings;
  const secret = await nameIdSecret(ports.durable.state('saml'), ports.sealer);
  const names = createNameIds({ entityId, secret });
  const table = attributeTable(settings.attributes);
  const responder = createResponder({ entityId, now, random, skew, assertionLifetime });

  const signer = (party: Party): Signer =>
    signerFor(keys, party.provider, settingsOf(party).algorithm, settings.algorithm);

  const released = oncePerProvider((party, index) => releasedTo(party.provider, settingsOf(party), table, index));

  function releasable(party: Party): string[] {
    const services = party.provider.attributeConsumingServices.map(({ index }) => index);
    const found = [undefined, ...services].flatMap((index) => released(party, index).map(({ name }) => name));
    return [...new Set([...found, ...namedBy(settingsOf(party))])];
  }

  /** The name under which the service provider shall know the person; kept where a logout couldn't derive it. */
  async function nameIdOf({ party, request }: Asked, { account, joined }: SignedIn): Promise<NameId | Status> {
    const wish = { policy: request?.nameIdPolicy, provider: party.provider, preferred: settingsOf(party).nameId };
    const { id, email } = account;
    // The address is an attribute as a name too: no request of its own gets it for an application that isn't given it.
    const person = email !== undefined && releasable(party).includes(MAIL) ? { id, email } : { id };
    const provider = party.provider.entityId;
    const named = agreedName(account, settingsOf(party), provider);
    const bearer = { account: person, named, provider, sessionIndex: joined.index };
    const issued = names.issue(wish, bearer);
    if (issued.nameId === undefined) return issued.status;
    const meant = request?.subject;
    if (meant && !names.names(meant, bearer)) return STATUSES.unknownPrincipal;
    // Not only where the session is new to it: the core's own request may have entered it before this one does.
    await participants.remember(joined.index, issued.nameId);
    return issued.nameId;
  }

  /** An assertion that says nothing of anybody, where the operator has named what it is to say, is noticed by nobody else. */
  function warnOfNothing(party: Party, sent: number): void {
    const given = settingsOf(party).attributes ?? [];
    if (sent > 0 || given.length === 0) return;
    ports.log.warn({ application: party.application, attributes: given }, 'an assertion without any of its attributes');
  }

  /** What the application knows people by, if it is one value: of several nobody could say which. */
  function agreedName(account: Account, settings: SamlApplication, provider: string): string | undefined {
    if (settings.nameId !== 'unspecified') return undefined;
    const context = { provider, scope, uniqueId: names.uniqueId };
    const [value, another] = table.get(settings.nameIdFrom ?? USER_NAME)?.values(account, context) ?? [];
    return another === undefined ? value : undefined;
  }

  function statementOf(asked: Asked, { account, evaluation, joined }: SignedIn, nameId: NameId, context: string) {
    const { party, request } = asked;
    const { entityId: audience } = party.provider;
    const list = released(party, request?.attributeConsumingServiceIndex);
    return {
      audience,
      nameId,
      authnInstant: evaluation.authTime ?? now(),
      sessionIndex: joined.index,
      // What rests on a proof that ends, ends with it there too.
      sessionNotOnOrAfter: Math.min(joined.expires, evaluation.expires ?? joined.expires),
      authnContextClass: context,
      attributes: attributesOf(account, list, table, { provider: audience, scope, uniqueId: names.uniqueId }),
    };
  }

  return {
    asked(asking) {
      const wants = asking.request ? wantsOf(asking.request, classes) : NOTHING_MORE;
      if (wants === undefined) {
        const { classes: asked, comparison } = asking.request?.requestedAuthnContext ?? {};
        const about = { application: asking.application.id, classes: asked?.slice(0, 10), comparison };
        ports.log.info(about, 'nothing here stands for the classes that were asked for: doors.saml.classes could');
        return { ...asking, wants: NOTHING_MORE, impossible: STATUSES.noAuthnContext };
      }
      const meant = asking.request?.subject;
      return { ...asking, wants, ...(meant?.value.includes('@') ? { loginHint: meant.value } : {}) };
    },

    async success(asked, signedIn) {
      const { party, request, acs } = asked;
      const { evaluation } = signedIn;
      const context = classOf(request ?? {}, classes, evaluation);
      if (context === undefined) return { kind: 'refused', status: STATUSES.noAuthnContext };
      const nameId = await nameIdOf(asked, signedIn);
      if ('codes' in nameId) return { kind: 'refused', status: nameId };
      const { sign = settings.sign, encrypt } = settingsOf(party);
      const statement = statementOf(asked, signedIn, nameId, context);
      warnOfNothing(party, statement.attributes.length);
      const xml = await responder.success({
        ...statement,
        destination: acs,
        inResponseTo: request?.id,
        signer: signer(party),
        sign: party.provider.wantAssertionsSigned && sign === 'response' ? 'both' : sign,
        recipient: recipientOf(party.provider, encrypt),
      });
      const facts = {
        context,
        format: nameId.format,
        attributes: statement.attributes.map((it) => it.friendlyName ?? it.name),
      };
      return { kind: 'issued', xml, facts };
    },

    failure: ({ party, acs, request }, status) =>
      responder.failure({ destination: acs, inResponseTo: request?.id, signer: signer(party), status }),

    released: releasable,
    signerFor: signer,
    mayStart: (party) => settingsOf(party).idpInitiated,
  };
}

type Releasing = (party: Party, index?: number) => Released[];

/** Settings don't change, and other metadata is another object: what is released is found out once for each. */
function oncePerProvider(release: Releasing): Releasing {
  const known = new WeakMap<ServiceProvider, Map<number | undefined, Released[]>>();
  return (party, index) => {
    const named = party.provider.attributeConsumingServices.some((service) => service.index === index);
    // A request may name any number; those that aren't there come to the same.
    const service = named ? index : undefined;
    const ofProvider = known.get(party.provider) ?? new Map<number | undefined, Released[]>();
    known.set(party.provider, ofProvider);
    const found = ofProvider.get(service) ?? release(party, service);
    ofProvider.set(service, found);
    return found;
  };
}

/** FriendlyNames of the address and the user name. */
const MAIL = 'mail';
const USER_NAME = 'uid';

/** Attributes that a NameID tells, whoever asks for it. */
function namedBy({ nameId, nameIdFrom = USER_NAME }: SamlApplication): string[] {
  if (nameId === 'unspecified') return [nameIdFrom];
  return nameId === 'emailAddress' ? [MAIL] : [];
}

const NOTHING_MORE: Wants = { acrValues: [], acrEssential: false, reauthenticate: false };
