import { vi } from 'vitest';
import type { FactorContract, Subject } from '../../../../test/contracts/factor-contract.ts';
import { person } from '../../../../test/support/people.ts';
import type { Credential } from '../../../core/account.ts';
import type { Challenge } from '../../../core/challenge.ts';
import { type CreationOptions, type RequestOptions, SoftwareAuthenticator } from '../double.ts';
import type { Data } from '../schemas.ts';
import { issue } from './certificates.ts';
import { ada, fixture, ORIGIN, optionsOf } from './fixture.ts';

/** Models that this vendor vouches for, and no others, for one application. */
const vendor = issue({ name: 'Vendor root', ca: true }).certificate.toString();
const profiles = [{ name: 'payroll', applications: ['payroll'], attestation: 'required', trust: { roots: [vendor] } }];

const changed = ([one]: readonly Credential[], data: Partial<Data>): Credential => {
  if (one === undefined) throw new Error('nothing is held');
  return { ...one, data: { ...(one.data as Data), ...data } };
};

/** A key that nobody vouches for. */
const contract: FactorContract = {
  powers: ['opens', 'enrols', 'rates', 'reviews', 'moves', 'recovers', 'publishes', 'runs'],
  async open(): Promise<Subject> {
    const { factor, clock } = fixture({ profiles });
    await factor.runs?.start();
    const device = new SoftwareAuthenticator(ORIGIN);
    const other = new SoftwareAuthenticator(ORIGIN);
    const signed = vi.spyOn(crypto.subtle, 'verify');
    const answer = async ({ prompt }: Challenge<unknown>, by: SoftwareAuthenticator) => {
      const options = optionsOf<CreationOptions & RequestOptions>(prompt);
      if (options.ceremony === 'create') return by.create(options, by === device ? {} : { challenge: 'another' });
      return by.get(options, { id: device.credentialId, userHandle: device.userHandle });
    };
    return {
      ...{ factor, account: ada, stranger: person('bob'), held: [] },
      answer: (asked) => answer(asked, device),
      // Of another key, which says that it is this one.
      wrong: (asked) => answer(asked, other),
      pass() {
        clock.now += 60_000;
      },
      opens: { work: () => signed.mock.calls.length },
      rates: (held) => changed(held, { suspended: { at: 0, reason: 'copied' } }),
      reviews: (held) => ({ credential: changed(held, {}), context: { application: 'payroll' } }),
      moves: (held) => ({ there: changed(held, { transports: ['hybrid'] }), elsewhere: changed(held, {}) }),
    };
  },
};

export default contract;
