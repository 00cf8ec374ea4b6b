import type { FactorContract } from '../../../../test/contracts/factor-contract.ts';
import { person } from '../../../../test/support/people.ts';
import type { Challenge } from '../../../core/challenge.ts';
import duo from '../index.ts';
import { type Pending, pending } from '../schemas.ts';
import { approve, duoAndPorts } from './fixture.ts';

/** Somebody who has Duo, and goes to its page and back before they answer. */
const contract: FactorContract = {
  powers: ['redirects', 'runs'],
  async open() {
    const {
      duo: double,
      ports,
      settings,
      clock,
    } = await duoAndPorts({ api: undefined }, 'api-1b2c3d4e.duosecurity.com');
    const factor = duo.create(settings, ports);
    const account = person('ada');

    /** Leaves, and has what was pending then in the place of the page that led there. */
    async function goAndCome(asked: Challenge<unknown>): Promise<Record<string, string>> {
      const trip = { state: 's'.repeat(43), back: 'https://login.example.edu/return/factors/duo', locale: 'en' };
      const gone = await factor.redirects?.leave(asked.pending as Pending, account, [], trip);
      if (gone === undefined || !('address' in gone)) throw new Error('nowhere to go');
      asked.pending = pending.parse(gone.pending);
      return approve(double, gone.address);
    }

    return {
      ...{ factor, account, stranger: person('bob'), held: [] },
      answer: goAndCome,
      wrong: async (asked) => ({ ...(await goAndCome(asked)), duo_code: 'another-code' }),
      pass() {
        clock.ahead += 60_000;
      },
    };
  },
};

export default contract;
