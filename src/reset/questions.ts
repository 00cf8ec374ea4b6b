import { createHmac } from 'node:crypto';
import type { AuditFacts } from '../accounts/holds.ts';
import type { PasswordStates } from '../accounts/passwords/state.ts';
import { faultOf, normalAnswer, type Typed } from '../accounts/secret-answers.ts';
import { ASKED, type QuestionSet, type SecretQuestions } from '../accounts/secret-questions.ts';
import type { Account } from '../core/account.ts';
import { hasCode } from '../core/errors.ts';
import type { Budget, LimitPort } from '../core/limit.ts';
import type { Answer, Message } from '../core/prompt.ts';
import type { Methods } from '../methods/methods.ts';
import type { ResetNeeds } from './needs.ts';
import type { Registered, Registering } from './registering.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Wrong answers to one account's questions, whoever gives them, in a day and in 30; and to everybody's in an hour. */
const WRONG = { day: 5, month: 20, installation: 600 } as const;
/** Of an hour for one account: each costs five hashes. */
const CHANGES = 6;

/** Which are asked of an account: of `set`, by their ids. */
export interface AskedQuestions {
  set: string;
  asked: readonly string[];
}

interface Parts {
  limit: LimitPort;
  methods: Methods;
  passwordStates: PasswordStates;
  secretQuestions: SecretQuestions;
}

/** The field of the answer to the one at this place. */
export const answerField = (at: number): string => `answer${at + 1}`;

/**
 * Secret questions, which NIST SP 800-63B-4 forbids: set by owners and asked beside a code, where a profile has them.
 * They only ever add to what is asked.
 */
export function createSecretQuestioning(
  { audit, hashing, macKeys, now }: Pick<ResetNeeds, 'audit' | 'hashing' | 'macKeys' | 'now'>,
  { limit, methods, passwordStates, secretQuestions }: Parts,
) {
  const allowed = (account: Account): boolean => passwordStates.profileOf(account).reset.legacySecretQuestions;
  const serving = async (account: Account): Promise<QuestionSet | undefined> =>
    allowed(account) ? secretQuestions.serving(account.id) : undefined;

  function budgets(of: string): Budget[] {
    return [
      { name: 'questions-day', of, most: WRONG.day, per: DAY },
      { name: 'questions-month', of, most: WRONG.month, per: 30 * DAY },
      { name: 'questions', of: '', most: WRONG.installation, per: HOUR, shared: true },
    ];
  }

  const busy = () => ({ error: { key: 'already-answered' } });

  return {
    /** Whether they are there to be set by this account's owner. */
    allowed,

    /** Those that are asked of this account, whatever way leads there. */
    serving,

    /** The same ones for a day, in whichever try: whoever begins anew, or loads anew, can't wait for easier ones. */
    async choose(account: Account): Promise<AskedQuestions | undefined> {
      const set = await serving(account);
      if (set === undefined) return undefined;
      const day = Math.floor(now() / DAY);
      const rank = (id: string) =>
        createHmac('sha256', macKeys[0] as Uint8Array)
          .update(`secret-questions:${id}:${day}`)
          .digest('hex');
      const ranked = set.questions.map(({ id }) => ({ id, rank: rank(id) })).sort((a, b) => (a.rank < b.rank ? -1 : 1));
      return { set: set.id, asked: ranked.slice(0, ASKED).map(({ id }) => id) };
    },

    /** What is asked, in its owner's words or as a name of the given list. */
    async shown(account: Account, { set, asked }: AskedQuestions) {
      const there = await serving(account);
      const found = there?.id === set ? there.questions.filter(({ id }) => asked.includes(id)) : [];
      return found.map(({ question }) => question);
    },

    /** Whether all are right: counted before it is looked at, and the same work wherever one is wrong. */
    async check(
      account: Account,
      { set, asked }: AskedQuestions,
      answer: Answer,
    ): Promise<'right' | 'wrong' | 'gone' | 'spent'> {
      const there = await serving(account);
      if (there?.id !== set) return 'gone';
      const at = now();
      const counted = budgets(account.id);
      if (!(await limit.count(counted)).allowed) return 'spent';
      const found = there.questions.filter(({ id }) => asked.includes(id));
      const looked = found.map(({ hash }, place) =>
        hashing.matches(hash, normalAnswer(answer[answerField(place)] ?? '')),
      );
      try {
        const right = await Promise.all(looked);
        if (right.length !== ASKED || right.includes(false)) return 'wrong';
      } catch (error) {
        // There was no time to look at them.
        if (hasCode(error, 'ERR_OVERLOADED')) await limit.giveBack(counted, at);
        throw error;
      }
      await limit.giveBack(counted, at);
      return 'right';
    },

    /** Five in the place of whatever was set: told to all mailboxes, by the audit, before it is so. */
    async set(
      { account, right }: Omit<Registering, 'session'>,
      all: readonly Typed[],
      facts: AuditFacts,
    ): Promise<Exclude<Registered, { error: unknown }> | { error: Message; at?: number }> {
      const { username, name, email } = account;
      const wrong = faultOf(all, [username, name, ...(email ? [email] : [])]);
      if (wrong)
        return { error: { key: `questions.fault.${wrong.fault}`, values: { number: wrong.at + 1 } }, at: wrong.at };
      const changes = await limit.count([{ name: 'questions-set', of: account.id, most: CHANGES, per: HOUR }]);
      if (!changes.allowed) {
        return { error: { key: 'questions.wait', values: { count: Math.ceil(changes.retryAfter / 60_000) } } };
      }
      const fresh = await Promise.all(
        all.map(async ({ question, answer }) => ({ question, hash: await hashing.hash(normalAnswer(answer)) })),
      );
      return methods.exercise<'done' | 'lost' | { error: Message }>(
        { account: account.id, right, busy, lost: () => 'lost' },
        async () => {
          if (!allowed(account)) return 'lost';
          await audit.commit({ ...facts, event: 'questions.set', account: account.id });
          return (await secretQuestions.replace(account.id, fresh)) ? 'done' : busy();
        },
      );
    },

    /** None any more, once those that are asked have been for three more days: told as setting them is. */
    remove(
      { account, right }: Omit<Registering, 'session'>,
      facts: AuditFacts,
    ): Promise<'done' | 'lost' | { error: Message }> {
      return methods.exercise<'done' | 'lost' | { error: Message }>(
        { account: account.id, right, busy, lost: () => 'lost' },
        async () => {
          if ((await secretQuestions.standing(account.id)).setAt === undefined) return 'done';
          await audit.commit({ ...facts, event: 'questions.removed', account: account.id });
          return (await secretQuestions.remove(account.id)) ? 'done' : busy();
        },
      );
    },
  };
}

export type SecretQuestioning = ReturnType<typeof createSecretQuestioning>;
