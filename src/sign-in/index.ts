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
import { createFollowing } from './following.ts';
import { createJourney } from './journey.ts';
import { createLeading } from './leading.ts';
import { createLeaving } from './leaving.ts';
import { createLook } from './look.ts';
import type { SignInNeeds } from './needs.ts';
import { createProgress } from './progress.ts';
import { createReactions } from './reactions.ts';
import { createStates } from './states.ts';
import { createWaiting } from './waiting.ts';

export type { Clues, HouseAt, HouseChoice, Offered } from './houses/index.ts';
export type { Journey } from './journey.ts';
export type { SignInNeeds } from './needs.ts';

export function signInRoom(needs: SignInNeeds, below: LockoutRoom & AccountsRoom & AssuranceRoom & MethodsRoom) {
  const states = createStates(needs);
  const dispatcher = createDispatcher(needs, below);
  const progress = createProgress({ states, dispatcher, follow: createFollowing(needs, below) });
  const leading = createLeading(needs, { dispatcher, progress });
  const react = createReactions(needs, { ...below, states, dispatcher, progress, leading });
  const waiting = createWaiting(needs, { ...below, states });
  const look = createLook({ progress, react, waiting });
  const leaving = createLeaving(needs, { ...below, dispatcher, progress });
  const parts = { ...below, dispatcher, states, progress, react, look, waiting, leading, leaving };
  const { houses } = dispatcher.offers;
  return { journey: createJourney(parts), journeyOf: createElsewhere(needs, parts), waiting, houseChoice: houses };
}

export type SignInRoom = ReturnType<typeof signInRoom>;
