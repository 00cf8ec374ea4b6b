import {
  type AcrTable,
  acrOf,
  amrOf,
  type Evidence,
  highest,
  isFirstFactor,
  LEVELS,
  type Level,
  lendsSetUp,
  levelOf,
  levelsOf,
  type Proof,
  type RequestId,
  reaches,
} from '../core/assurance.ts';
import type { Requirement } from '../core/policy.ts';
import type { Evaluation, Wants } from '../core/sign-in.ts';
import { countingConnection, countingDevice, countingEvidence } from './counting.ts';

/** What is held against what is required. Times are epoch milliseconds. */
export interface AssessInput {
  requirement: Requirement;
  /** This session's, with what this sign-in has collected. */
  evidence: readonly Evidence[];
  /** What a remembered device holds for this very account; its keeper has checked the record's own expiry. */
  device?: { proofs: readonly Proof[] };
  /** What a live connection of this very account began with, through which the request comes. */
  connection?: { proofs: readonly Proof[] };
  /** It is for a page where methods are set up: a lent pass beside a first factor opens that, whatever level it makes. */
  enrolling?: boolean;
  wants: Wants;
  /** Id of the authorization request. */
  request: RequestId;
  now: number;
  acr: AcrTable;
  /** Classes of it that can't be claimed of this account, whatever was proven. */
  withheld?: readonly string[];
  /** Factors whose proofs count only where the requirement names them. */
  onlyIfNamed?: ReadonlySet<string>;
  /** Highest level that the account's enrolled credentials and a first factor could reach; undefined if unknown. */
  reachable: Level | undefined;
  /** Highest level that anybody could reach here, with every enabled factor that the requirement lets in. */
  offered?: Level;
}

/** How a request stands; what it shares with `Evaluation` means the same there. */
export interface Assessment extends Omit<Evaluation, 'account' | 'requirement'> {
  /** The level that policy and application ask for together. */
  wanted: Level;
}

/** What the application asks for, read by the table of classes. */
interface Asked {
  essential: boolean;
  /** The lowest requested level: any of the classes will do. Undefined where none is known. */
  level: Level | undefined;
}

/**
 * Whether the proofs at hand meet the requirement and the application's own wishes, what is missing
 * first, and what may be claimed (OpenID Connect Core section 2: acr, amr, auth_time). Pure.
 * Without a first factor no level is held: a possession proof alone is not a sign-in.
 */
export function assess(input: AssessInput): Assessment {
  const { requirement, wants } = input;
  const withheld = input.withheld ?? [];
  const claimable = new Map([...input.acr].filter(([value]) => !withheld.includes(value)));
  // Who must be told that class is refused, before anybody proves what doesn't help.
  const asked = askedOf(wants, wants.acrEssential ? claimable : input.acr);
  const wanted = wantedOf(requirement.level, asked, input.reachable);
  const unknown = asked.essential && asked.level === undefined;
  const impossible =
    unknown || (asked.essential && input.offered !== undefined && !reachable(input.offered, asked.level));
  const no = { satisfied: false, remembered: false, connected: false };
  const open = { ...no, amr: [], unreachable: unknown, impossible, wanted, proofs: [] };
  if (requirement.deny) return { ...open, missing: 'denied' };

  const counting = countingEvidence(input);
  if (!counting.some(isFirstFactor)) return { ...open, missing: 'first' };
  const authTime = newestFirstFactor(counting);
  const begun = Math.max(...counting.filter(isFirstFactor).map(({ came, at }) => came ?? at));

  const { level, remembered, connected, proofs } = levelHeld(input, counting, wanted);
  const enough = reaches(level, wanted) || opens(input, counting);
  const expires = end(input, counting, { level, enough, wanted });
  const acr = acrOf(claimable, level, wants.acrValues);
  return {
    satisfied: enough && !unknown,
    ...(!enough && { missing: 'second' as const }),
    level,
    ...(acr !== undefined && { acr }),
    amr: amrOf(counting, level),
    ...(authTime !== undefined && { authTime }),
    begun,
    ...(expires !== undefined && { expires }),
    remembered,
    connected,
    proofs,
    impossible,
    unreachable: unknown || (!enough && asked.essential && !reachable(input.reachable, asked.level)),
    wanted,
  };
}

/**
 * `acr_values` and the claims parameter: any of these, unknown ones ignored. An essential acr that
 * names no value asks only for the claim (OpenID Connect Core section 5.5.1.1).
 */
function askedOf(wants: Wants, table: AcrTable): Asked {
  const levels = levelsOf(table, wants.acrValues);
  return {
    essential: wants.acrEssential && wants.acrValues.length > 0,
    level: LEVELS.find((level) => levels.includes(level)),
  };
}

/** A voluntary class out of the person's reach is passed over; an essential one counts all the same. */
function wantedOf(required: Level, asked: Asked, within: Level | undefined): Level {
  if (asked.level === undefined) return required;
  return asked.essential || reachable(within, asked.level) ? highest(required, asked.level) : required;
}

function reachable(within: Level | undefined, level: Level | undefined): boolean {
  return level !== undefined && reaches(within, level);
}

/** Undefined where nobody says when any of them was given. */
function newestFirstFactor(proofs: readonly Proof[]): number | undefined {
  const times = proofs.filter((proof) => isFirstFactor(proof) && !proof.ageless).map(({ at }) => at);
  return times.length > 0 ? Math.max(...times) : undefined;
}

function opens({ enrolling }: AssessInput, counting: readonly Proof[]): boolean {
  return enrolling === true && counting.some(lendsSetUp);
}

/** When it ends that this is enough, or this level: undefined where proofs without an end say the same. */
function end(
  input: AssessInput,
  counting: readonly Proof[],
  { level, enough, wanted }: { level: Level | undefined; enough: boolean; wanted: Level },
): number | undefined {
  const ends = counting.flatMap(({ expires }) => (expires === undefined ? [] : [expires]));
  if (ends.length === 0) return undefined;
  const lasting = counting.filter(({ expires }) => expires === undefined);
  const left = levelHeld(input, lasting, wanted).level;
  return left === level && (!enough || reaches(left, wanted)) ? undefined : Math.min(...ends);
}

/** The session's own level, or `mfa` with a remembered device or a connection, where that is needed and is enough. */
function levelHeld(
  input: AssessInput,
  counting: readonly Proof[],
  wanted: Level,
): { level: Level | undefined; remembered: boolean; connected: boolean; proofs: readonly Proof[] } {
  const held = { level: levelOf(counting), remembered: false, connected: false, proofs: counting };
  if (reaches(held.level, wanted) || !reaches('mfa', wanted)) return held;
  const remembered = [...counting, ...countingDevice(input)];
  if (reaches(levelOf(remembered), 'mfa')) return { ...held, level: 'mfa', remembered: true, proofs: remembered };
  const connected = [...counting, ...countingConnection(input)];
  return reaches(levelOf(connected), 'mfa') ? { ...held, level: 'mfa', connected: true, proofs: connected } : held;
}
