import { writeFileSync } from 'node:fs';
import { troubleLine } from '../../core/trouble.ts';
import { jsonSchemaOf, loadConfig } from '../config.ts';
import { reviewOf } from '../troubles.ts';
import type { Context } from './context.ts';
import { printable } from './io.ts';

/** Names every fault of the configuration by throwing, and prints warnings: those of what others wrote among them. */
export async function check({ io, file, modules, show }: Context): Promise<void> {
  const known = await modules();
  const config = loadConfig(file(), known, io.env);
  const troubles = await reviewOf(config, known, Date.now());
  for (const warning of [...config.warnings, ...troubles.map(troubleLine)])
    io.err(`${printable(`warning: ${warning}`)}\n`);
  show({ lines: [`${file()}: no faults`], exitCode: 0 });
}

/** Writes the JSON Schema to a file, or to standard output. */
export async function schema({ io, modules, show }: Context, output: string | undefined): Promise<void> {
  const text = `${JSON.stringify(jsonSchemaOf(await modules()), undefined, 2)}\n`;
  if (output === undefined) io.out(text);
  else writeFileSync(output, text);
  show({ lines: [], exitCode: 0 });
}
