/**
 * What people do who have forgotten their password: register beforehand by what a code can reach them, and show enough
 * to be given another one. A flow of its own, bound to the browser that asked; nobody is signed in by it. It needs the
 * rooms below, whoever sends messages, and the stores.
 */
import type { AccountsRoom } from '../accounts/index.ts';
import type { AssuranceRoom } from '../assurance/index.ts';
import { createLimits, type LockoutRoom } from '../lockout/index.ts';
import type { MethodsRoom } from '../methods/index.ts';
import { createDemands } from './demands.ts';
import { createFlow } from './flow.ts';
import { createHuman } from './human.ts';
import { createMessages } from './messages.ts';
import { createMoves } from './moves.ts';
import type { ResetNeeds } from './needs.ts';
import { createOffers } from './offers.ts';
import { createProving } from './proving.ts';
import { createSecretQuestioning } from './questions.ts';
import { createRegistering } from './registering.ts';
import { createStates } from './states.ts';
import { createView } from './view.ts';
import { createResetWaiting } from './waiting.ts';

export type { Question } from './human.ts';
export type { ResetNeeds, ResetSettings, SlowHash } from './needs.ts';
export type { Way } from './offers.ts';
export { answerField } from './questions.ts';
export { PATIENCE } from './states.ts';
export type { ResetStep } from './view.ts';

export function resetRoom(needs: ResetNeeds, below: LockoutRoom & AccountsRoom & AssuranceRoom & MethodsRoom) {
  const limit = createLimits(needs, 'reset');
  const questioning = createSecretQuestioning(needs, { ...below, limit });
  const demands = createDemands(needs, { ...below, questioning });
  const messages = createMessages(needs, { ...below, demands, limit });
  const proving = createProving(needs, { ...below, demands, questioning });
  const offers = createOffers(needs, { demands, questioning });
  const states = createStates(needs);
  const view = createView({ ...below, demands, offers, questioning });
  const moves = createMoves(needs, { demands, messages, offers, states, view });
  return {
    reset: {
      ...createFlow(needs, { ...below, demands, limit, moves, proving, states, view }),
      /** Where it is done. */
      at: needs.reset.at,
      contactRules: needs.reset.contacts,
      human: createHuman(needs, { limit }),
      waiting: createResetWaiting(needs, states),
      close: messages.close,
    },
    questioning,
    registering: createRegistering(needs, { ...below, limit: createLimits(needs, 'contacts') }),
  };
}

export type ResetRoom = ReturnType<typeof resetRoom>;
