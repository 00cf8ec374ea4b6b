import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { LocalizedText } from '../../core/account.ts';
import { type BeliefRow, believed, groundsOf, mostBelieved } from '../../core/belief.ts';
import { SallyportError } from '../../core/errors.ts';
import type { Houses } from '../../core/houses.ts';
import type { Departure, Returned, Trip } from '../../core/redirect.ts';
import type { Said as SaidThere } from '../../core/said.ts';
import type { EphemeralStore } from '../../core/store.ts';
import type { NotVerified, ProofWanted, Redirects, SigningOut, Verified, Wish } from '../../core/upstream.ts';
import {
  type Answer,
  createAuthnRequestWriter,
  type IdentityProvider,
  MAX_RESPONSE_BODY,
  NAME_ID_FORMATS,
  postedResponse,
  readResponse,
  type Said,
  SamlFault,
  signerFor,
} from '../../saml/index.ts';
import { personOf, scopesOf, shownIn } from './attributes.ts';
import { keyOf, keyOfSubject } from './key.ts';
import type { Own, OwnKeys } from './own.ts';
import { sessionNamed } from './session.ts';
import type { Settings } from './settings.ts';

const pending = z.strictObject({
  ...{ id: z.string(), at: z.number(), forced: z.boolean() },
  /** EntityID of whom was asked, and so of whoever answers. */
  house: z.string().optional(),
});
type Pending = z.infer<typeof pending>;

/** What the way in by a SAML provider needs. */
export interface RedirectsNeeds {
  now(): number;
  random(bytes: number): Uint8Array;
  /** Of the directory, for messages. */
  id: string;
  own: Own;
  settings: Settings;
  /** Whether this house may say again what it was told here. */
  repeats(entityId: string): boolean;
  keys(): Promise<OwnKeys>;
  /** Its metadata in force; undefined where there is none, or nobody may come from there. */
  provider(entityId: string): Promise<IdentityProvider | undefined>;
  houses: Houses;
  /** Which of many houses somebody known is from. */
  houseOf(key: string): Promise<string | undefined>;
  ephemeral: Pick<EphemeralStore, 'add'>;
  keep(verified: Verified): Promise<void>;
  signingOut: SigningOut;
  keyOfSession(session: string): Promise<string | undefined>;
}

const STATUS = 'urn:oasis:names:tc:SAML:2.0:status:';
const DAY = 86_400_000;

const refused = (why: NotVerified['why'], reason: string): NotVerified => ({ outcome: 'refused', why, reason });

