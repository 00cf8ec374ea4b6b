import { createHash } from 'node:crypto';
import type { Message, Prompt } from '../core/prompt.ts';
import type { MethodsNeeds } from './needs.ts';

/** How long an enrolment outside of a sign-in waits, milliseconds. */
const PATIENCE = 15 * 60_000;

/** What a factor waits for, to set something up. */
export interface Pending {
  factor: string;
  prompt: Prompt;
  pending: unknown;
  /** What was wrong with the last answer. */
  error?: Message;
}

export interface Loaded {
  /** The stored text that a change is made on top of. */
  stored: string;
  kept: Pending;
}

const keyOf = (session: string) => `enrolment:${createHash('sha256').update(session).digest('base64url')}`;

/** What is being set up outside of a sign-in: one thing at a time in each session, sealed. */
export function createPendingEnrolments({ ephemeral, sealer }: Pick<MethodsNeeds, 'ephemeral' | 'sealer'>) {
  const sealed = (key: string, pending: Pending): string => sealer.seal(JSON.stringify(pending), key);

  return {
    /** In the place of whatever was under way. */
    async begin(session: string, pending: Pending): Promise<void> {
      await ephemeral.set(keyOf(session), sealed(keyOf(session), pending), PATIENCE);
    },

    async load(session: string): Promise<Loaded | undefined> {
      const stored = await ephemeral.get(keyOf(session));
      return stored === undefined ? undefined : { stored, kept: JSON.parse(sealer.open(stored, keyOf(session))) };
    },

    /** The same prompt again, with what was wrong; of parallel answers the first says it. */
    async again(session: string, { stored, kept }: Loaded, error: Message) {
      const key = keyOf(session);
      await ephemeral.swap(key, stored, sealed(key, { ...kept, error }));
      return { error };
    },

    /** The next prompt in the place of the one answered; of parallel answers the first leads on. */
    async further(session: string, stored: string, next: Pending) {
      const key = keyOf(session);
      const value = sealed(key, next);
      if (!(await ephemeral.swap(key, stored, value, PATIENCE))) return { error: { key: 'already-answered' } };
      return { further: true } as const;
    },

    /**
     * Takes what was answered: of any number of right answers one gets it. What another answer was told meanwhile,
     * as that it came too often, is no other question.
     */
    async take(session: string, { kept }: Loaded): Promise<boolean> {
      const stored = await ephemeral.take(keyOf(session));
      if (stored === undefined) return false;
      const question = ({ factor, pending }: Pending) => JSON.stringify([factor, pending]);
      return question(JSON.parse(sealer.open(stored, keyOf(session)))) === question(kept);
    },
  };
}
