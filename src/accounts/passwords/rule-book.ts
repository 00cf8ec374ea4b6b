import { REFEDS_SFA } from '../../core/assurance.ts';
import type { Message } from '../../core/prompt.ts';
import { type Breached, listedOn, type Owner } from './blocklists/index.ts';
import { createProfiles, type Groups, type PasswordPolicy } from './policy.ts';
import { BLOCKLISTS, type Blocklist, type PasswordProfile } from './profile.ts';
import { formFaults, normalPassword, rulesOf } from './rules.ts';

const AT_HAND = BLOCKLISTS.filter((list) => list !== 'breached');

export interface PasswordRulesNeeds {
  passwordPolicy: PasswordPolicy;
  /** Absent: nobody knows what leaked. */
  breached?: Breached;
}

/** What passwords of whom must be, wherever they are set. It keeps nothing, and needs no directory. */
export function createPasswordRules({ passwordPolicy, breached }: PasswordRulesNeeds) {
  const profileOf = createProfiles(passwordPolicy);
  const lists = { names: passwordPolicy.names, ...(breached ? { breached } : {}) };
  const each = [...passwordPolicy.profiles.values()].map(({ profile }) => profile);

  /** All that its form does, or else the first of the profile's lists that it is on. */
  async function faultsOf(typed: string, owner: Owner, asked: readonly Blocklist[]): Promise<Message[]> {
    const profile = profileOf(owner.groups);
    const faults = formFaults(typed, profile);
    if (faults.length > 0) return faults;
    const wanted = profile.blocklists.filter((list) => asked.includes(list));
    const list = await listedOn(normalPassword(typed), owner, wanted, lists);
    return list === undefined ? [] : [{ key: `new-password.${list}` }];
  }

  return {
    policy: passwordPolicy,
    profileOf: ({ groups }: { groups?: Groups }): PasswordProfile => profileOf(groups),

    /** In words, before one is typed. */
    wordsOf: ({ groups }: { groups?: Groups }): Message[] => rulesOf(profileOf(groups)),

    /** What speaks against a new password. */
    faults: (typed: string, owner: Owner): Promise<Message[]> => faultsOf(typed, owner, BLOCKLISTS),

    /** What speaks against one that somebody signs in with: nobody outside is asked of that. */
    faultsOfPresent: (typed: string, owner: Owner): Promise<Message[]> => faultsOf(typed, owner, AT_HAND),

    /** Classes that no password under this profile may be said to be of. Where groups aren't known, any may be theirs. */
    withheld({ groups }: { groups?: Groups }): readonly string[] {
      const meets = groups === undefined ? each.every(meetsSfa) : meetsSfa(profileOf(groups));
      return meets ? [] : [REFEDS_SFA];
    },
  };
}

export type PasswordRules = ReturnType<typeof createPasswordRules>;

/**
 * REFEDS SFA 1.0 section 4.1.1: 12 characters of 52, or 8 of 72. As many as there may be count for nothing where
 * nobody has to use them: without a rule people choose small letters.
 */
export function meetsSfa({ length: { minimum }, composition }: PasswordProfile): boolean {
  const all = (['lower', 'upper', 'digit', 'symbol'] as const).every((needed) => composition.includes(needed));
  return minimum >= (all ? 8 : 12);
}
