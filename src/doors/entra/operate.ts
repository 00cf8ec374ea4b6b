import type { CommandInput, CommandResult } from '../../core/directory.ts';
import type { Door } from '../../core/door.ts';
import type { Pins } from './pins.ts';
import type { Tenant } from './settings.ts';

/** The door, for its commands. */
export interface EntraDoor extends Door {
  pins: Pins;
  tenants: ReadonlyMap<string, Tenant>;
}

export async function list(door: Door): Promise<CommandResult> {
  const lines = ['tenant\tobject\taccount'];
  for await (const { tenant, oid, account } of (door as EntraDoor).pins.list())
    lines.push([tenant, oid, account].join('\t'));
  return { lines, exitCode: 0 };
}

export async function unpin(door: Door, { args }: CommandInput): Promise<CommandResult> {
  const [tenant = '', oid = ''] = args.map((one) => one.toLowerCase());
  const gone = await (door as EntraDoor).pins.remove(tenant, oid);
  return gone
    ? { lines: [`${oid} is nobody's now.`], exitCode: 0 }
    : { lines: [`${oid} of ${tenant} is nobody's.`], exitCode: 1 };
}
