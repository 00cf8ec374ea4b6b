import { type Awaited, awaitedBy, changedOf } from '../accounts/exchange.ts';
import type { ResetNeeds } from './needs.ts';
import type { States } from './states.ts';

/** What a page waits for whose answer comes from elsewhere, as from a phone. It only reads: the page asks what follows. */
export function createResetWaiting({ ephemeral, now }: Pick<ResetNeeds, 'ephemeral' | 'now'>, states: States) {
  return {
    /** Undefined in any other browser, where it waits for nothing, or shows another step than `step` by now. */
    async awaited(id: string, isBound: (bond: string) => boolean, step?: string): Promise<Awaited | undefined> {
      const state = (await states.load(id))?.state;
      if (state === undefined || !isBound(state.bond) || state.stage.at !== 'prompt') return undefined;
      if (step !== undefined && state.nonce !== step) return undefined;
      return awaitedBy(state.stage.factor, state.stage.prompt, `reset ${id}`);
    },

    /** Whether the answer has come, or can't any more. */
    async isOver({ topic, expires }: Awaited): Promise<boolean> {
      const [changed] = await changedOf(ephemeral, [topic]);
      return changed === true || now() >= expires;
    },
  };
}
