import type { StateStore } from '../../core/store.ts';
import { isFarFewer, recentAt } from './decide.ts';
import type { Leaver } from './look.ts';
import { end, type Pace, type WatchNeeds } from './round.ts';
import { OvertakenError, read, write } from './state.ts';

/**
 * Ends what somebody has who was refused just now; they count among those who leave within a day. Where that would be
 * far fewer people than before, or the watch asks already, all is left as it is: who leaves is then for it to say.
 */
export async function endAtOnce(
  needs: WatchNeeds,
  store: StateStore,
  id: string,
  { pace, leaver }: { pace: Pace; leaver: Leaver },
): Promise<void> {
  for (let counted = false; !counted; ) {
    const kept = await read(store, id);
    const { known, asking, recent: before } = kept.state;
    const recent = recentAt(before, needs.now());
    if (asking || isFarFewer({ ...pace, known, leaving: 1, recent: recent.count })) return;
    try {
      await write(store, id, kept, { ...kept.state, recent: { ...recent, count: recent.count + 1 } });
      counted = true;
    } catch (error) {
      if (!(error instanceof OvertakenError)) throw error;
    }
  }
  await end(needs, id, leaver);
}
