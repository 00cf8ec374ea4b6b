/**
 * One person's way through for one application, from the request to its outcome, and nothing else: what is asked next,
 * what an answer changes, what is shown meanwhile. It needs the rooms below and the ephemeral store, and knows no HTTP.
 */
import type { AccountsRoom } from '../accounts/index.ts';
import type { AssuranceRoom } from '../assurance/index.ts';
import type { LockoutRoom } from '../lockout/index.ts';
import type { MethodsRoom } from '../methods/index.ts';
import { createDispatcher } from './advance.ts';
import { createElsewhere } from './elsewhere.ts';
import { createJourney } from './journey.ts';
import { createLeaving } from './leaving.ts';
import { createLook } from './look.ts';
import type { SignInNeeds } from './needs.ts';
import { createProgress } from './progress.ts';
import { createReactions } from './reactions.ts';
import { createStates } from './states.ts';
import { createWaiting } from './waiting.ts';

export type { Journey } from './journey.ts';
export type { SignInNeeds } from './needs.ts';

export function signInRoom(needs: SignInNeeds, below: LockoutRoom & AccountsRoom & AssuranceRoom & MethodsRoom) {
  const states = createStates(needs);
  const dispatcher = createDispatcher(needs, below);
  const progress = createProgress(needs, { states, dispatcher });
  const react = createReactions(needs, { ...below, states, dispatcher, progress });
  const waiting = createWaiting(needs, { ...below, states });
  const look = createLook({ progress, react, waiting });
  const leaving = createLeaving(needs, { ...below, dispatcher, progress });
  const parts = { ...below, dispatcher, states, progress, react, look, waiting, leaving };
  return { journey: createJourney(parts), journeyOf: createElsewhere(needs, parts), waiting };
}

export type SignInRoom = ReturnType<typeof signInRoom>;
