import { timingSafeEqual } from 'node:crypto';
import type { Account } from '../../core/account.ts';
import type { Proof } from '../../core/assurance.ts';
import type { Refused } from '../../core/challenge.ts';
import type { Answer } from '../../core/prompt.ts';
import { typedDigits } from '../../core/typed.ts';
import { VALID } from './conversions.ts';
import type { Enrolled, Message, Pending } from './schemas.ts';

/** How far the clocks of two nodes may be apart, milliseconds. */
const SKEW = 5_000;
/** Characters of an answer that are looked at. */
const LONGEST = 64;
const DIGITS = 6;

type Reason = 'malformed' | 'wrong' | 'expired' | 'unsent' | 'changed' | 'used';

const MESSAGES: Readonly<Record<Reason, string>> = {
  malformed: 'wrong',
  wrong: 'wrong',
  expired: 'expired',
  unsent: 'unsent',
  changed: 'changed',
  used: 'expired',
};

export function refuse(reason: Reason): Refused {
  return { outcome: 'refused', message: { key: MESSAGES[reason] }, reason };
}

/** The digits of a code as typed, or of the whole last line of the message. */
function digitsOf({ code = '' }: Answer): string | undefined {
  const [, bound] = /#(\d{6})\s*$/.exec(code.slice(0, LONGEST)) ?? [];
  return typedDigits(bound ?? code, DIGITS);
}

/** Why an answer isn't the code that was sent; undefined where it is. */
export function faultOf(sent: Message | undefined, answer: Answer, now: number): Refused | undefined {
  const code = digitsOf(answer);
  if (code === undefined) return refuse('malformed');
  if (sent === undefined) return refuse('unsent');
  const age = now - sent.at;
  if (age > VALID || age < -SKEW) return refuse('expired');
  return timingSafeEqual(Buffer.from(code), Buffer.from(sent.code)) ? undefined : refuse('wrong');
}

/** The credential that a challenge's message went to, if the account has it still and with that number. */
export function addressed(
  pending: Extract<Pending, { kind: 'challenge' }>,
  credentials: readonly Enrolled[],
  account: Account | undefined,
): Enrolled | undefined {
  return credentials.find(
    ({ id, account: owner, data }) =>
      id === pending.credential && owner === account?.id && data.number === pending.number,
  );
}

/** Possession of the number: a code by the telephone network is never safe from phishing. */
export function proofAt(at: number): Omit<Proof, 'credential'> {
  return { factor: 'sms', amr: ['sms'], kinds: ['possession'], phishingResistant: false, attested: false, at };
}
