import type { Confirmed, FactorContext, Further, Refused } from '../../core/challenge.ts';
import type { Enrols } from '../../core/factor-powers.ts';
import { givenName } from '../../core/naming.ts';
import type { Answer } from '../../core/prompt.ts';
import type { Conversions } from './conversions.ts';
import type { Dispatch } from './dispatch.ts';
import { readNumber } from './numbers.ts';
import { askCode, askNumber } from './prompts.ts';
import type { Data, Enrolling, Pending } from './schemas.ts';
import type { Settings } from './settings.ts';
import { defaultName } from './texts.ts';
import { faultOf, proofAt, refuse } from './verify.ts';

type Numbering = Extract<Pending, { kind: 'number' }>;

interface Parts {
  now(): number;
  /** From when on another message can be asked for. */
  after(): number;
  dispatch: Dispatch;
  conversions: Conversions;
}

/** A number is typed, and a code that went there shows that it is the person's. */
export function createEnrolling(
  { countries }: Settings,
  { now, after, dispatch, conversions }: Parts,
): Enrols<Data, Pending> {
  async function number(
    pending: Numbering,
    answer: Answer,
    context: FactorContext | undefined,
  ): Promise<Further<Pending> | Refused> {
    const read = readNumber(answer.code ?? '', countries);
    if ('fault' in read) {
      return { outcome: 'refused', message: { key: `number.${read.fault}` }, reason: `number: ${read.fault}` };
    }
    if (pending.numbers.includes(read.number)) {
      return { outcome: 'refused', message: { key: 'number.taken' }, reason: 'number: taken' };
    }
    const { account, locale, names } = pending;
    const name = givenName(answer.name) ?? defaultName(locale ?? context?.locale, read.number, names);
    const to = { account, number: read.number, locale };
    const next: Enrolling = { kind: 'enrol', account, locale, number: read.number, name };
    const result = await dispatch(to, context);
    // The form stays as it is: another number, or another moment.
    if (!('sent' in result)) return { outcome: 'refused', message: result.message, reason: result.reason };
    const prompt = askCode({ number: read.number, after: after() }, true);
    return { outcome: 'further', prompt, pending: { ...next, sent: result.sent } };
  }

  async function confirm(
    pending: Pending,
    answer: Answer,
    context?: FactorContext,
  ): Promise<Confirmed<Data> | Refused | Further<Pending>> {
    if (pending.kind === 'number') return number(pending, answer, context);
    if (pending.kind !== 'enrol') return refuse('expired');
    const fault = faultOf(pending.sent, answer, now());
    if (fault) return fault;
    if (pending.sent) await conversions.cameBack(pending.sent);
    const data: Data = { number: pending.number, ...(pending.sent ? { used: pending.sent.id } : {}) };
    const name = givenName(answer.name) ?? pending.name;
    return { outcome: 'confirmed', data, name, proof: proofAt(now()) };
  }

  return {
    begin: async (account, existing) => ({
      prompt: askNumber(),
      pending: {
        kind: 'number',
        account: account.id,
        locale: account.locale,
        numbers: existing.map(({ data }) => data.number),
        names: existing.map(({ name }) => name),
      },
    }),
    confirm,
  };
}
