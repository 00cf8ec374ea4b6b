import {
  type Evidence,
  isFirstFactor,
  isOf,
  isSecondFactor,
  NO_REQUEST,
  type Proof,
  type RequestId,
} from '../core/assurance.ts';
import type { Requirement } from '../core/policy.ts';
import { UPSTREAM } from '../core/said.ts';
import type { Wants } from '../core/sign-in.ts';

/** How far another node's clock may run ahead, milliseconds. */
export const SKEW = 90_000;

interface Context {
  requirement: Requirement;
  wants: Wants;
  request: RequestId;
  now: number;
  onlyIfNamed?: ReadonlySet<string>;
}

const ANY: Wants = { acrValues: [], acrEssential: false, reauthenticate: false };

type Check<P extends Proof> = (proof: P, context: Context) => boolean;

function within(age: number | undefined, proof: Proof, now: number): boolean {
  return age === undefined || (!proof.ageless && now - proof.at <= age);
}

/** What a requirement lets come after knowledge. */
const isNamed = ({ factor, said }: Proof, factors: readonly string[]): boolean =>
  factors.includes(factor) || (said !== undefined && factors.includes(UPSTREAM));

/** Another house's word for who it is, and no more. */
const asIdentity = <P extends Proof>(proof: P): P => ({
  ...proof,
  ...{ amr: [], kinds: ['knowledge'], phishingResistant: false, attested: false },
});

/** Where a provider's second factor may not count, or was given too long ago, it has still said who it is. */
const asAllowed = <P extends Proof>(proof: P, { factors }: Requirement): P =>
  proof.said !== undefined && factors !== undefined && !isNamed(proof, factors) ? asIdentity(proof) : proof;

/** A second step that somebody took elsewhere weeks ago, or nobody knows when, is none of today's, whatever no rule says. */
const asOfRequest = (proof: Evidence, { requirement, request, now }: Context): Evidence => {
  if (proof.said === undefined) return proof;
  const early = requirement.perRequest && !isOf(proof, request);
  return early || !within(proof.freshness, proof, now) ? asIdentity(proof) : proof;
};

/** What every proof must pass, wherever it is kept. */
const ALWAYS: readonly Check<Proof>[] = [
  // Not expired; a proof from the future would stay fresh for ever.
  ({ expires }, { now }) => expires === undefined || now < expires,
  ({ at }, { now }) => at <= now + SKEW,
  // Knowledge is exempt from the list of factors: that names what may come after it.
  (proof, { requirement: { factors } }) => factors === undefined || !isSecondFactor(proof) || isNamed(proof, factors),
  ({ factor }, { requirement: { factors }, onlyIfNamed }) =>
    !onlyIfNamed?.has(factor) || factors?.includes(factor) === true,
];

/** What a proof of the session must pass besides. */
const OF_SESSION: readonly Check<Evidence>[] = [
  (proof, { requirement, now }) => within(requirement.freshness, proof, now),
  // Proofs of this very request count for max_age, or max_age=0 could never be met.
  (proof, { wants, request, now }) => isOf(proof, request) || (wants.maxAge !== 0 && within(wants.maxAge, proof, now)),
  (proof, { wants, request }) => !wants.reauthenticate || !isFirstFactor(proof) || isOf(proof, request),
  (proof, { requirement, request }) => !requirement.perRequest || !isSecondFactor(proof) || isOf(proof, request),
];

/** What a remembered proof must pass besides. */
const OF_DEVICE: readonly Check<Proof>[] = [
  (_, { requirement }) => requirement.remember > 0 && !requirement.perRequest,
  (proof, { requirement, now }) => within(requirement.remember, proof, now),
  // A Temporary Access Pass signs in once; remembering it would make it last.
  (proof) => proof.bootstrap !== true,
];

/** What must pass besides that a live connection began with. */
const OF_CONNECTION: readonly Check<Proof>[] = [
  (proof) => isSecondFactor(proof),
  (proof, { requirement, now }) => requirement.connection !== undefined && within(requirement.connection, proof, now),
  (_, { requirement }) => !requirement.perRequest,
  (proof) => proof.bootstrap !== true,
];

/** What a token rests on, as far as it still counts: where it was proven, and how long ago, was asked when it was issued. */
export function stillCounting(context: Omit<Context, 'wants' | 'request'>, proofs: readonly Proof[]): Proof[] {
  const request = { ...context, wants: ANY, request: NO_REQUEST };
  const allowed = proofs.map((proof) => asAllowed(proof, context.requirement));
  return allowed.filter((proof) => ALWAYS.every((passes) => passes(proof, request)));
}

/** The proofs of the session that count for this request. */
export function countingEvidence(context: Context & { evidence: readonly Evidence[] }): Evidence[] {
  const allowed = context.evidence.map((proof) => asOfRequest(asAllowed(proof, context.requirement), context));
  return allowed.filter((proof) => [...ALWAYS, ...OF_SESSION].every((passes) => passes(proof, context)));
}

/** The proofs of a remembered device that count for this request. */
export function countingDevice(context: Context & { device?: { proofs: readonly Proof[] } }): Proof[] {
  const proofs = context.device?.proofs ?? [];
  return proofs.filter((proof) => [...ALWAYS, ...OF_DEVICE].every((passes) => passes(proof, context)));
}

/** The proofs of a live connection that count for this request. */
export function countingConnection(context: Context & { connection?: { proofs: readonly Proof[] } }): Proof[] {
  const proofs = context.connection?.proofs ?? [];
  return proofs.filter((proof) => [...ALWAYS, ...OF_CONNECTION].every((passes) => passes(proof, context)));
}
