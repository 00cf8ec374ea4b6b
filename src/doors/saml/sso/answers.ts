import type { DoorPorts } from '../../../core/door.ts';
import type { Keyring } from '../../../core/keyring.ts';
import { type NameId, type Signer, STATUSES, type Status, signerFor } from '../../../saml/index.ts';
import type { OwnIdentity } from '../metadata/own.ts';
import type { Participants } from '../participants.ts';
import type { Party } from '../party.ts';
import { attributeTable } from '../response/attribute-table.ts';
import { attributesOf } from '../response/attributes.ts';
import { classOf } from '../response/authn-context.ts';
import { classesOf } from '../response/classes.ts';
import { recipientOf } from '../response/encryption.ts';
import { createNameIds, nameIdSecret } from '../response/name-id.ts';
import { namedHere } from '../response/named-here.ts';
import { createResponder } from '../response/response.ts';
import type { SamlApplication, SamlSettings } from '../settings.ts';
import { type Asked, type Asking, type SignedIn, withWants } from './asked.ts';
import { createNaming, type Told } from './naming.ts';
import { createReleases } from './releases.ts';

export type Answer =
  | { kind: 'issued'; xml: string; facts: Readonly<Record<string, unknown>> }
  | { kind: 'refused'; status: Status };

/** What an assertion will say. */
export interface Composed {
  /** Not written yet, and not signed. */
  issue(): Promise<Extract<Answer, { kind: 'issued' }>>;
  /** The name in it wasn't kept before, so that a logout before this moment wouldn't have known it. */
  isNew: boolean;
}

export interface Answers {
  asked(asking: Asking): Asked;
  /** The same without a word to the log; undefined where nobody could satisfy it. */
  askedPlainly(asking: Asking): Asked | undefined;
  success(asked: Asked, signedIn: SignedIn): Promise<Answer>;
  /** All of `success` but to write it, or why there is none. */
  compose(asked: Asked, signedIn: SignedIn): Promise<Composed | { status: Status }>;
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

  const releases = createReleases(settingsOf, table);
  const { nameIdOf } = createNaming({ names, releases, participants, settingsOf, table, scope });

  /** An assertion that says nothing of anybody, where the operator has named what it is to say, is noticed by nobody else. */
  function warnOfNothing(party: Party, sent: number): void {
    const given = settingsOf(party).attributes ?? [];
    if (sent > 0 || given.length === 0) return;
    ports.log.warn({ application: party.application, attributes: given }, 'an assertion without any of its attributes');
  }

  function statementOf(asked: Asked, { account, isOurs, evaluation, joined }: Told, nameId: NameId, context: string) {
    const { party, request } = asked;
    const { entityId: audience } = party.provider;
    const list = releases.to(party, request?.attributeConsumingServiceIndex);
    return {
      audience,
      nameId,
      authnInstant: evaluation.authTime ?? 0,
      sessionIndex: joined.index,
      // What rests on a proof that ends, ends with it there too.
      sessionNotOnOrAfter: Math.min(joined.expires, evaluation.expires ?? joined.expires),
      authnContextClass: context,
      attributes: attributesOf(account, list, table, { provider: audience, scope, isOurs, uniqueId: names.uniqueId }),
    };
  }

  async function compose(asked: Asked, whoever: SignedIn): Promise<Composed | { status: Status }> {
    const { party, request, acs } = asked;
    const { evaluation } = whoever;
    const context = classOf(request ?? {}, classes, evaluation);
    if (context === undefined) return { status: STATUSES.noAuthnContext };
    const signedIn = { ...whoever, ...namedHere(whoever.account, scope, ports.mayName) };
    const named = await nameIdOf(asked, signedIn);
    if ('status' in named) return named;
    const { nameId, isNew } = named;
    const { sign = settings.sign, encrypt } = settingsOf(party);
    const statement = statementOf(asked, signedIn, nameId, context);
    return {
      isNew,
      async issue() {
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
    };
  }

  return {
    asked: (asking) => withWants(asking, classes, ports.log),

    askedPlainly(asking) {
      const asked = withWants(asking, classes, { info: () => undefined });
      return asked.impossible ? undefined : asked;
    },

    compose,

    async success(asked, whoever) {
      const composed = await compose(asked, whoever);
      return 'status' in composed ? { kind: 'refused', status: composed.status } : composed.issue();
    },

    failure: ({ party, acs, request }, status) =>
      responder.failure({ destination: acs, inResponseTo: request?.id, signer: signer(party), status }),

    released: releases.names,
    signerFor: signer,
    mayStart: (party) => settingsOf(party).idpInitiated,
  };
}
