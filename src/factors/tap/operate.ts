import type { CommandInput, CommandResult } from '../../core/directory.ts';
import { parseDuration } from '../../core/duration.ts';
import { SallyportError } from '../../core/errors.ts';
import type { FactorDesk } from '../../core/factor-desk.ts';
import { methodName } from './names.ts';
import type { Data } from './schemas.ts';

type Options = Readonly<Record<string, string | boolean | undefined>>;

const text = (options: Options, name: string) => (typeof options[name] === 'string' ? options[name] : undefined);
const refuse = (message: string): never => {
  throw new SallyportError('ERR_INPUT', message);
};

const USES: Readonly<Record<string, string>> = {
  'note.once': 'for one sign-in',
  'note.day': 'each for one sign-in, and to set up nothing',
};

function wishesOf(options: Options): { lifetime?: number; starts?: number; once?: boolean; passes?: number } {
  const [lifetime, start] = [text(options, 'lifetime'), text(options, 'start')];
  if (options.once && options.several)
    refuse('a pass is for one sign-in or for several: leave out --once or --several');
  const day = text(options, 'day');
  if (day !== undefined && (options.once || options.several || lifetime !== undefined))
    refuse('passes for a day are for one sign-in each, within a day: leave out --once, --several and --lifetime');
  const starts = start === undefined ? undefined : Date.parse(start);
  if (Number.isNaN(starts)) refuse('write --start as 2027-02-01T08:00:00+08:00');
  return {
    ...(lifetime === undefined ? {} : { lifetime: parseDuration(lifetime) ?? refuse('write --lifetime as 60m or 8h') }),
    ...(starts === undefined ? {} : { starts }),
    ...(day === undefined ? {} : { passes: Number(day) }),
    ...(options.once || options.several ? { once: !options.several } : {}),
  };
}

/** A pass for somebody who has nothing else beside their password. */
export async function issue(desk: FactorDesk<Data>, { args, options }: CommandInput) {
  const [username = ''] = args;
  const wishes = wishesOf(options);
  const account = await desk.account(username);
  if (account === undefined) return { lines: [`There is no account ${JSON.stringify(username)}.`], exitCode: 1 };
  const reason = text(options, 'reason');
  const shown = await desk.issue(account, { by: 'operator', ...wishes }, reason === undefined ? {} : { reason });
  const at = (moment: number) => new Date(moment).toISOString();
  const uses = USES[shown.note?.key ?? ''] ?? 'for several sign-ins';
  const result: CommandResult = {
    lines: [
      `${methodName('en')} for ${account.username}: ${shown.codes.join(', ')}`,
      `${shown.starts === undefined ? 'from now' : `from ${at(shown.starts)}`} until ${at(shown.expires ?? 0)}, ${uses}`,
      'It works after the password, and isn’t shown again. An earlier one has ended.',
    ],
    exitCode: 0,
  };
  return result;
}

/** Ends a pass, with what rests on it. */
export async function revoke(desk: FactorDesk<Data>, { args: [username = ''] }: CommandInput) {
  const account = await desk.account(username);
  if (account === undefined) return { lines: [`There is no account ${JSON.stringify(username)}.`], exitCode: 1 };
  const passes = await desk.credentials(account);
  for (const { id } of passes) await desk.remove(account, id);
  return {
    lines: [passes.length > 0 ? 'The pass has ended.' : 'There is no pass.'],
    exitCode: passes.length > 0 ? 0 : 1,
  };
}
