import type { FactorContract } from '../../../../test/contracts/factor-contract.ts';
import { person } from '../../../../test/support/people.ts';
import { MINUTE } from '../../../../test/support/sign-in.ts';
import { NUMBER, open } from './fixture.ts';

/** A telephone, and who reads its messages. */
const contract: FactorContract = {
  powers: ['enrols', 'resends', 'shows', 'moves', 'recovers', 'takesOver'],
  async open() {
    const { factor, clock, code, wrong } = await open();
    return {
      ...{ factor, account: person('ada'), stranger: person('bob'), held: [] },
      async answer({ prompt }) {
        return { code: prompt.kind === 'code' && prompt.telephone ? NUMBER : code() };
      },
      async wrong({ prompt }) {
        return { code: prompt.kind === 'code' && prompt.telephone ? '12345' : wrong() };
      },
      pass: () => clock.pass(2 * MINUTE),
      moves: ([there]) => ({ there }),
      shows: (held) => held.map((one) => ({ ...one, data: { number: NUMBER, unproven: true } })),
      takesOver: { kind: 'phone', number: NUMBER },
    };
  },
};

export default contract;
