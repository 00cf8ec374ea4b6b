import { type Command, CommanderError } from 'commander';
import { ConfigError } from '../../core/errors.ts';
import { NO_MODULES } from '../config/management.ts';
import { loadModules, type Modules } from '../modules.ts';
import type { OpenHost } from './execute.ts';
import { type Io, printable, processIo } from './io.ts';
import { createProgram } from './program.ts';

/** Exit code for what is wrong with the call, the configuration or the data; 1 is a command's own "no". */
const FAULT = 2;

/** Runs one command line (`process.argv`) and answers the exit code. */
export async function main(
  argv: readonly string[],
  io: Io = processIo,
  open: OpenHost = openApp,
  modules: () => Promise<Modules> = loadModules,
): Promise<number> {
  let exitCode = 0;
  try {
    const needed = commandOf(argv) === 'healthcheck' ? NO_MODULES : await modules();
    const program = createProgram(needed, io, open, (code) => {
      exitCode = code;
    });
    for (const command of [program, ...below(program)]) {
      command.helpCommand(false).exitOverride().configureOutput({ writeOut: io.out, writeErr: io.err });
    }
    await program.parseAsync(argv);
    return exitCode;
  } catch (error) {
    return report(error, io);
  }
}

/** The first word that is neither an option nor the value of `--config`. */
function commandOf([, , ...words]: readonly string[]): string | undefined {
  return words.find((word, at) => !word.startsWith('-') && !['-c', '--config'].includes(words[at - 1] ?? ''));
}

function below(command: Command): Command[] {
  return command.commands.flatMap((inner) => [inner, ...below(inner)]);
}

function report(error: unknown, io: Io): number {
  // Commander has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : FAULT;
  const lines = error instanceof ConfigError ? error.message.split('\n') : [`sallyport: ${firstLine(error)}`];
  for (const line of lines) io.err(`${printable(line)}\n`);
  return FAULT;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? 'failed';
}

/** The app is loaded only for commands that need it. */
const openApp: OpenHost = async (config, modules) => {
  const { createCommandHost } = await import('../app.ts');
  return await createCommandHost(config, modules);
};
