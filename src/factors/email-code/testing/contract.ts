import type { FactorContract } from '../../../../test/contracts/factor-contract.ts';
import { openLimits } from '../../../../test/support/limits.ts';
import { factorPorts } from '../../../../test/support/outside.ts';
import { person } from '../../../../test/support/people.ts';
import { MINUTE, stoppedClock } from '../../../../test/support/sign-in.ts';
import type { Outgoing } from '../../../core/sender.ts';
import { readCode } from '../double.ts';
import emailCode from '../index.ts';

/** A mailbox, and who reads it. */
const contract: FactorContract = {
  powers: ['resends'],
  async open() {
    const clock = stoppedClock();
    let code = '';
    const outside = {
      limit: await openLimits(clock.now),
      async send({ text }: Outgoing) {
        code = readCode(text);
        return { ok: true as const };
      },
    };
    return {
      factor: emailCode.create(emailCode.settings.parse({}), factorPorts(clock.now, outside)),
      ...{ account: person('ada', { email: 'ada@university.example' }), stranger: person('bob'), held: [] },
      answer: async () => ({ code }),
      wrong: async () => ({ code: String((Number(code) + 1) % 1_000_000).padStart(6, '0') }),
      pass: () => clock.pass(2 * MINUTE),
    };
  },
};

export default contract;