/** The way in by a SAML identity provider: the web browser SSO profile (saml-profiles section 4.1), begun by us. */
export function createRedirects(needs: RedirectsNeeds): Redirects<Pending> {
  const { now, own, settings, id } = needs;
  const table = rowsOf(settings);
  /** Of one that may repeat us nothing counts but who it is. */
  const tableOf = ({ house }: Pick<SaidThere, 'house'>) =>
    needs.repeats(house ?? settings.entityId ?? '') ? [] : table;
  const write = createAuthnRequestWriter({ entityId: own.entityId, now, random: needs.random });

  /** Whoever is known goes to their own house, whatever was chosen. */
  async function inForce({ subject, house }: Wish): Promise<IdentityProvider> {
    const whose = subject === undefined ? house : await needs.houseOf(subject);
    const found = await needs.provider(settings.entityId ?? whose ?? '');
    if (found) return found;
    throw new SallyportError('ERR_DIRECTORY_UNAVAILABLE', `directories.${id}: no metadata of its provider is in force`);
  }

  /** SAML knows no greatest age: whoever may not be too old proves it anew. */
  async function begin(wish: Wish, { state, back }: Trip): Promise<Departure<Pending>> {
    const { proof, maxAge } = wish;
    const provider = await inForce(wish);
    const { binding, location } = endpointOf(provider, settings);
    const forceAuthn = maxAge !== undefined;
    const at = now();
    const sent = write({
      ...{ binding, destination: location, consumer: back, relayState: state, forceAuthn },
      nameIdFormat: nameIdFormatOf(settings),
      classes: classesOf(settings, proof) ?? [],
      signer: signerFor((await needs.keys()).signing, provider, settings.algorithm, settings.algorithm),
    });
    const kept = { id: sent.id, at, forced: forceAuthn, house: provider.entityId };
    if (sent.binding === 'redirect') return { address: sent.location, pending: kept };
    const value = Buffer.from(sent.xml).toString('base64');
    return { form: { action: location, fields: { SAMLRequest: value, RelayState: state } }, pending: kept };
  }

  async function read({ raw }: Returned, kept: Pending, back: string, provider: IdentityProvider): Promise<Answer> {
    const { xml, departures } = postedResponse(raw);
    const [departure] = departures;
    if (departure) throw new SamlFault('encoding', departure);
    const { encryption } = await needs.keys();
    return readResponse(xml, {
      ...{ now: now(), skew: settings.skew, cbc: settings.allowCbc },
      issuer: provider.entityId,
      certificates: provider.signingCertificates,
      ...{ audience: own.entityId, recipient: back, inResponseTo: kept.id },
      decryption: encryption.published().map(({ privateKey }) => privateKey),
      ...(kept.forced && { forcedAt: kept.at }),
    });
  }

  /** Good once, for as long as it could be shown again; whoever kept it longer than a day has no request for it either. */
  async function firstTime({ issuer, assertion, until }: Said): Promise<boolean> {
    const hash = createHash('sha256')
      .update(JSON.stringify([own.entityId, issuer, assertion]))
      .digest('base64url');
    return needs.ephemeral.add(`saml:assertion:${hash}`, '1', Math.min(Math.max(until - now(), 60_000), DAY));
  }

  async function verified(said: Said, kept: Pending, provider: IdentityProvider): Promise<Verified | NotVerified> {
    const scopes = scopesOf(provider, settings);
    const { sessionIndex: index } = said;
    const session = index === undefined ? undefined : sessionNamed(index, provider.entityId, settings);
    const key = keyOf(said, settings.key, { audience: own.entityId, scopes });
    if (!(await firstTime(said))) return refused('unbelievable', 'replay: the assertion has been here before');
    return {
      outcome: 'verified',
      person: personOf(said, key, settings, scopes),
      said: {
        ...{ ...shownIn(said), key },
        ...(settings.federation && { house: provider.entityId }),
        ...(session !== undefined && { session }),
      },
      ...(said.nameId && { parting: JSON.stringify(said.nameId) }),
      ...(said.sessionNotOnOrAfter !== undefined && { until: said.sessionNotOnOrAfter }),
      anew: said.authnInstant + settings.skew >= kept.at && kept.forced,
    };
  }

  async function answer(returned: Returned, kept: Pending, { back }: Pick<Trip, 'back'>) {
    const provider = await needs.provider(kept.house ?? settings.entityId ?? '');
    if (!provider) return refused('unavailable', 'no metadata of its provider is in force');
    try {
      if (returned.by !== 'form') throw new SamlFault('parameters', 'a Response in an address');
      const told = await read(returned, kept, back, provider);
      return told.kind === 'refused' ? byStatus(told.codes) : await verified(told.said, kept, provider);
    } catch (error) {
      if (!(error instanceof SamlFault)) throw error;
      // Signed as it should be, and not what was asked for.
      const why = error.fault === 'authentication' && kept.forced ? 'unmet' : 'unbelievable';
      return refused(why, `${error.fault}: ${error.message}`.slice(0, 300));
    }
  }

  return {
    returns: 'RelayState',
    longest: MAX_RESPONSE_BODY,
    invites: true,
    name: settings.name as LocalizedText,
    houses: needs.houses,
    pending,
    begin,
    answer,
    // Nobody chooses a house on their own pages: of a federation's, operators link.
    linking: settings.linking ?? (settings.federation ? 'operator' : 'owner'),
    speaksFor: settings.scopes.map((scope) => scope.toLowerCase()),
    anew: 'dated',
    keyOf: (subject) => keyOfSubject(subject, settings),
    keep: needs.keep,
    signingOut: needs.signingOut,
    keyOfSession: needs.keyOfSession,
    believe: (said) => believed(tableOf(said), said),
    grounds: (said) => groundsOf(tableOf(said), said),
    atMost: mostBelieved(settings.federation ? table : tableOf({})),
    freshness: settings.freshness,
    able: (wanted) => wanted === 'identity' || classesOf(settings, wanted) !== undefined,
  };
}

/** By the binding that the operator prefers, where the provider has it. */
function endpointOf({ singleSignOnServices }: IdentityProvider, { binding }: Settings) {
  const found = singleSignOnServices.find((it) => it.binding === binding) ?? singleSignOnServices[0];
  if (found) return found;
  throw new SallyportError('ERR_DIRECTORY_UNAVAILABLE', 'the provider has no address to sign in at');
}

function nameIdFormatOf({ nameId, key }: Settings): string | undefined {
  if (nameId) return NAME_ID_FORMATS[nameId];
  return key === 'persistent' ? NAME_ID_FORMATS.persistent : undefined;
}

function classesOf({ asks }: Settings, wanted: ProofWanted): readonly string[] | undefined {
  if (wanted === 'identity') return undefined;
  return wanted === 'resistant' ? asks.resistant : (asks.twoKinds ?? asks.resistant);
}

/** The provider's own answer (saml-core section 3.2.2.2), by the most telling of its codes. */
function byStatus(codes: readonly string[]): NotVerified {
  const told = codes.map((code) => (code.startsWith(STATUS) ? code.slice(STATUS.length) : 'another')).join('/');
  const says = (...names: string[]) => names.some((name) => codes.includes(`${STATUS}${name}`));
  const reason = `status: ${told.slice(0, 200)}`;
  if (says('NoAuthnContext', 'NoPassive')) return refused('unmet', reason);
  if (says('AuthnFailed', 'RequestDenied', 'UnknownPrincipal')) return refused('cancelled', reason);
  return refused('unavailable', reason);
}

/** The table as the core reads it. */
export function rowsOf({ assurance, repeatsUs }: Pick<Settings, 'assurance' | 'repeatsUs'>): BeliefRow[] {
  if (repeatsUs) return [];
  return assurance.map(({ kinds, phishingResistant, attested, ...named }) => {
    const when = Object.entries(named).flatMap(([name, values]) => (values ? [[name, values] as const] : []));
    return { when: Object.fromEntries(when), kinds, phishingResistant, attested };
  });
}
