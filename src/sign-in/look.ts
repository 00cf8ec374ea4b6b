import type { Browser } from '../core/browser.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import type { Progress } from './progress.ts';
import type { Reactions } from './reactions.ts';
import type { State } from './steps.ts';
import type { Waits } from './waiting.ts';

interface Parts {
  progress: Progress;
  react: Reactions;
  waiting: Waits;
}

/** Where a sign-in stands. An answer that came from elsewhere is noticed here by whoever doesn't listen. */
export function createLook({ progress, react, waiting }: Parts) {
  return async function look(request: SignInRequest, browser: Browser): Promise<State> {
    const { state } = await progress.load(request, browser);
    const awaited = waiting.awaitedIn(request, state);
    return awaited && (await waiting.isOver(awaited)) ? react.answer(request, browser, {}, state.nonce) : state;
  };
}

export type Look = ReturnType<typeof createLook>;
