import type { CommandInput, CommandResult } from '../../core/directory.ts';
import type { FactorDesk } from '../../core/factor-desk.ts';
import { resume } from './conversions.ts';
import type { Data } from './schemas.ts';

/** Lets messages go to a country again. */
export async function lift(desk: FactorDesk<Data>, { args }: CommandInput): Promise<CommandResult> {
  const country = (args[0] ?? '').toUpperCase();
  if (!(await resume(desk, country))) return { lines: [`Nothing is stopped for ${country}.`], exitCode: 1 };
  await desk.audit({ event: 'sms.resumed', country });
  return { lines: [`Messages to ${country} are sent again.`], exitCode: 0 };
}
