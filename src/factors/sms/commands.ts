import type { Command } from '../../core/directory.ts';
import type { FactorDesk } from '../../core/factor-desk.ts';
import type { Data } from './schemas.ts';

export const groups = { sms: 'manage codes by text message' };

export const commands: readonly Command<FactorDesk<Data>>[] = [
  {
    name: 'sms resume',
    summary: 'send text messages to a country again, where they were stopped because too few codes came back',
    arguments: [{ name: '<country>', description: 'ISO 3166-1 letters: HK, GB' }],
    run: async (...given) => (await import('./operate.ts')).lift(...given),
  },
];
