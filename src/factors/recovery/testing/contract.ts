import type { FactorContract } from '../../../../test/contracts/factor-contract.ts';
import { factorPorts } from '../../../../test/support/outside.ts';
import { person } from '../../../../test/support/people.ts';
import { stoppedClock } from '../../../../test/support/sign-in.ts';
import recovery from '../index.ts';

/** A sheet, from which its owner takes the first code. */
const contract: FactorContract = {
  powers: ['issues', 'shows', 'recovers'],
  async open() {
    let code = '';
    return {
      factor: recovery.create(recovery.settings.parse({}), factorPorts(stoppedClock().now)),
      ...{ account: person('ada'), stranger: person('bob'), held: [], pass() {} },
      hand([first = '']) {
        code = first;
      },
      answer: async () => ({ code }),
      wrong: async () => ({ code: '0000-0000-0000' }),
      shows: (held) => [...held],
    };
  },
};

export default contract;
