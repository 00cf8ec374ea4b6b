/**
 * What replaces a forgotten password (NIST SP 800-63B-4 sections 4.2.1 and 4.2.2): what somebody showed in, whether
 * that opens the account out. As pure as the rest of policy.
 */

/**
 * What can be shown. `passkey`: a key that has verified its user; `phone`: a method that lives on a phone; `token`: one
 * on a thing that shows no mail, as a hardware token or a security key. Codes: `saved` on paper, `issued` by the help
 * desk, sent by `mail` or `text` to what was registered for it.
 */
export const SHOWN = ['passkey', 'phone', 'token', 'saved', 'issued', 'mail', 'text', 'questions'] as const;
export type Shown = (typeof SHOWN)[number];

/** What replaces the password of an account without a second factor. */
export type SingleWay = 'mail' | 'text' | 'saved' | 'issued';

/** What an account asks for. */
export interface ResetDemand {
  /** It has a second factor, one that is suspended or that nobody can find any more included; or it is held. */
  second: boolean;
  /** Any one of these is enough where it has none. */
  ways: readonly SingleWay[];
  /**
   * Its secret questions are asked beside that one, and never stand in for anything. The help desk has made sure of
   * whom it gives a code: it asks none, and neither does anybody beside such a code.
   */
  questions: boolean;
}

/** One of each list has to be shown. */
type Row = readonly (readonly Shown[])[];

/**
 * With a second factor, each row opens. Whoever holds an unlocked phone reads mail and text messages on it, and must
 * not end up with both factors: beside a phone counts only what it doesn't show.
 */
const WITH_SECOND: readonly Row[] = [
  [['passkey']],
  [['phone'], ['saved', 'issued']],
  [['token'], ['saved', 'issued', 'mail', 'text']],
  // Two codes of different classes: a message to a mailbox and one to a number are of the same.
  [['saved'], ['issued']],
  [['saved'], ['mail', 'text']],
  [['issued'], ['mail', 'text']],
];

function rowsOf({ second, ways, questions }: ResetDemand): readonly Row[] {
  if (second) return WITH_SECOND;
  return ways.map((way): Row => (questions && way !== 'issued' ? [[way], ['questions']] : [[way]]));
}

/** Whether what was shown opens the account. */
export function opensAccount(demand: ResetDemand, shown: readonly Shown[]): boolean {
  return rowsOf(demand).some((row) => row.every((slot) => slot.some((one) => shown.includes(one))));
}

/** What would lead on from there: beside what was shown, or at the beginning. Empty where it opens already. */
export function missingFor(demand: ResetDemand, shown: readonly Shown[]): Shown[] {
  if (opensAccount(demand, shown)) return [];
  const isFilled = (slot: readonly Shown[]) => slot.some((one) => shown.includes(one));
  const begun = rowsOf(demand).filter((row) => shown.length === 0 || row.some(isFilled) || row.length === 1);
  // Not the first thing that anybody is asked: a code goes before, and stands still.
  const leads = (row: Row, one: Shown) => one !== 'questions' || row.some(isFilled);
  return SHOWN.filter((one) =>
    begun.some((row) => leads(row, one) && row.some((slot) => !isFilled(slot) && slot.includes(one))),
  );
}
