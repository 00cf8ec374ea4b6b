import type { CommandInput } from '../../core/directory.ts';
import { readDuo } from './duo.ts';
import { readEntra } from './entra.ts';
import { readPrivacyIdea } from './privacyidea.ts';
import { type MigrateTarget, migrate } from './run.ts';

export const duo = (target: MigrateTarget, input: CommandInput) =>
  migrate(target, input, { from: 'duo', read: readDuo });

export const entra = (target: MigrateTarget, input: CommandInput) =>
  migrate(target, input, { from: 'entra', read: readEntra });

export const privacyIdea = (target: MigrateTarget, input: CommandInput) =>
  migrate(target, input, { from: 'privacyidea', read: readPrivacyIdea });
