import { createHash } from 'node:crypto';
import type { Message, Prompt } from '../core/prompt.ts';
import type { Asker } from '../core/strangers.ts';
import type { Shown } from '../policy/index.ts';
import type { ResetNeeds } from './needs.ts';
import type { AskedQuestions } from './questions.ts';

/** How long one waits for what comes next, milliseconds; codes that it sent are good no longer. */
export const PATIENCE = 30 * 60_000;
/** A code by text message (NIST SP 800-63B-4 section 4.2.1.2). */
export const TEXT_VALID = 10 * 60_000;
/** Wrong answers of one: of 40 random bits nobody guesses any, and another one can be begun. */
export const MOST_WRONG = 5;
/** Messages of one. */
export const MOST_SENT = 3;

/** What was shown, and by which credential or contact. */
export interface Evidence {
  kind: Shown;
  by: string;
  /** When; of a code that was sent, when it was. Epoch milliseconds. */
  at: number;
}

export type Stage =
  | { at: 'ways' }
  /** A code was sent, if there is anybody and anything to send it to. */
  | { at: 'sent'; way: 'mail' | 'text'; code: string; sentAt: number }
  /** A code that one has is typed. */
  | { at: 'typed'; way: 'saved' | 'issued' }
  | { at: 'prompt'; factor: string; prompt: Prompt; pending: unknown; opens?: true }
  | ({ at: 'questions' } & AskedQuestions)
  | { at: 'new-password' }
  /** `works`: from when on the new one does, epoch milliseconds, where that isn't at once. */
  | { at: 'done'; works?: number }
  /** Too much was wrong, or something ended it. */
  | { at: 'over' };

export interface State {
  /** Hash of the secret of the browser that asked. */
  bond: string;
  /** Which step it is at: an answer to any other is none. */
  nonce: string;
  /** As typed. Whether anybody goes by it isn't looked at before something is shown. */
  name: string;
  /** Whose it is, once that was shown, and the generation that it was shown in. */
  account?: { id: string; generation: number };
  stage: Stage;
  shown: readonly Evidence[];
  wrong: number;
  sent: number;
  error?: Message & { factor?: string };
}

export interface Loaded {
  state: State;
  stored: string;
}

const keyOf = (id: string): string => `reset:{${createHash('sha256').update(id).digest('base64url')}}`;

/** Where each stands: sealed, under the hash of its id, changed by compare-and-set only. */
export function createStates({
  ephemeral,
  sealer,
  strangers,
  random,
}: Pick<ResetNeeds, 'ephemeral' | 'sealer' | 'strangers' | 'random'>) {
  const sealed = (key: string, state: State): string => sealer.seal(JSON.stringify(state), key);

  return {
    nonce: (): string => Buffer.from(random(12)).toString('base64url'),

    /** Throws TooManyError where its asker has begun too much. */
    async begin(id: string, state: State, browser: Asker['browser']): Promise<void> {
      const key = keyOf(id);
      const value = sealed(key, state);
      await strangers.admit({ key, value, ttl: PATIENCE }, { browser });
      await ephemeral.add(key, value, PATIENCE);
    },

    async load(id: string): Promise<Loaded | undefined> {
      const stored = await ephemeral.get(keyOf(id));
      return stored === undefined ? undefined : { stored, state: JSON.parse(sealer.open(stored, keyOf(id))) as State };
    },

    /** False if another answer was first. A stranger's stays no longer than it is counted, whatever is answered. */
    async save(id: string, { stored, state: before }: Loaded, state: State): Promise<Loaded | undefined> {
      const key = keyOf(id);
      const value = sealed(key, state);
      const known = state.account !== undefined;
      if (!(await ephemeral.swap(key, stored, value, known ? PATIENCE : undefined))) return undefined;
      if (known && before.account === undefined) await strangers.release(key);
      return { stored: value, state };
    },

    /** Of any number of callers one takes it. */
    take: async (id: string): Promise<boolean> => (await ephemeral.take(keyOf(id))) !== undefined,
  };
}

export type States = ReturnType<typeof createStates>;
