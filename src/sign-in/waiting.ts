import { createHash } from 'node:crypto';
import { changedOf, topicOf } from '../accounts/exchange.ts';
import type { Prompt } from '../core/prompt.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import type { Enrolment } from '../methods/enrolment.ts';
import type { SignInNeeds } from './needs.ts';
import type { States } from './states.ts';

/** What a page waits for. */
export interface Awaited {
  /** Published when the answer has come, by whatever channel. */
  topic: string;
  /** Whose page it is: so many of one may be open at once. */
  owner: string;
  /** Until when it may come, epoch milliseconds. */
  expires: number;
}

/** What a prompt of a factor waits for; nothing where it is to be answered on the page. */
function awaitedBy(factor: string, prompt: Prompt): Pick<Awaited, 'topic' | 'expires'> | undefined {
  if (prompt.kind !== 'number' && prompt.kind !== 'wait') return undefined;
  const { waits, expires } = prompt;
  return waits === undefined || expires === undefined ? undefined : { topic: topicOf(factor, waits), expires };
}

const named = (owner: string): string => createHash('sha256').update(owner).digest('base64url');

/** What the pages wait for whose answer comes from elsewhere. It only reads: whatever comes of an answer, the page asks for. */
export function createWaiting(
  { ephemeral }: Pick<SignInNeeds, 'ephemeral'>,
  { states, enrolment }: { states: States; enrolment: Enrolment },
) {
  return {
    /** Of a sign-in's page that shows this step; undefined where it shows another one by now, or waits for nothing. */
    async ofSignIn(request: SignInRequest, step: string): Promise<Awaited | undefined> {
      const state = (await states.load(request))?.state;
      if (state === undefined || state.nonce !== step) return undefined;
      const { stage } = state;
      if (stage.at !== 'method' && stage.at !== 'enrol') return undefined;
      const awaited = awaitedBy(stage.factor, stage.prompt);
      return awaited && { ...awaited, owner: named(`sign-in ${request.id}`) };
    },

    /** Of a page that sets a method up. */
    async ofEnrolment(session: string, factor: string): Promise<Awaited | undefined> {
      const underWay = await enrolment.underWay(session, factor);
      const awaited = underWay && awaitedBy(factor, underWay.prompt);
      return awaited && { ...awaited, owner: named(`enrolment ${session}`) };
    },

    /** Which of these topics have changed. */
    changed: (topics: readonly string[]): Promise<boolean[]> => changedOf(ephemeral, topics),
  };
}

export type Waits = ReturnType<typeof createWaiting>;
