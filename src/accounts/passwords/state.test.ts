import { describe, expect, it } from 'vitest';
import { openDurable } from '../../../test/support/durable.ts';
import type { Account } from '../../core/account.ts';
import type { Directory, Person } from '../../core/directory.ts';
import { BUILT_IN } from './built-in.ts';
import type { PasswordPolicy } from './policy.ts';
import { createPasswordRules } from './rule-book.ts';
import { createPasswordStates } from './state.ts';

const DAY = 86_400_000;
const START = 1_800_000_000_000;
const ada = {
  id: 'ada',
  directory: 'campus',
  directoryKey: 'a1',
  username: 'ada',
  name: 'Ada',
  groups: ['staff'],
} as Account;

async function fixture(changes = true) {
  const { durable } = await openDurable();
  let now = START;
  let known: Partial<Person> = {};
  const campus = {
    byKey: async () => ({ key: 'a1', username: 'ada', name: 'Ada', status: 'active', ...known }),
    ...(changes && { changePassword: async () => {} }),
  } as unknown as Directory;
  const under = (profile: 'nist' | 'classic', more: Partial<PasswordPolicy> = {}) => {
    const passwordPolicy: PasswordPolicy = {
      profiles: new Map([['only', { profile: { names: ['only'], ...BUILT_IN[profile] } }]]),
      ...{ default: 'only', names: [], adopt: 'sign-in', spread: 0, ...more },
    };
    const passwordRules = createPasswordRules({ passwordPolicy });
    return createPasswordStates({ durable, now: () => now, directories: new Map([['campus', campus]]), passwordRules });
  };
  return {
    under,
    pass: (ms: number) => {
      now += ms;
    },
    tells: (more: Partial<Person>) => {
      known = more;
    },
  };
}

const LONG = 'correct horse battery staple';

describe('what is kept of a password', () => {
  it('is when it was changed: the later of what is kept and what the directory says', async () => {
    const { under, pass, tells } = await fixture();
    const states = under('classic');
    await states.mayStay(ada, LONG);
    pass(DAY);
    // From before the profile reached them: no sooner than a reminder after that.
    tells({ passwordChangedAt: START - 10 * DAY });
    expect(await states.standing(ada)).toMatchObject({ changedAt: START - 10 * DAY, expires: START + 170 * DAY });
    tells({ passwordChangedAt: START - 300 * DAY });
    expect(await states.standing(ada)).toMatchObject({ since: START, expires: START + 14 * DAY });
    // What was changed here a replica may not know yet.
    await states.changed(ada, START + DAY);
    expect(await states.standing(ada)).toMatchObject({ changedAt: START + DAY, expires: START + 181 * DAY });
  });

  it('is since when the profile reaches them, and anew when that asks for something else', async () => {
    const { under, pass } = await fixture();
    await under('nist').mayStay(ada, LONG);
    pass(5 * DAY);
    await under('nist').mayStay(ada, LONG);
    expect(await under('nist').standing(ada)).toMatchObject({ since: START });
    expect(await under('nist').standing(ada)).not.toHaveProperty('expires');
    await under('classic').mayStay(ada, LONG);
    expect(await under('classic').standing(ada)).toMatchObject({ since: START + 5 * DAY });
  });

  it('lets a password stay that meets the profile, and another one until it is due', async () => {
    const { under, pass } = await fixture();
    const spread = 14 * DAY;
    expect(await under('classic', { spread }).mayStay(ada, LONG)).toBe(true);
    expect(await under('classic', { spread }).mayStay(ada, 'amber lanes 7')).toBe(true);
    pass(spread);
    expect(await under('classic', { spread }).mayStay(ada, LONG)).toBe(false);
    expect(await under('classic', { spread }).mayStay(ada, 'amber lanes 7')).toBe(true);
    expect(await under('classic', { spread }).mayStay(ada, 'Passw0rd2026')).toBe(false);
  });

  it.each<[string, boolean, Partial<PasswordPolicy>]>([
    ['the policy waits for an expiry', true, { adopt: 'expiry' }],
    ['it can’t be changed here', false, {}],
  ])('lets any stay where %s', async (_, changes, more) => {
    const { under } = await fixture(changes);
    expect(await under('classic', more).mayStay(ada, LONG)).toBe(true);
  });

  it('is written once by many at once', async () => {
    const { under } = await fixture();
    const states = under('classic');
    await Promise.all(
      Array.from({ length: 8 }, (_, at) => (at % 2 ? states.mayStay(ada, LONG) : states.changed(ada, START))),
    );
    expect(await states.standing(ada)).toMatchObject({ changedAt: START, since: START });
  });
});
