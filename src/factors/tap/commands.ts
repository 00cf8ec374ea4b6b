import type { Command } from '../../core/directory.ts';
import type { FactorDesk } from '../../core/factor-desk.ts';
import type { Data } from './schemas.ts';

export const groups = { tap: 'issue and end Temporary Access Passes' };

export const commands: readonly Command<FactorDesk<Data>>[] = [
  {
    name: 'tap issue',
    summary: 'issue a Temporary Access Pass and show it, once',
    arguments: [{ name: '<username>', description: 'whom it is for' }],
    options: [
      { flags: '--lifetime <duration>', description: 'how long it is good for, from its start: 60m, 8h, 3d' },
      { flags: '--once', description: 'for one sign-in' },
      { flags: '--several', description: 'for several sign-ins: never worth a second factor' },
      {
        flags: '--day <number>',
        description: 'so many for a day, 2 to 5: each for one sign-in, none to set anything up',
      },
      { flags: '--start <time>', description: 'not good before: an ISO 8601 time' },
      { flags: '--reason <text>', description: 'why, for the audit' },
    ],
    run: async (...given) => (await import('./operate.ts')).issue(...given),
  },
  {
    name: 'tap revoke',
    summary: 'end the Temporary Access Pass of an account, and what rests on it',
    arguments: [{ name: '<username>', description: 'whose it is' }],
    run: async (...given) => (await import('./operate.ts')).revoke(...given),
  },
];
