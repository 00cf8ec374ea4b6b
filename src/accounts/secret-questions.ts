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
  latest?: QuestionSet;
  /** What is asked until a change has settled: whoever makes it in a session that isn't theirs lifts nothing. */
  former?: QuestionSet;
  /** When all were removed, epoch milliseconds; only where there are no latest ones. */
  removedAt?: number;
}

/** How they stand: set last then, or removed and asked until then; epoch milliseconds. */
export interface QuestionsStanding {
  setAt?: number;
  askedUntil?: number;
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

const changedAt = ({ latest, removedAt = 0 }: Kept): number => latest?.setAt ?? removedAt;

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
    return now() - changedAt(kept) >= SETTLING ? kept.latest : kept.former;
  }

  const put = (account: string, next: Kept, version: number): Promise<boolean> =>
    state.set(account, sealer.seal(JSON.stringify(next), contextOf(account)), version);

  /** As they stand; of what isn't asked any more no answer stays. */
  async function present(account: string) {
    const { kept, version } = await read(account);
    const serving = servingOf(kept);
    if (kept?.former && serving !== kept.former)
      await put(account, kept.latest ? { latest: kept.latest } : {}, version);
    return { kept, serving };
  }

  return {
    async standing(account: string): Promise<QuestionsStanding> {
      const { kept, serving } = await present(account);
      if (kept?.latest) return { setAt: kept.latest.setAt };
      return kept && serving ? { askedUntil: changedAt(kept) + SETTLING } : {};
    },

    /** Those that are asked at this moment: the latest that were set three days ago or earlier. */
    serving: async (account: string): Promise<QuestionSet | undefined> => (await present(account)).serving,

    /** As good as never set, once that has settled; false where somebody else was faster. */
    async remove(account: string): Promise<boolean> {
      const { kept, version } = await read(account);
      if (kept?.latest === undefined) return true;
      const former = servingOf(kept);
      return put(account, former ? { former, removedAt: now() } : {}, version);
    },

    /** In the place of all that there were; false where somebody else was faster. */
    async replace(account: string, fresh: readonly Omit<SecretQuestion, 'id'>[]): Promise<boolean> {
      const { kept, version } = await read(account);
      const former = servingOf(kept);
      const questions = fresh.map((one) => ({ ...one, id: newId() }));
      const next: Kept = { latest: { id: newId(), questions, setAt: now() }, ...(former ? { former } : {}) };
      return put(account, next, version);
    },
  };
}

export type SecretQuestions = ReturnType<typeof createSecretQuestions>;
