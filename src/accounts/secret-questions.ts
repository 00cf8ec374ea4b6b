import type { SealedPlace } from '../core/sealed.ts';
import { SETTLING } from './contacts.ts';
import type { AccountsNeeds } from './needs.ts';
import type { Asking } from './secret-answers.ts';

/** How many an account has, and how many of them are asked; each of those must be right. */
export const QUESTIONS = 5;
export const ASKED = 3;

export interface SecretQuestion {
  id: string;
  question: Asking;
  /** Of the normal answer, as the hasher makes it. */
  hash: string;
}

/** Five that were set together. */
export interface QuestionSet {
  id: string;
  questions: readonly SecretQuestion[];
  /** Epoch milliseconds. */
  setAt: number;
}

interface Kept {
  latest: QuestionSet;
  /** What is asked until the latest has settled: whoever changes them in a session that isn't theirs lifts nothing. */
  former?: QuestionSet;
}

const NAMESPACE = 'secret-questions';
const contextOf = (account: string): string => `secret-questions:${account}`;

/** Where they lie. */
export const secretQuestionsPlace: SealedPlace = {
  what: 'secret questions for forgotten passwords',
  table: 'state',
  namespace: NAMESPACE,
  contextOf,
};

/** What people set where an operator wrote `legacySecretQuestions`: by account, answers hashed, all sealed, durable. */
export function createSecretQuestions({
  durable,
  sealer,
  now,
  random,
}: Pick<AccountsNeeds, 'durable' | 'sealer' | 'now' | 'random'>) {
  const state = durable.state(NAMESPACE);
  const newId = (): string => Buffer.from(random(12)).toString('base64url');

  async function read(account: string) {
    const row = await state.get(account);
    const kept = row && (JSON.parse(sealer.open(row.value, contextOf(account))) as Kept);
    return { kept, version: row?.version ?? 0 };
  }

  function servingOf(kept: Kept | undefined): QuestionSet | undefined {
    if (kept === undefined) return undefined;
    return now() - kept.latest.setAt >= SETTLING ? kept.latest : kept.former;
  }

  return {
    /** When they were set last, epoch milliseconds. */
    setAt: async (account: string): Promise<number | undefined> => (await read(account)).kept?.latest.setAt,

    /** Those that are asked at this moment: the latest that were set three days ago or earlier. */
    serving: async (account: string): Promise<QuestionSet | undefined> => servingOf((await read(account)).kept),

    /** In the place of all that there were; false where somebody else was faster. */
    async replace(account: string, fresh: readonly Omit<SecretQuestion, 'id'>[]): Promise<boolean> {
      const { kept, version } = await read(account);
      const former = servingOf(kept);
      const questions = fresh.map((one) => ({ ...one, id: newId() }));
      const next: Kept = { latest: { id: newId(), questions, setAt: now() }, ...(former ? { former } : {}) };
      return state.set(account, sealer.seal(JSON.stringify(next), contextOf(account)), version);
    },
  };
}

export type SecretQuestions = ReturnType<typeof createSecretQuestions>;
