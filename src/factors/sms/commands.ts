import type { Command } from '../../core/directory.ts';
import type { FactorDesk } from '../../core/factor.ts';
import { resume } from './conversions.ts';
import type { Data, Pending } from './schemas.ts';

/** Commands on text messages. */
export const commands: readonly Command<FactorDesk<Data, Pending>>[] = [
  {
    name: 'sms resume',
    summary: 'send text messages to a country again, where they were stopped because too few codes came back',
    arguments: [{ name: '<country>', description: 'ISO 3166-1 letters: HK, GB' }],
    async run(desk, { args }) {
      const country = (args[0] ?? '').toUpperCase();
      if (!(await resume(desk, country))) return { lines: [`Nothing is stopped for ${country}.`], exitCode: 1 };
      await desk.audit({ event: 'sms.resumed', country });
      return { lines: [`Messages to ${country} are sent again.`], exitCode: 0 };
    },
  },
];
