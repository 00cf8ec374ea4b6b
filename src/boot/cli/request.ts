import type { CommandRequest } from '../commands.ts';
import { type Config, loadConfig } from '../config.ts';
import type { Modules } from '../modules.ts';
import type { Offer } from '../offers.ts';
import type { Context } from './context.ts';
import { execute } from './execute.ts';
import { argumentsFor, optionsFor, stdinFor } from './input.ts';

/** Runs a command where the data is, with what it is to read. */
export async function runOffer(
  context: Context,
  offer: Offer,
  given: readonly string[],
  { directory, ...options }: Readonly<Record<string, string | boolean>>,
): Promise<void> {
  // Faults of the configuration are told before a password is asked for.
  const loaded = await load(context);
  const { encoding } = options;
  const named = typeof encoding === 'string' ? { encoding } : {};
  const stdin = await stdinFor(offer, { args: given, ...named, present: options.bind === true }, context.io);
  const args = argumentsFor(offer, given);
  const input = { args, options: await optionsFor(offer, options, context.io), ...(stdin !== undefined && { stdin }) };
  const chosen = typeof directory === 'string' ? { directory } : {};
  await runRequest(context, { name: offer.name, ...chosen, input }, loaded);
}

/** Runs a request where the data is, and shows the answer. */
export async function runRequest(context: Context, request: CommandRequest, loaded?: Loaded): Promise<void> {
  const { config, modules } = loaded ?? (await load(context));
  context.show(await execute(config, modules, request, context.open));
}

interface Loaded {
  config: Config;
  modules: Modules;
}

async function load({ io, file, modules }: Context): Promise<Loaded> {
  const found = await modules();
  return { config: loadConfig(file(), found, io.env), modules: found };
}
