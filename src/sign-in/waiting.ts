import { type Awaited, awaitedBy, changedOf } from '../accounts/exchange.ts';
import { TooManyError } from '../core/errors.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import type { Enrolment } from '../methods/enrolment.ts';
import type { SignInNeeds } from './needs.ts';
import type { States } from './states.ts';
import type { State } from './steps.ts';

export type { Awaited };

/** Between two looks of somebody who waits: a call that says that it has changed may get lost. Milliseconds. */
const LOOK = 5_000;

/** Of one sign-in at once: a door may ask again before it knows that who asked first is gone. */
const MOST_WAITERS = 5;

/** What the pages wait for whose answer comes from elsewhere. It only reads: whatever comes of an answer, the page asks for. */
export function createWaiting(
  { ephemeral, now }: Pick<SignInNeeds, 'ephemeral' | 'now'>,
  { states, enrolment }: { states: States; enrolment: Enrolment },
) {
  /** How many wait here, by owner. */
  const waiters = new Map<string, number>();

  function awaitedIn(request: SignInRequest, { stage }: State): Awaited | undefined {
    if (stage.at !== 'method' && stage.at !== 'enrol') return undefined;
    return awaitedBy(stage.factor, stage.prompt, `sign-in ${request.id}`);
  }

  /** Of a sign-in's page that shows this step; undefined where it shows another one by now, or waits for nothing. */
  async function ofSignIn(request: SignInRequest, step: string): Promise<Awaited | undefined> {
    const state = (await states.load(request))?.state;
    return state === undefined || state.nonce !== step ? undefined : awaitedIn(request, state);
  }

  /** Whether the answer has come, or can't any more. */
  async function isOver({ topic, expires }: Awaited): Promise<boolean> {
    const [changed] = await changedOf(ephemeral, [topic]);
    return changed === true || now() >= expires;
  }

  async function wait(
    awaited: Awaited,
    stands: () => Promise<boolean>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    let wake = () => {};
    const leave = await ephemeral.subscribe(awaited.topic, () => wake());
    const aborted = () => wake();
    signal?.addEventListener('abort', aborted);
    try {
      for (;;) {
        // Before it is looked at: a call that comes meanwhile isn't lost.
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        if (signal?.aborted || (await isOver(awaited)) || !(await stands())) return;
        const timer = setTimeout(resolve, Math.max(1, Math.min(LOOK, awaited.expires - now())));
        await promise;
        clearTimeout(timer);
      }
    } finally {
      signal?.removeEventListener('abort', aborted);
      leave();
    }
  }

  return {
    ofSignIn,
    awaitedIn,
    isOver,

    /**
     * Until it is over, or doesn't stand any more, or the signal is aborted.
     *
     * @throws TooManyError where as many wait for it as may
     */
    async until(awaited: Awaited, stands: () => Promise<boolean>, signal: AbortSignal | undefined): Promise<void> {
      const { owner } = awaited;
      const open = waiters.get(owner) ?? 0;
      if (open >= MOST_WAITERS) throw new TooManyError(`${open} wait for the same answer`, LOOK);
      waiters.set(owner, open + 1);
      try {
        await wait(awaited, stands, signal);
      } finally {
        const left = (waiters.get(owner) ?? 1) - 1;
        if (left > 0) waiters.set(owner, left);
        else waiters.delete(owner);
      }
    },

    /** Of a page that sets a method up. */
    async ofEnrolment(session: string, factor: string): Promise<Awaited | undefined> {
      const underWay = await enrolment.underWay(session, factor);
      return underWay && awaitedBy(factor, underWay.prompt, `enrolment ${session}`);
    },

    /** Which of these topics have changed. */
    changed: (topics: readonly string[]): Promise<boolean[]> => changedOf(ephemeral, topics),
  };
}

export type Waits = ReturnType<typeof createWaiting>;
