import type { FactorContract } from '../../../../test/contracts/factor-contract.ts';
import { person } from '../../../../test/support/people.ts';
import { MINUTE } from '../../../../test/support/sign-in.ts';
import type { Answer } from '../../../core/prompt.ts';
import { ada, open, SUBSCRIPTION } from './fixture.ts';
import { Phone } from './phone.ts';

/** A phone with the app. */
const contract: FactorContract = {
  powers: ['enrols', 'resends', 'shows', 'moves', 'recovers', 'holdsBack', 'serves', 'runs'],
  async open() {
    const { factor, clock, kept: held, call } = await open();
    const phone = new Phone({ name: 'Phone', subscription: SUBSCRIPTION, call, now: clock.now });
    return {
      ...{ factor, account: ada, stranger: person('bob'), held },
      async answer({ prompt }): Promise<Answer> {
        if (prompt.kind === 'choice') return { choice: 'yes' };
        if (prompt.kind === 'wait' && prompt.setup) await phone.register(prompt.setup.uri);
        if (prompt.kind === 'number') await phone.approve(prompt.number);
        return {};
      },
      async wrong({ prompt }): Promise<Answer> {
        if (prompt.kind === 'choice') return { choice: 'maybe' };
        if (prompt.kind === 'wait') return {};
        return { code: String((Number(phone.code()) + 1) % 100_000_000).padStart(8, '0') };
      },
      pass: () => clock.pass(2 * MINUTE),
      shows: () => held.map((one) => ({ ...one, data: { ...one.data, suspended: 1 } })),
      moves: ([there]) => ({ there }),
      async holdsBack() {
        await factor.challenge(ada, held, { signIn: 'another' });
        await phone.decline('not-me');
      },
    };
  },
};

export default contract;
