import type { WebDeps } from '../../context.ts';
import { type DeskAction, texts } from './action.ts';

/** What wrong answers locked; with it, if the agent says so, a new password that is due. */
export function unlocking({ helpDesk, holds }: Pick<WebDeps, 'helpDesk' | 'holds'>): DeskAction {
  return {
    right: 'unlock',
    async face({ id }, what, answer) {
      if (what !== '') return undefined;
      const held = await holds.of(id);
      if (held === undefined) return texts('unlock');
      const options = (['keep', 'release'] as const).map((value) => ({
        value,
        label: { key: `help-desk.unlock.${value}` },
        chosen: (answer.hold ?? 'keep') === value,
      }));
      return { ...texts('unlock'), choices: [{ name: 'hold', label: { key: 'help-desk.unlock.stays' }, options }] };
    },
    async act(order, _person, _what, answer) {
      await helpDesk.unlock(order, answer.hold === 'release' ? 'release' : 'keep');
      return { notice: 'unlocked' };
    },
  };
}

/** Every session of theirs, wherever it is. */
export function endingSessions({ helpDesk }: Pick<WebDeps, 'helpDesk'>): DeskAction {
  return {
    right: 'end-sessions',
    face: async (_person, what) => (what === '' ? { ...texts('end-sessions'), danger: true } : undefined),
    async act(order) {
      await helpDesk.endSessions(order);
      return { notice: 'sessions-ended' };
    },
  };
}

/** A report of theirs that somebody has seen to. */
export function handling({ helpDesk, reports }: Pick<WebDeps, 'helpDesk' | 'reports'>): DeskAction {
  return {
    right: 'reports',
    async face({ id }, what) {
      const report = await reports.get(what);
      return report?.account === id && report.handled === undefined ? texts('handle') : undefined;
    },
    async act(order, _person, what) {
      return { notice: (await helpDesk.handle(order, what)) ? 'handled' : 'done-already' };
    },
  };
}
