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
export function sectionsOf(modules: Modules) {
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

export type Sections = ReturnType<typeof sectionsOf>;
/** What validation makes of the sections; one with faults is absent. */
export type Parsed = { [Key in keyof Sections]: z.output<Sections[Key]> };

/** The configuration as JSON Schema (draft 2020-12), as it is written rather than as it is read. */
export function jsonSchemaOf(modules: Modules): Record<string, unknown> {
  const whole = z.strictObject(sectionsOf(modules)).describe('Configuration of Sallyport');
  return z.toJSONSchema(whole, { io: 'input', unrepresentable: 'any' });
}
