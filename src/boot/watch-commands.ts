import type { Watch } from '../accounts/index.ts';
import type { CommandInput, CommandResult } from '../core/directory.ts';

/** What commands on the watch over directories work on. */
export interface WatchTarget {
  watch: Pick<Watch, 'confirm' | 'states'>;
}

const moment = (at: number | undefined): string => (at === undefined ? 'never' : new Date(at).toISOString());

/** How each directory that can be watched is watched, tab-separated; exit code 1 where one asks, or can't be. */
export async function list({ watch }: WatchTarget): Promise<CommandResult> {
  const states = await watch.states();
  const lines = states.map(({ directory, state }) => {
    const { lookedAt, completeAt, known, suspects, asking, failing } = state;
    const standing = asking
      ? `asks: ${asking.leaving} of ${asking.known} people would be out`
      : failing
        ? `away since ${moment(failing.at)}: ${failing.reason}`
        : 'watched';
    const missed = `${Object.keys(suspects).length} missed`;
    return [directory, moment(lookedAt), moment(completeAt), `${known} known`, missed, standing].join('\t');
  });
  return { lines, exitCode: states.some(({ state }) => state.asking || state.failing) ? 1 : 0 };
}

/** Says that they have all left. */
export async function confirm(
  { watch }: WatchTarget,
  { args: [directory = ''] }: CommandInput,
): Promise<CommandResult> {
  const leaving = await watch.confirm(directory);
  const line = `${leaving} people of ${directory} may leave: their sessions, tokens and remembered devices end within minutes.`;
  return { lines: [line], exitCode: 0 };
}
