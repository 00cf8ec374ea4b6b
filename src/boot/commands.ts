import { z } from 'zod';
import type { Command, CommandInput, CommandResult, Directory } from '../core/directory.ts';
import { SallyportError } from '../core/errors.ts';
import type { Config } from './config.ts';
import type { Modules } from './modules.ts';

/** One command of the CLI, as it travels to the process that owns the data. */
export interface CommandRequest {
  /** `user add`, `policy explain`. */
  name: string;
  /** Which directory's command, where several bring one of this name. */
  directory?: string;
  input: CommandInput;
}

/** Whatever runs commands: the server, or the CLI itself while no server runs. */
export interface CommandHost {
  run(request: CommandRequest): Promise<CommandResult>;
}

const request = z.strictObject({
  name: z.string().max(100),
  directory: z.string().max(63).optional(),
  input: z.strictObject({
    args: z.array(z.string()),
    options: z.record(z.string(), z.union([z.string(), z.boolean()]).optional()),
    stdin: z.string().optional(),
  }),
});

const result = z.looseObject({ lines: z.array(z.string()), exitCode: z.int().min(0).max(255) });

/** Handler for `serveControl`. */
export function commandHandler(host: CommandHost): (request: unknown) => Promise<CommandResult> {
  return async (received) => {
    const parsed = request.safeParse(received);
    if (!parsed.success) throw new SallyportError('ERR_INPUT', 'not a command request');
    return await host.run(parsed.data);
  };
}

/** What another process answered, for the CLI. */
export function readResult(received: unknown): CommandResult {
  const { lines, exitCode } = result.parse(received);
  return { lines, exitCode };
}

/**
 * The command of an enabled directory that a request names.
 *
 * @throws SallyportError ERR_INPUT if there is none, or several and the request doesn't say which
 */
export function directoryCommand(
  { directories }: Pick<Config, 'directories'>,
  modules: Pick<Modules, 'directories'>,
  { name, directory }: CommandRequest,
): { directory: string; command: Command<Directory> } {
  const offered = [...directories].flatMap(([id, { type }]) => {
    const command = modules.directories.get(type)?.commands?.find((candidate) => candidate.name === name);
    return command !== undefined && (directory === undefined || directory === id) ? [{ directory: id, command }] : [];
  });
  const [found, another] = offered;
  if (found === undefined) throw new SallyportError('ERR_INPUT', `no enabled directory offers ${name}`);
  if (another === undefined) return found;
  const ids = offered.map((offer) => offer.directory).join(', ');
  throw new SallyportError('ERR_INPUT', `${name} is offered by ${ids}: choose with --directory`);
}
