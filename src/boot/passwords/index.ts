import type { Breached, PasswordRules } from '../../accounts/passwords/index.ts';
import type { PasswordsPort } from '../../core/directory.ts';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { LogPort } from '../../core/log.ts';
import type { Message } from '../../core/prompt.ts';
import type { Config } from '../config.ts';
import { breachedFile } from './file.ts';
import { breachedRange } from './range.ts';

interface BreachedPorts {
  fetch: FactorPorts['fetch'];
  log: Pick<LogPort, 'warn'>;
}

/** Who knows which passwords have leaked, as configured; undefined where nobody does. */
export function breachedBy(configured: Config['breached'], { fetch, log }: BreachedPorts): Breached | undefined {
  if (configured === undefined) return undefined;
  if ('file' in configured) return breachedFile(configured.file, log);
  return breachedRange(configured.range, configured.whenAway, { fetch, log });
}

/** The rules for directories: of a file of people nobody outside is asked, a password after the other. */
export function passwordsPort(rules: PasswordRules, say: (message: Message) => string): PasswordsPort {
  return {
    faults: async (password, person) => (await rules.faultsOfPresent(password, person)).map(say),
    bounds({ groups }) {
      const { length, bytes, history } = rules.profileOf({ groups });
      return { maximum: Math.min(length.maximum, bytes), history };
    },
  };
}
