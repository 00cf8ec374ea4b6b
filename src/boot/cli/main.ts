import { type Command, CommanderError } from 'commander';
import type { CommandResult } from '../../core/directory.ts';
import { ConfigError } from '../../core/errors.ts';
import type { Modules } from '../modules.ts';
import { loadOffers, type Offers } from '../offers.ts';
import type { OpenHost } from './context.ts';
import { type Io, printable, processIo } from './io.ts';
import { createProgram } from './program.ts';

/** The gateway is loaded only for commands that need it. */
const INSTALLED: Parts = {
  offers: () => loadOffers(),
  async modules() {
    const { loadModules } = await import('../modules.ts');
    return await loadModules();
  },
  async open(config, modules) {
    const { createCommandHost } = await import('../app.ts');
    return await createCommandHost(config, modules);
  },
};

const NO_OFFERS: Offers = { commands: [], groups: {} };

/** Exit code for what is wrong with the call, the configuration or the data; 1 is a command's own "no". */
const FAULT = 2;

/** Where the command line has its commands from, and what they work on: each is loaded when it is needed. */
export interface Parts {
  offers(): Promise<Offers>;
  modules(): Promise<Modules>;
  open: OpenHost;
}

/** Runs one command line (`process.argv`) and answers the exit code. */
export async function main(argv: readonly string[], io: Io = processIo, parts: Parts = INSTALLED): Promise<number> {
  let exitCode = 0;
  try {
    const offers = commandOf(argv) === 'healthcheck' ? NO_OFFERS : await parts.offers();
    const show = (result: CommandResult) => {
      for (const line of result.lines) io.out(`${printable(line)}\n`);
      exitCode = result.exitCode;
    };
    const program = createProgram(offers, { io, show, modules: parts.modules, open: parts.open });
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
