import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { CommandResult, Command as PluginCommand } from '../../core/directory.ts';
import type { CommandRequest } from '../commands.ts';
import { defaultConfigFile } from '../config/default-file.ts';
import { managementOf } from '../config/management.ts';
import { type Config, jsonSchemaOf, loadConfig } from '../config.ts';
import type { Modules } from '../modules.ts';
import { ownCommands } from '../own-commands.ts';
import { execute, type OpenHost } from './execute.ts';
import { healthcheck } from './healthcheck.ts';
import { argumentsFor, optionsFor, stdinFor } from './input.ts';
import { type Io, printable } from './io.ts';

/** What commands share. */
interface Context {
  modules: Modules;
  io: Io;
  open: OpenHost;
  config(): Config;
  /** Called by each command with its exit code. */
  done(exitCode: number): void;
}

/** What the command line needs to know of a command that runs where the data is. */
type Offer = Omit<PluginCommand<never>, 'run'>;

/** The command line: its own commands, and those that the plug-ins found bring. */
export function createProgram(modules: Modules, io: Io, open: OpenHost, done: (exitCode: number) => void): Command {
  const program = new Command('sallyport')
    .description('A federation gateway for universities and hospitals')
    .option('-c, --config <file>', 'configuration file (default: $SALLYPORT_CONFIG, or the demo)')
    .helpCommand(false);
  const file = (): string => program.opts<{ config?: string }>().config ?? defaultConfigFile(io.env);
  const context: Context = { modules, io, open, done, config: () => loadConfig(file(), modules, io.env) };
  addConfig(program, context, file);
  addPolicy(program, context);
  addPlugins(program, context);
  program
    .command('healthcheck')
    .description('ask a running server whether it is ready; exit code 0 or 1')
    .action(async () => {
      const { line, exitCode } = await healthcheck(managementOf(file(), io.env));
      show(context, { lines: [line], exitCode });
    });
  return program;
}

function addConfig(program: Command, context: Context, file: () => string): void {
  const config = program.command('config').description('about the configuration');
  config
    .command('check')
    .description('name every fault of the configuration; exit code 0 or 2')
    .action(() => {
      const { warnings } = context.config();
      for (const warning of warnings) context.io.err(`${printable(`warning: ${warning}`)}\n`);
      show(context, { lines: [`${file()}: no faults`], exitCode: 0 });
    });
  config
    .command('secret')
    .description('make a random secret: for clientSecret, sealingKey and the like')
    .action(() => {
      // 256 bits, and no character that HTTP Basic would percent-encode (RFC 6749 section 2.3.1).
      show(context, { lines: [randomBytes(32).toString('base64url')], exitCode: 0 });
    });
  config
    .command('schema')
    .description('write the JSON Schema of the configuration, for editors')
    .option('--output <file>', 'instead of standard output')
    .action(({ output }: { output?: string }) => {
      const schema = `${JSON.stringify(jsonSchemaOf(context.modules), undefined, 2)}\n`;
      if (output === undefined) context.io.out(schema);
      else writeFileSync(output, schema);
      context.done(0);
    });
}

function addPolicy(program: Command, context: Context): void {
  program
    .command('policy')
    .description('about the policy')
    .command('explain')
    .description('what a sign-in would need, and why')
    .requiredOption('--account <username>', 'who signs in')
    .requiredOption('--application <id>', 'to what')
    .option('--ip <address>', 'from where')
    .option('--at <time>', 'when: an ISO 8601 date or time (default: now)', moment)
    .addOption(new Option('--device <kind>', 'on a remembered device').choices(['trusted']))
    .action(async (options: Record<string, string>) => {
      await runRequest(context, { name: 'policy explain', input: { args: [], options } });
    });
}

function moment(text: string): string {
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError('Write it as 2027-02-01 or 2027-02-01T08:00:00+08:00.');
}

/** A command per name, audit and keys among them; where several directories bring the same one, `--directory` chooses. */
function addPlugins(program: Command, context: Context): void {
  const { directories, doors, factors } = context.modules;
  const ofDirectories = [...directories.values()].flatMap(({ commands = [] }) => commands);
  const ofDoors = [...doors.values()].flatMap(({ commands = [] }) => commands);
  const ofFactors = [...factors.values()].flatMap(({ commands = [] }) => commands);
  const offers: Offer[] = [...ofDirectories, ...ofDoors, ...ofFactors, ...ownCommands];
  const byName = Map.groupBy(offers, ({ name }) => name);
  for (const [name, [plugin, ...others]] of byName) {
    if (plugin === undefined) continue;
    const words = name.split(' ');
    const command = words
      .slice(0, -1)
      .reduce(subcommand, program)
      .command(words.at(-1) ?? name);
    command.description(plugin.summary);
    for (const argument of plugin.arguments ?? []) command.argument(argument.name, argument.description);
    for (const option of plugin.options ?? []) command.option(option.flags, option.description);
    if (others.length > 0) command.option('--directory <id>', 'which directory');
    command.action(async () => await runPlugin(context, plugin, command));
  }
}

function subcommand(parent: Command, word: string): Command {
  const present = parent.commands.find((command) => command.name() === word);
  return present ?? parent.command(word).description(`about ${word.replace(/s?$/, 's')}`);
}

async function runPlugin(context: Context, plugin: Offer, command: Command): Promise<void> {
  const { directory, ...options } = command.opts<Record<string, string | boolean>>();
  // Faults of the configuration are told before a password is asked for.
  const config = context.config();
  const { encoding } = options;
  const named = typeof encoding === 'string' ? { encoding } : {};
  const stdin = await stdinFor(plugin, { args: command.args, ...named }, context.io);
  const args = argumentsFor(plugin, command.args);
  const input = { args, options: await optionsFor(plugin, options, context.io), ...(stdin !== undefined && { stdin }) };
  const chosen = typeof directory === 'string' ? { directory } : {};
  await runRequest(context, { name: plugin.name, ...chosen, input }, config);
}

async function runRequest(context: Context, request: CommandRequest, config = context.config()): Promise<void> {
  show(context, await execute(config, context.modules, request, context.open));
}

function show({ io, done }: Context, { lines, exitCode }: CommandResult): void {
  for (const line of lines) io.out(`${printable(line)}\n`);
  done(exitCode);
}
