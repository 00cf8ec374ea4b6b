import type { Account } from '../../core/account.ts';
import type { Proof } from '../../core/assurance.ts';
import type { Confirmed, Proved, Refused } from '../../core/challenge.ts';
import { givenName } from '../../core/naming.ts';
import type { Answer } from '../../core/prompt.ts';
import { typedDigits } from '../../core/typed.ts';
import { findStep, type Parameters, stepAt } from './otp.ts';
import { type AppData, type Enrolled, isApp, type Pending } from './schemas.ts';

/** Steps either side within which a wrong code is called drift, for the help desk; never accepted. */
const DRIFT = 10;

/** Checked where no credential is, so that the work done doesn't tell. */
const DECOY: Parameters = { secret: 'A'.repeat(32), algorithm: 'SHA1', digits: 6, period: 30 };

type Reason = 'malformed' | 'wrong' | 'drift' | 'used' | 'expired' | 'out-of-step' | 'not-valid';

/** What is told by its own name; everything else is a wrong code. */
const TOLD: readonly Reason[] = ['used', 'expired', 'out-of-step', 'not-valid'];

export function refuse(reason: Reason): Refused {
  return { outcome: 'refused', message: { key: TOLD.includes(reason) ? reason : 'wrong' }, reason };
}

/** The proof of one code, without the credential. */
export function proofAt(at: number): Omit<Proof, 'credential'> {
  return { factor: 'totp', amr: ['otp'], kinds: ['possession'], phishingResistant: false, attested: false, at };
}

function drifts(candidates: readonly Parameters[], code: string, now: number): boolean {
  return candidates.some((data) => findStep(data, code, stepAt(data.period, now), DRIFT) !== undefined);
}

/** Confirms an enrolment with a first code; its step counts as used. */
export function confirm(pending: Pending, answer: Answer, now: number, window: number): Confirmed<AppData> | Refused {
  if (pending.kind !== 'enrol') return refuse('expired');
  const code = typedDigits(answer.code);
  if (code === undefined) return refuse('malformed');
  const { kind: _, chosen: __, name, ...parameters } = pending;
  const lastStep = findStep(parameters, code, stepAt(parameters.period, now), window);
  if (lastStep === undefined) return refuse(drifts([parameters], code, now) ? 'drift' : 'wrong');
  const data = { ...parameters, lastStep };
  return { outcome: 'confirmed', data, name: givenName(answer.name) ?? name, proof: proofAt(now) };
}

/** Those of the account's credentials that the challenge was for. */
export function candidatesOf(
  pending: Pending,
  credentials: readonly Enrolled[],
  account: Account | undefined,
): Enrolled[] {
  if (pending.kind !== 'challenge' || !account) return [];
  return credentials.filter(
    (credential) =>
      credential.factor === 'totp' && credential.account === account.id && pending.credentials.includes(credential.id),
  );
}

/**
 * Finds the authenticator app that shows this code. A step counts once: the caller stores `update` by
 * compare-and-set before the proof counts, and of parallel answers one wins.
 */
export function verify(
  pending: Pending,
  credentials: readonly Enrolled[],
  answer: Answer,
  account: Account | undefined,
  clock: { now: number; window: number },
): Proved<AppData> | Refused {
  const code = typedDigits(answer.code);
  if (code === undefined) return refuse('malformed');
  const candidates = candidatesOf(pending, credentials, account).filter(isApp);
  const matches = candidates.flatMap(({ id, data }) => {
    const step = findStep(data, code, stepAt(data.period, clock.now), clock.window);
    return step === undefined ? [] : [{ id, data, step }];
  });
  const fresh = matches.find(({ data, step }) => step > data.lastStep);
  if (fresh) {
    const update = { credential: fresh.id, data: { ...fresh.data, lastStep: fresh.step } };
    return { outcome: 'proved', proof: { ...proofAt(clock.now), credential: fresh.id }, update };
  }
  if (matches.length > 0) return refuse('used');
  const known = candidates.length > 0;
  const drifting = drifts(known ? candidates.map(({ data }) => data) : [DECOY], code, clock.now);
  return refuse(known && drifting ? 'drift' : 'wrong');
}
