import type { FactorContract } from '../../../../test/contracts/factor-contract.ts';
import { factorPorts } from '../../../../test/support/outside.ts';
import { person } from '../../../../test/support/people.ts';
import { stoppedClock } from '../../../../test/support/sign-in.ts';
import type { Credential } from '../../../core/account.ts';
import type { IssueOptions } from '../../../core/factor-powers.ts';
import tap from '../index.ts';
import type { Data } from '../schemas.ts';

/** Passes of all kinds, and who holds them. */
const contract: FactorContract = {
  powers: ['issues', 'lends', 'rates', 'shows', 'recovers'],
  async open() {
    const factor = tap.create(tap.settings.parse({}), factorPorts(stoppedClock().now));
    const account = person('ada');
    let code = '';
    async function lent(options: IssueOptions) {
      const issued = await factor.issues?.issue(account, [], options);
      if (issued === undefined) throw new Error('nothing is issued');
      const { name, data, shown } = issued;
      const credential: Credential<Data> = { ...account, id: name, account: account.id, factor: 'tap', name, data };
      return { credential, answer: { code: shown.codes[0] ?? '' } };
    }
    return {
      ...{ factor, account, stranger: person('bob'), held: [], pass() {} },
      hand([first = '']) {
        code = first;
      },
      answer: async () => ({ code }),
      wrong: async () => ({ code: 'XXXX-XXXX' }),
      lends: () => Promise.all([lent({ by: 'owner' }), lent({ by: 'operator', uses: 'day-3' })]),
      rates: ([pass]) => ({ ...(pass as Credential<Data>), data: { ...(pass as Credential<Data>).data, expires: 0 } }),
      shows: (held) => [...held],
    };
  },
};

export default contract;
