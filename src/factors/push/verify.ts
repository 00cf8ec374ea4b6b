import type { Account } from '../../core/account.ts';
import type { Proved, Refused, Waiting } from '../../core/challenge.ts';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { Answer, Message, Prompt } from '../../core/prompt.ts';
import { typedDigits } from '../../core/typed.ts';
import { CODES, findStep } from './codes.ts';
import { askAgain, askElsewhere } from './prompts.ts';
import { proofAt } from './proof.ts';
import type { Requests } from './requests.ts';
import { type Challenging, type Data, type Enrolled, isSuspended } from './schemas.ts';

export function refuse(reason: string, message: Message, prompt?: Prompt): Refused {
  return { outcome: 'refused', reason, message, ...(prompt ? { prompt } : {}) };
}

/** Whether a code was typed: the page's own form asks without one. */
export const isTyped = (code: string | undefined): code is string => code !== undefined && code.trim() !== '';

type Verdict = Proved<Data> | Refused | Waiting;

/** What a page's answer comes to: what the phone said meanwhile, or a code of the app's. */
export function createVerification({ now }: Pick<FactorPorts, 'now'>, requests: Requests) {
  /** Another one can be asked for, which nobody did yet. */
  async function over(account: string, why: string): Promise<Waiting> {
    return { outcome: 'waiting', prompt: askAgain({ key: `over.${why}` }, await requests.nextAfter(account)) };
  }

  /** The code of any of the devices asked. Each counts once: the step is stored before the proof counts. */
  async function code(able: readonly Enrolled[], typed: string, account: Account): Promise<Verdict> {
    const digits = typedDigits(typed, CODES.digits);
    if (digits === undefined) return refuse('malformed', { key: 'code.wrong' });
    let used = false;
    for (const { id, data } of able) {
      const step = findStep(data.codes, digits, now());
      if (step !== undefined && step <= data.lastStep) used = true;
      if (step === undefined || step <= data.lastStep) continue;
      // The phone is here: nothing is asked of it any more.
      await requests.forget(account.id);
      const proof = { ...proofAt(now(), ['otp']), credential: id };
      return { outcome: 'proved', proof, update: { credential: id, data: { ...data, lastStep: step } } };
    }
    return used ? refuse('used', { key: 'code.used' }) : refuse('wrong', { key: 'code.wrong' });
  }

  async function settled(request: string, able: readonly Enrolled[], account: string): Promise<Verdict> {
    const outcome = await requests.settle(account, request);
    switch (outcome.kind) {
      case 'waiting':
        return { outcome: 'waiting' };
      case 'approved': {
        const by = able.find(({ id }) => id === outcome.by);
        // Removed or suspended in the meantime.
        if (by === undefined) return refuse('changed', { key: 'over.gone' }, (await over(account, 'gone')).prompt);
        const proof = { ...proofAt(outcome.at), credential: by.id };
        return { outcome: 'proved', proof, update: { credential: by.id, data: by.data } };
      }
      case 'wrong-number':
        return refuse('wrong number', { key: 'over.wrong-number' }, (await over(account, 'ended')).prompt);
      case 'reported':
        return refuse('reported', { key: 'over.reported' }, askElsewhere({ key: 'over.suspended' }));
      default:
        return over(account, outcome.kind);
    }
  }

  return {
    async verify(
      pending: Challenging,
      credentials: readonly Enrolled[],
      answer: Answer,
      account: Account | undefined,
    ): Promise<Verdict> {
      if (account === undefined || account.id !== pending.account) return refuse('changed', { key: 'over.gone' });
      const able = credentials.filter((one) => pending.credentials.includes(one.id) && !isSuspended(one));
      if (isTyped(answer.code)) return code(able, answer.code, account);
      // Nothing was sent: it can be asked for, once the wait is over.
      if (pending.request === undefined) return { outcome: 'waiting' };
      return settled(pending.request, able, account.id);
    },
  };
}
