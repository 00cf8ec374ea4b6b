import type { Account } from '../../../core/account.ts';
import type { Challenge, Confirmed, Refused } from '../../../core/challenge.ts';
import { givenName } from '../../../core/naming.ts';
import type { Answer, ChoicePrompt, CodePrompt } from '../../../core/prompt.ts';
import { typedDigits } from '../../../core/typed.ts';
import { tokenName } from '../names.ts';
import { type Chooser, type Enrolled, type HeldData, isHeld, type Pending, type Person } from '../schemas.ts';
import { proofAt, refuse } from '../verify.ts';
import { inStep } from './moving.ts';
import type { Tokens } from './store.ts';
import { type Limits, normaliseSerial } from './token.ts';

type Claim = Extract<Pending, { kind: 'claim' }>;

/** Under which a token's credential can be found, and which only one can have. */
export const lookupOf = (serial: string): string[] => [`token:${serial}`];

export function personOf(account: Account, existing: readonly Enrolled[]): Person {
  const { id, username, locale } = account;
  return { id, username, names: existing.map(({ name }) => name), ...(locale === undefined ? {} : { locale }) };
}

export function chooserOf(account: Account, existing: readonly Enrolled[]): Chooser {
  const held = Object.fromEntries(existing.filter(isHeld).map(({ id, data }) => [data.serial, id]));
  return { account: personOf(account, existing), held };
}

/** First question, where there are tokens: an app, or a token that the person holds. */
export function choose({ account, held }: Chooser): Challenge<Pending> {
  const prompt: ChoicePrompt = {
    kind: 'choice',
    title: { key: 'choose.title' },
    options: [
      { value: 'app', label: { key: 'choose.app' }, hint: { key: 'choose.app.hint' } },
      { value: 'token', label: { key: 'choose.token' }, hint: { key: 'choose.token.hint' } },
    ],
  };
  return { prompt, pending: { kind: 'choose', account, held } };
}

/** Serial number and two consecutive codes. */
export function askForToken({ account, held }: Chooser): Challenge<Pending> {
  const prompt: CodePrompt = {
    kind: 'code',
    title: { key: 'claim.title' },
    text: { key: Object.keys(held).length > 0 ? 'claim.text.held' : 'claim.text' },
    fields: [
      { name: 'serial', label: { key: 'claim.serial' }, hint: { key: 'claim.serial.hint' }, numeric: false },
      { name: 'first', label: { key: 'claim.first' }, numeric: true },
    ],
    label: { key: 'claim.second' },
    numeric: true,
    restart: { key: 'choose.back' },
  };
  return { prompt, pending: { kind: 'claim', account, held } };
}

/**
 * Gives a token to who holds it, or brings in step one that is theirs already. One answer for everything that is
 * wrong, after the same work: neither which serial numbers there are nor which are taken is told. The journey counts
 * each answer.
 */
export async function claim(
  pending: Claim,
  answer: Answer,
  { now, limits, tokens }: { now: number; limits: Limits; tokens: Tokens },
): Promise<Confirmed<HeldData> | Refused> {
  const wrong: Refused = { outcome: 'refused', message: { key: 'claim.wrong' }, reason: 'token' };
  const serial = normaliseSerial(answer.serial ?? '');
  const [first, second] = [typedDigits(answer.first), typedDigits(answer.code)];
  if (serial === undefined || first === undefined || second === undefined) return { ...wrong, reason: 'malformed' };
  const { account, held } = pending;
  const kept = await tokens.lookFor(serial);
  const mine = kept.found && (kept.token.holder?.account ?? account.id) === account.id;
  const moved = inStep(kept.token, first, second, now, limits);
  if (!mine || moved === undefined) return { ...wrong, reason: mine ? 'wrong' : 'no-token' };
  const holder = moved.holder ?? { account: account.id, username: account.username, at: now };
  // Of two who claim it at once one gets it, and of parallel answers one is taken.
  if (!(await tokens.save(kept, { ...moved, holder }))) return refuse('used');
  const renews = Object.hasOwn(held, serial) ? held[serial] : undefined;
  return {
    outcome: 'confirmed',
    data: { serial, digits: moved.digits },
    name: givenName(answer.name) ?? tokenName(account.locale, serial),
    lookup: lookupOf(serial),
    proof: proofAt(now),
    ...(renews === undefined ? {} : { renews }),
  };
}
