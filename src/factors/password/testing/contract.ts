import type { FactorContract } from '../../../../test/contracts/factor-contract.ts';
import { factorPorts } from '../../../../test/support/outside.ts';
import { person } from '../../../../test/support/people.ts';
import { stoppedClock } from '../../../../test/support/sign-in.ts';
import password from '../index.ts';

const RIGHT = 'correct horse battery staple';

/** A directory with one person, which counts how often it hashes. */
const contract: FactorContract = {
  powers: ['opens'],
  async open() {
    const account = person('ada');
    let hashed = 0;
    const directory = {
      async verify(whose: { id: string } | undefined, typed: string) {
        hashed += 1;
        return whose?.id === account.id && typed === RIGHT ? ('ok' as const) : ('wrong' as const);
      },
    };
    return {
      factor: password.create(password.settings.parse({}), factorPorts(stoppedClock().now, { password: directory })),
      ...{ account, stranger: person('bob'), held: [], pass() {} },
      answer: async () => ({ username: account.username, password: RIGHT }),
      wrong: async () => ({ username: account.username, password: 'Tr0ub4dor&3' }),
      opens: { work: () => hashed },
    };
  },
};

export default contract;
