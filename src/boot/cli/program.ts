import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { defaultConfigFile } from '../config/default-file.ts';
import type { Offers } from '../offers.ts';
import * as own from '../own-commands.ts';
import type { Context } from './context.ts';

/**
 * The command line: its own commands, and those that plug-ins offer. It is made for `--help` as well, and for health
 * checks every few seconds: what an action needs is imported by the action, never here.
 */
export function createProgram(offers: Offers, { io, ...rest }: Omit<Context, 'file'>): Command {
  const program = new Command('sallyport')
    .description('A federation gateway for universities and hospitals')
    .version(versionOf(), '-V, --version', 'print the version')
    .option('-c, --config <file>', 'configuration file (default: $SALLYPORT_CONFIG, or the demo)')
    .helpCommand(false);
  const file = (): string => program.opts<{ config?: string }>().config ?? defaultConfigFile(io.env);
  const context: Context = { io, file, ...rest };
  addConfig(program, context);
  addBranding(program, context);
  addPolicy(program, context);
  addDb(program, context);
  addStore(program, context);
  addBackup(program, context);
  addOffers(program, context, offers);
  program
    .command('doctor')
    .description('look at all that surrounds the installation, and say what to do; exit code 0 or 1')
    .option('--json', 'as JSON, for programs')
    .action(async (options: { json?: true }) => (await import('./doctor.ts')).doctor(context, options));
  program
    .command('healthcheck')
    .description('ask a running server whether it is ready; exit code 0 or 1')
    .action(async () => {
      const { healthcheck } = await import('./healthcheck.ts');
      context.show(await healthcheck(file(), io.env));
    });
  return program;
}

/** Of the package that this file belongs to. */
function versionOf(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  return version;
}

function addConfig(program: Command, context: Context): void {
  const config = program.command('config').description('check the configuration, and help to write it');
  config
    .command('check')
    .description('name every fault of the configuration; exit code 0 or 2')
    .action(async () => (await import('./config.ts')).check(context));
  config
    .command('reload')
    .description('have the running server, and all nodes, read the configuration again; exit code 0 or 1')
    .action(async () => (await import('./reload.ts')).reload(context));
  config
    .command('secret')
    .description('make a random secret: for clientSecret, sealingKey and the like')
    .action(() => {
      // 256 bits, and no character that HTTP Basic would percent-encode (RFC 6749 section 2.3.1).
      context.show({ lines: [randomBytes(32).toString('base64url')], exitCode: 0 });
    });
  config
    .command('schema')
    .description('write the JSON Schema of the configuration, for editors')
    .option('--output <file>', 'instead of standard output')
    .action(async ({ output }: { output?: string }) => (await import('./config.ts')).schema(context, output));
}

function addBranding(program: Command, context: Context): void {
  const branding = program.command('branding').description('see the pages with the institution’s own face');
  branding
    .command('check')
    .description('say which texts and templates no longer fit; exit code 0 or 1')
    .action(async () => (await import('./branding.ts')).check(context));
  branding
    .command('preview')
    .description('serve every page as it would look, on this machine alone')
    .option('--port <number>', 'where', portOf, 3100)
    .action(async ({ port }: { port: number }) => (await import('./branding.ts')).preview(context, port));
  branding
    .command('template')
    .description('print a template of ours to change, for the folder of branding.templates; without a name the names')
    .argument('[name]', 'as pages/home.eta')
    .action(async (name: string | undefined) => (await import('./branding.ts')).template(context, name));
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port < 65_536) return port;
  throw new InvalidArgumentError('Write a number from 0 to 65535.');
}

function addPolicy(program: Command, context: Context): void {
  program
    .command('policy')
    .description('see what the rules ask of a sign-in')
    .command('explain')
    .description('what a sign-in would need, and why: of one person, or with --compare which decisions a file changes')
    .option('--account <username>', 'who signs in')
    .option('--application <id>', 'to what')
    .option('--ip <address>', 'from where')
    .option('--at <time>', 'when: an ISO 8601 date or time (default: now)', moment)
    .addOption(new Option('--device <kind>', 'on a remembered device').choices(['trusted']))
    .option('--compare', 'which decisions differ between the running server and the file of --config, for how many')
    .action(async ({ compare, ...options }: Record<string, string>, command: Command) => {
      if (compare) return (await import('./compare.ts')).compareRules(context);
      for (const [name, flags] of [
        ['account', '--account <username>'],
        ['application', '--application <id>'],
      ] as const) {
        if (options[name] !== undefined) continue;
        const other = '; or --compare, for everybody who is known';
        command.error(`error: required option '${flags}' not specified${other}`);
      }
      const { runRequest } = await import('./request.ts');
      await runRequest(context, { name: 'policy explain', input: { args: [], options } });
    });
}

/** Not by way of a running server: that of the version before knows nothing of what is to be done. */
function addDb(program: Command, context: Context): void {
  const db = program.command('db').description("see and bring up to date the durable store's tables");
  db.command('status')
    .description('say how the tables stand to this program; exit code 0, or 1 if it can’t work with them as they are')
    .action(async () => (await import('./db.ts')).status(context));
  db.command('migrate')
    .description('bring the tables up to date')
    .action(async () => (await import('./db.ts')).migrate(context));
}

function addStore(program: Command, context: Context): void {
  program
    .command('store')
    .description('move what lasts from one store to another')
    .command('copy')
    .description('copy the durable store of one configuration into the empty one of another, and verify it')
    .option('--from <file>', 'configuration to copy from (default: the one that --config names)')
    .requiredOption('--to <file>', 'configuration to copy to')
    .action(async (options: { from?: string; to: string }) => (await import('./store.ts')).copy(context, options));
}

function addBackup(program: Command, context: Context): void {
  program
    .command('backup')
    .description('write what the stores keep in files to one file, also while a server runs')
    .argument('<file>', 'to write, which must not be there yet')
    .action(async (to: string) => (await import('./backup.ts')).backup(context, to));
  program
    .command('restore')
    .description('put a backup in its place, while no server runs')
    .argument('<file>', 'that backup wrote')
    .option('--with-sessions', 'with sessions and remembered devices, also those that were ended since')
    .option('--dangerously-overwrite', 'in the place of what is there, which is lost')
    .action(async (from: string, options: { withSessions?: true; dangerouslyOverwrite?: true }) =>
      (await import('./backup.ts')).restore(context, from, options),
    );
}

function moment(text: string): string {
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError('Write it as 2027-02-01 or 2027-02-01T08:00:00+08:00.');
}

/** A command per name; where several directories offer one, `--directory` chooses. */
function addOffers(program: Command, context: Context, offers: Offers): void {
  const groups: Offers['groups'] = { ...offers.groups, ...own.groups };
  for (const [name, [offer]] of Map.groupBy([...offers.commands, ...own.commands], (it) => it.name)) {
    if (offer === undefined) continue;
    const [group = '', word = ''] = name.split(' ');
    const present = program.commands.find((it) => it.name() === group);
    const parent = present ?? program.command(group).description(groups[group] ?? '');
    const command = parent.command(word);
    command.description(offer.summary);
    for (const argument of offer.arguments ?? []) command.argument(argument.name, argument.description);
    for (const option of offer.options ?? []) command.option(option.flags, option.description);
    if (offer.ofDirectory) command.option('--directory <name>', 'which, where several are configured');
    command.action(async () => {
      const { runOffer } = await import('./request.ts');
      await runOffer(context, offer, command.args, command.opts());
    });
  }
}
