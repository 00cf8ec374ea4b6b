import type { FullEvaluation } from '../assurance/evaluate.ts';
import { isSecondFactor, reaches } from '../core/assurance.ts';
import { UPSTREAM } from '../core/said.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import type { ProofWanted, Wish } from '../core/upstream.ts';

/** How recent what was shown must be for a first method to be set up, milliseconds. */
export const FRESH_FOR_ENROLMENT = 10 * 60_000;

/** What another house is asked for, by how the request stands. Pure. */
export function wishOf(evaluation: FullEvaluation, { wants, loginHint }: SignInRequest, now: number): Wish {
  const { requirement, account, hold } = evaluation;
  const proof = proofOf(evaluation);
  // What was proven before a hold counts for nothing, and `never` wants a second factor of this very request.
  const again = proof !== 'identity' && (requirement.perRequest || isOverdue(evaluation, now));
  const anew = wants.reauthenticate || hold !== undefined || again;
  const ages = [wants.maxAge, requirement.freshness, anew ? 0 : undefined].flatMap((age) => age ?? []);
  return {
    proof,
    ...(ages.length > 0 ? { maxAge: Math.min(...ages) } : {}),
    ...(account ? { subject: account.directoryKey } : loginHint === undefined ? {} : { loginHint }),
  };
}

/** Where more was shown there, and too long ago to count, the house would only say that again: it is to ask anew. */
function isOverdue({ evidence }: FullEvaluation, now: number): boolean {
  return evidence.some((proof) => {
    const { freshness, at, ageless } = proof;
    return freshness !== undefined && !ageless && isSecondFactor(proof) && now - at > freshness;
  });
}

/** The same, lately enough that a first method may be set up on it. */
export function freshly(wish: Wish): Wish {
  return { ...wish, maxAge: Math.min(FRESH_FOR_ENROLMENT, wish.maxAge ?? FRESH_FOR_ENROLMENT) };
}

/** Where rules let no provider's proof come after knowledge, it isn't asked for one. */
function proofOf({ requirement: { factors }, wanted }: FullEvaluation): ProofWanted {
  if (factors && !factors.includes(UPSTREAM)) return 'identity';
  if (reaches(wanted, 'phr')) return 'resistant';
  return reaches(wanted, 'mfa') ? 'two-kinds' : 'identity';
}

/** Names what was asked of whom: the same is asked once in a sign-in. */
export const nameOf = (source: string, { proof, maxAge }: Wish): string => [source, proof, maxAge ?? ''].join(' ');
