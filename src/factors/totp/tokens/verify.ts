import type { Account, Credential } from '../../../core/account.ts';
import type { Proved, Refused } from '../../../core/challenge.ts';
import type { Answer } from '../../../core/prompt.ts';
import { typedDigits } from '../../../core/typed.ts';
import { type Enrolled, type HeldData, isHeld, type Pending } from '../schemas.ts';
import { candidatesOf, proofAt, refuse } from '../verify.ts';
import { type Checked, check } from './moving.ts';
import type { Kept, Tokens } from './store.ts';
import type { Limits } from './token.ts';

interface Found {
  credential: Credential<HeldData>;
  kept: Kept;
  checked: Checked;
}

/**
 * Finds the hardware token that shows this code. What is used up is stored by compare-and-set before anything is
 * proven: of any number of parallel answers one wins. Undefined where the account was asked for none.
 */
export async function verifyHeld(
  pending: Pending,
  credentials: readonly Enrolled[],
  answer: Answer,
  account: Account | undefined,
  { now, limits, tokens }: { now: number; limits: Limits; tokens: Tokens },
): Promise<Proved<HeldData> | Refused | undefined> {
  const candidates = candidatesOf(pending, credentials, account).filter(isHeld);
  const code = typedDigits(answer.code);
  if (candidates.length === 0 || code === undefined) return undefined;
  const found: Found[] = [];
  for (const credential of candidates) {
    const kept = await tokens.get(credential.data.serial);
    // Taken away, or given to somebody else: the credential alone opens nothing.
    if (kept?.token.holder?.account !== account?.id || kept === undefined) continue;
    found.push({ credential, kept, checked: check(kept.token, code, now, limits) });
  }
  const right = found.find(({ checked }) => checked.outcome === 'right');
  if (right?.checked.outcome === 'right') {
    if (!(await tokens.save(right.kept, right.checked.token))) return refuse('used');
    const { id, data } = right.credential;
    return { outcome: 'proved', proof: { ...proofAt(now), credential: id }, update: { credential: id, data } };
  }
  for (const outcome of ['used', 'out-of-step', 'not-valid'] as const) {
    const one = found.find(({ checked }) => checked.outcome === outcome);
    if (one === undefined) continue;
    if (one.checked.token) await tokens.save(one.kept, one.checked.token);
    return refuse(outcome);
  }
  return refuse('wrong');
}
