import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Account } from '../../../core/account.ts';
import { createMemo } from '../../../core/memo.ts';
import type { Sealer } from '../../../core/seal.ts';
import type { SealedPlace } from '../../../core/sealed.ts';
import type { DurableStore } from '../../../core/store.ts';
import {
  type AuthnRequest,
  NAME_ID_FORMATS,
  type NameId,
  type NameIdFormat,
  type ServiceProvider,
  STATUSES,
  type Status,
} from '../../../saml/index.ts';

/** For whom a name is, where it is used, and in which session. */
export interface Bearer {
  account: Pick<Account, 'id' | 'email'>;
  /** Value of the attribute by which the application knows people, where it is given one. */
  named?: string | undefined;
  /** EntityID of the service provider. */
  provider: string;
  sessionIndex: string;
}

/** `unspecified`: what the application and the institution agreed on (saml-core section 8.3.1). */
type Format = NameIdFormat | 'unspecified';

export interface NameIdWish {
  policy?: AuthnRequest['nameIdPolicy'] | undefined;
  provider: Pick<ServiceProvider, 'entityId' | 'nameIdFormats'>;
  /** The application's own setting. */
  preferred?: Format | undefined;
}

export interface NameIds {
  /** The name to send, or the status that says why there is none. */
  issue(
    wish: NameIdWish,
    bearer: Omit<Bearer, 'provider'>,
  ): { nameId: NameId; status?: never } | { status: Status; nameId?: never };
  /** Whether a name that a service provider sends is this person's there (saml-core section 3.3.4, "strongly match"). */
  names(nameId: NameId, bearer: Bearer): boolean;
  /** Unique part of pairwise-id or, without a provider, of subject-id: as lower-case hex, since case doesn't count. */
  uniqueId(account: string, provider?: string): string;
}

/** Derived names that are kept at hand: of people who are at work at one time. */
const MOST_DERIVED = 5_000;

const KEY = 'name-id-secret';
const CONTEXT = `saml:${KEY}`;

export const sealedNameIdSecret: SealedPlace = {
  what: 'secret of persistent names',
  table: 'state',
  namespace: 'saml',
  contextOf: (key) => (key === KEY ? CONTEXT : undefined),
};

/**
 * Made once and kept, sealed: persistent names must never change (saml-core section 8.3.7), and whoever has the
 * secret could tell whose they are.
 */
export async function nameIdSecret(state: ReturnType<DurableStore['state']>, sealer: Sealer): Promise<string> {
  const existing = await state.get(KEY);
  if (existing) return sealer.open(existing.value, CONTEXT);
  await state.set(KEY, sealer.seal(randomBytes(32).toString('base64url'), CONTEXT), 0);
  return nameIdSecret(state, sealer);
}

/**
 * Names are derived, none is stored: each exists from the beginning, is the same on every node, and belongs to nobody
 * else afterwards, as account ids are never used again. So AllowCreate has nothing to forbid; it is read and ignored,
 * as by Shibboleth for computed names.
 */
export function createNameIds(options: { entityId: string; secret: string }): NameIds {
  const key = createSecretKey(Buffer.from(options.secret));
  const derived = createMemo<string, string>(MOST_DERIVED);
  const derive = (encoding: 'base64url' | 'hex', ...parts: string[]) =>
    derived(JSON.stringify([encoding, ...parts]), () =>
      createHmac('sha256', key).update(JSON.stringify(parts)).digest(encoding),
    );

  /** Value in a format, if the person has one. */
  const valueIn: Record<Format, (bearer: Bearer) => string | undefined> = {
    persistent: ({ account, provider }) => derive('base64url', 'persistent', provider, account.id),
    transient: ({ account, provider, sessionIndex }) =>
      `_${derive('hex', 'transient', provider, account.id, sessionIndex)}`,
    emailAddress: ({ account }) => account.email || undefined,
    unspecified: ({ named }) => named,
  };

  return {
    issue(wish, person) {
      const bearer = { ...person, provider: wish.provider.entityId };
      for (const format of choices(wish)) {
        const value = valueIn[format](bearer);
        if (value === undefined) continue;
        return { nameId: { value, ...described(format, options.entityId, bearer.provider) } };
      }
      return { status: STATUSES.invalidNameIdPolicy };
    },

    names(nameId, bearer) {
      if ((nameId.nameQualifier ?? options.entityId) !== options.entityId) return false;
      if ((nameId.spNameQualifier ?? bearer.provider) !== bearer.provider) return false;
      const formats: readonly Format[] = isUnspecified(nameId.format)
        ? [...FORMATS, 'unspecified']
        : FORMATS.filter(isFormat(nameId.format));
      return formats.some((format) => {
        const value = valueIn[format](bearer);
        return value !== undefined && equal(value, nameId.value);
      });
    },

    uniqueId: (account, provider) =>
      provider === undefined ? derive('hex', 'subject', account) : derive('hex', 'pairwise', provider, account),
  };
}

const FORMATS = Object.keys(NAME_ID_FORMATS) as NameIdFormat[];
const isFormat = (uri: string) => (format: NameIdFormat) => NAME_ID_FORMATS[format] === uri;

/** "You choose" (saml-core section 8.3.1); the second is no format of the standard, but is sent. */
const UNSPECIFIED = [
  'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
  'urn:oasis:names:tc:SAML:2.0:nameid-format:unspecified',
] as const;
const isUnspecified = (uri: string | undefined): boolean => uri === undefined || UNSPECIFIED.some((it) => it === uri);

/**
 * Formats that will do, best first: the one that the request names; else the application's setting; else those of the
 * metadata in its order, and transient, which tells least, where none of them can be had. Empty is InvalidNameIDPolicy.
 */
function choices({ policy, preferred, provider }: NameIdWish): Format[] {
  // Names in an affiliation's realm: we know no affiliations.
  if ((policy?.spNameQualifier ?? provider.entityId) !== provider.entityId) return [];
  if (policy?.format !== undefined && !isUnspecified(policy.format)) return FORMATS.filter(isFormat(policy.format));
  if (preferred !== undefined) return [preferred];
  return [...provider.nameIdFormats.flatMap((uri) => FORMATS.filter(isFormat(uri))), 'transient'];
}

/** Derived names are good between two parties alone; an address or an agreed name is one everywhere. */
function described(format: Format, nameQualifier: string, spNameQualifier: string): Omit<NameId, 'value'> {
  if (format === 'unspecified') return { format: UNSPECIFIED[0] };
  const uri = NAME_ID_FORMATS[format];
  return format === 'emailAddress' ? { format: uri } : { format: uri, nameQualifier, spNameQualifier };
}

function equal(a: string, b: string): boolean {
  const [first, second] = [Buffer.from(a), Buffer.from(b)];
  return first.length === second.length && timingSafeEqual(first, second);
}
