import type { Said } from './said.ts';

/**
 * Assurance: what was proven, and how much that is worth.
 *
 * Only this file derives a level; no factor claims one. A factor says which kinds of
 * factor it proved, and the level follows from the proofs taken together.
 */

/** What a factor can rest on (NIST SP 800-63B: something you know, have, are). */
export const KINDS = ['knowledge', 'possession', 'inherence'] as const;
export type Kind = (typeof KINDS)[number];

/** Assurance levels, weakest first: single factor, multi-factor, phishing-resistant, phishing-resistant attested hardware. */
export const LEVELS = ['sfa', 'mfa', 'phr', 'phrh'] as const;
export type Level = (typeof LEVELS)[number];

/** Why a right password must be another one first; `unfit`: it isn't what the policy asks for by now. */
export type PasswordDue = 'expired' | 'must-change' | 'unfit';

/** What one factor proved, and when. Times are epoch milliseconds. */
export interface Proof {
  /** Id of the factor module that obtained it. */
  factor: string;
  /** Id of the credential used; a factor that stores none uses its own id. */
  credential: string;
  /** Authentication method references, RFC 8176 section 2. */
  amr: string[];
  kinds: Kind[];
  phishingResistant: boolean;
  /** The authenticator's model was attested and the attestation checked. */
  attested: boolean;
  at: number;
  /** The account's generation, as it was read before this was looked at. */
  generation?: number;
  /** After this moment the proof counts for nothing, and neither does what rests on it. */
  expires?: number;
  /** Lent (a Temporary Access Pass): good for signing in and for setting up a method, always beside a first factor. */
  bootstrap?: boolean;
  /** It was right, and must be changed before anything opens: the directory says so, or the policy. */
  renew?: PasswordDue;
  /** Of what is lent: good for signing in alone, and sets nothing up. */
  signsInOnly?: boolean;
  /** Another house's word, as it was given: what it is worth is asked again whenever the proof would count. */
  said?: Said;
  /** When that came, where `at` is when it was shown there. */
  came?: number;
  /** Shown there longer ago than this, milliseconds, or nobody says when, another house's word is one for who it is alone. */
  freshness?: number;
  /** Asked of somebody who had shown nothing before (CIBA): it opens that one request by itself, and makes `sfa` at most. */
  alone?: true;
  /** Nobody says when it was shown: `at` is when it came, and it is of no age that could be little enough. */
  ageless?: true;
}

/** Whether a method can be set up with it, as what it is lent for. */
export const lendsSetUp = ({ bootstrap, signsInOnly }: Proof): boolean => bootstrap === true && signsInOnly !== true;

/** A proof as evidence keeps it: with the authorization request in which it was given. */
export interface Evidence extends Proof {
  /** The authorization request's id, the same through all its interactions. */
  request: string;
}

/** Asked outside of any authorization request, or before one is known: no proof was given in it. */
export const NO_REQUEST = Object.freeze({ request: 'none' } as const);
export type RequestId = string | typeof NO_REQUEST;

/** Whether a proof was given in this very request. */
export function isOf(proof: Evidence, request: RequestId): boolean {
  return typeof request === 'string' && request !== '' && proof.request === request;
}

/** Whether `level` is at least `wanted`; no level satisfies nothing. */
export function reaches(level: Level | undefined, wanted: Level): boolean {
  return level !== undefined && LEVELS.indexOf(level) >= LEVELS.indexOf(wanted);
}

export function highest(a: Level, b: Level): Level {
  return reaches(a, b) ? a : b;
}

export function lowest(a: Level | undefined, b: Level): Level | undefined {
  return a === undefined || reaches(b, a) ? a : b;
}

/** The level that these proofs reach together. `mfa` and above need two distinct kinds. */
export function levelOf(proofs: readonly Proof[]): Level | undefined {
  if (proofs.length === 0) return undefined;
  const kinds = new Set(proofs.flatMap((proof) => proof.kinds));
  if (kinds.size < 2) return 'sfa';
  const resistant = proofs.filter((proof) => proof.phishingResistant);
  if (resistant.length === 0) return 'mfa';
  return resistant.some((proof) => proof.attested) ? 'phrh' : 'phr';
}

/**
 * A proof that can open a sign-in by itself, and whose time is `auth_time`: a password, or
 * a passkey with user verification. What proves possession alone comes second, but where it was all that was asked.
 */
export function isFirstFactor(proof: Proof): boolean {
  // Whoever was talked into lending a pass must not have given away the whole account.
  if (proof.bootstrap) return false;
  // Another house says who it is, whatever it was shown.
  if (proof.said !== undefined || proof.alone) return true;
  return proof.kinds.includes('knowledge') || proof.kinds.length > 1;
}

/** Whether a proof shows more than knowledge, so that `remember: never` wants it anew for each request. */
export function isSecondFactor(proof: Proof): boolean {
  return proof.bootstrap === true || proof.kinds.some((kind) => kind !== 'knowledge');
}

/** The values of `amr` for these proofs, with `mfa` (RFC 8176) where two kinds came together. */
export function amrOf(proofs: readonly Proof[], level: Level | undefined): string[] {
  const values = new Set(proofs.flatMap((proof) => proof.amr));
  if (reaches(level, 'mfa')) values.add('mfa');
  return [...values].sort();
}

/** `acr` values on the wire, in the operator's order; the first of a level is the one sent unasked. */
export type AcrTable = ReadonlyMap<string, Level>;

export const REFEDS_SFA = 'https://refeds.org/profile/sfa';
export const REFEDS_MFA = 'https://refeds.org/profile/mfa';

/** REFEDS profiles and the OpenID EAP values (phr, phrh), before the operator's own. */
export const DEFAULT_ACR: readonly (readonly [string, Level])[] = [
  [REFEDS_SFA, 'sfa'],
  [REFEDS_MFA, 'mfa'],
  ['phr', 'phr'],
  ['phrh', 'phrh'],
];

/** The levels that requested classes stand for; unknown ones are ignored (OpenID Connect Core section 3.1.2.1). */
export function levelsOf(table: AcrTable, values: readonly string[]): Level[] {
  return values.flatMap((value) => table.get(value) ?? []);
}

/**
 * The class to send: the first requested one that the level satisfies, else the level's own.
 * Undefined where no class of the table fits, and then nothing is claimed.
 */
export function acrOf(table: AcrTable, level: Level | undefined, requested: readonly string[]): string | undefined {
  if (level === undefined) return undefined;
  for (const value of requested) {
    const wanted = table.get(value);
    if (wanted !== undefined && reaches(level, wanted)) return value;
  }
  for (const candidate of LEVELS.slice(0, LEVELS.indexOf(level) + 1).reverse()) {
    for (const [value, has] of table) if (has === candidate) return value;
  }
  return undefined;
}
