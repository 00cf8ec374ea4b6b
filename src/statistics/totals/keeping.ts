import { setImmediate } from 'node:timers/promises';
import type { DurableStore } from '../../core/store.ts';

const DAY = 86_400_000;
/** Two years, a leap day among them. */
export const KEPT = 731 * DAY;
/** So long a process may be silent until it is forgotten which of its batches were added. */
const SILENCE = 30 * DAY;

/** Ends what is older than two years, once a day, on whichever node comes first. */
export function createKeeping({ durable, now }: { durable: Pick<DurableStore, 'counts' | 'state'>; now(): number }) {
  const state = durable.state('statistics');
  let looked = '';

  return async function keep(): Promise<void> {
    const today = new Date(now()).toISOString().slice(0, 10);
    if (today === looked) return;
    const before = await state.get('pruned');
    const mine = (before?.value ?? '') < today && (await state.set('pruned', today, before?.version ?? 0));
    looked = today;
    if (!mine) return;
    // An hour at a time: whoever adds meanwhile waits for no more than that.
    while (await durable.counts.prune(now() - KEPT)) await setImmediate();
    await durable.counts.forget(now() - SILENCE);
  };
}
