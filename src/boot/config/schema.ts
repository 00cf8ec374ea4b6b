import { z } from 'zod';
import type { Modules } from '../modules.ts';
import { anyOf, applicationsOf, directoriesOf, optionsOf } from './plug-ins.ts';
import { branding } from './sections/branding.ts';
import { demo } from './sections/demo.ts';
import { departments } from './sections/departments.ts';
import { gateway } from './sections/gateway.ts';
import { api, helpDesk } from './sections/help-desk.ts';
import { networks } from './sections/networks.ts';
import { passwordReset } from './sections/password-reset.ts';
import { languages, support } from './sections/people.ts';
import { assurance, policy } from './sections/policy.ts';
import { sessions, signIn } from './sections/sign-in.ts';
import { storageOf } from './sections/storage.ts';

/**
 * The sections of a configuration, each with its own schema; what plug-ins bring is composed from
 * the modules found. They are checked one by one, so that one fault doesn't hide those of other sections.
 */
export const sectionsOf = (modules: Modules): Sections => madeOf(modules).sections;

/** The configuration as JSON Schema (draft 2020-12), as it is written rather than as it is read. */
export function jsonSchemaOf(modules: Modules): Record<string, unknown> {
  const made = madeOf(modules);
  made.json ??= z.toJSONSchema(z.strictObject(made.sections).describe('Configuration of Sallyport'), {
    io: 'input',
    unrepresentable: 'any',
  });
  return made.json;
}

/** Composing them takes longer than reading a configuration by them, and a node that reloads has the same modules again. */
let last: { of: readonly unknown[]; sections: Sections; json?: Record<string, unknown> } | undefined;

function madeOf(modules: Modules) {
  const { factors, doors, directories, senders, stores } = modules;
  const of = [factors, doors, directories, senders, stores.durable, stores.ephemeral].flatMap((kind) => [
    kind.size,
    ...[...kind].flat(),
  ]);
  if (last?.of.length !== of.length || of.some((it, index) => it !== last?.of[index]))
    last = { of, sections: compose(modules) };
  return last;
}

function compose(modules: Modules) {
  return {
    ...gateway,
    ...storageOf(modules.stores),
    ...sessions,
    directories: directoriesOf(modules.directories).describe(
      'Where people come from: the first that knows a name is asked',
    ),
    factors: optionsOf(modules.factors).describe('Factors that are enabled; others are off'),
    senders: anyOf(modules.senders)
      .prefault({})
      .describe('What carries messages; of several for one kind the first that takes it'),
    doors: optionsOf(modules.doors).describe('Protocols that are served'),
    ...signIn,
    passwordReset,
    ...networks,
    applications: applicationsOf(modules.doors).describe('Who may ask for a sign-in, by id'),
    policy,
    helpDesk,
    departments,
    api,
    assurance,
    ...languages,
    support,
    branding,
    log: z
      .strictObject({ level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info') })
      .prefault({}),
    demo,
  };
}

export type Sections = ReturnType<typeof compose>;
/** What validation makes of the sections; one with faults is absent. */
export type Parsed = { [Key in keyof Sections]: z.output<Sections[Key]> };
