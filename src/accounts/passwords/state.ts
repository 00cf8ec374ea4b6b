import { createHash } from 'node:crypto';
import type { Account } from '../../core/account.ts';
import type { Person } from '../../core/directory.ts';
import { SallyportError } from '../../core/errors.ts';
import type { AccountsNeeds } from '../needs.ts';
import { expiresAt, type PasswordFacts, reachesAt } from './due.ts';
import type { PasswordProfile } from './profile.ts';

/** As kept, JSON, by account. Times are epoch milliseconds. */
interface Kept {
  /** Digest of the profile that reached them last. */
  profile: string;
  /** Since when. */
  since: number;
  /** When it was changed here; the later of this and the directory's own word counts. */
  changedAt?: number;
}

/** How somebody's password stands. */
export interface PasswordStanding extends PasswordFacts {
  profile: PasswordProfile;
  /** When it has expired; absent: never. */
  expires?: number;
  /** From when on one that doesn't meet the profile is to be changed at a sign-in; absent: not for that. */
  reaches?: number;
}

/** What a directory has just said of the person, by the very account that was read with it: it isn't asked twice. */
export type Described = WeakMap<Account, Person>;

/** Rounds of compare-and-set before giving up. */
const ROUNDS = 10;

/** What the profile asks of passwords: its name, and what isn't about passwords themselves, may change. */
function digestOf({ length, bytes, composition, characters, history, expiry }: PasswordProfile): string {
  const asked = [length.minimum, length.maximum, bytes, composition, characters, history, expiry?.after];
  return createHash('sha256').update(JSON.stringify(asked)).digest('base64url').slice(0, 22);
}

/** What is kept of passwords, by account, beside their directories. Durable; nothing of a password itself. */
export function createPasswordStates(
  deps: Pick<AccountsNeeds, 'durable' | 'now' | 'directories' | 'passwordRules'> & { described?: Described },
) {
  const records = deps.durable.records('passwords');
  const { profileOf } = deps.passwordRules;
  const { adopt, spread } = deps.passwordRules.policy;

  async function read(account: string): Promise<{ kept?: Kept; version?: number }> {
    const record = await records.get(account);
    return record ? { kept: JSON.parse(record.data) as Kept, version: record.version } : {};
  }

  /** Changes the record by compare-and-set; `change` answers undefined to leave it. */
  async function update(account: string, change: (kept: Kept | undefined) => Kept | undefined): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { kept, version } = await read(account);
      const next = change(kept);
      if (next === undefined) return;
      const data = JSON.stringify(next);
      const written =
        version === undefined
          ? await records.insert({ id: account, data })
          : await records.update(account, version, data);
      if (written) return;
    }
    throw new SallyportError('ERR_VERSION_CONFLICT', 'others keep changing what is kept of this password');
  }

  /** Their profile has reached them, at a sign-in; answers since when it has. */
  async function reached(account: Account): Promise<number> {
    const profile = digestOf(profileOf(account));
    let since = deps.now();
    await update(account.id, (kept) => {
      if (kept?.profile === profile) since = kept.since;
      return kept?.profile === profile ? undefined : { ...kept, profile, since };
    });
    return since;
  }

  return {
    profileOf,

    /** `person`: as the directory has just described them, where somebody has asked. */
    async standing(account: Account, person?: { passwordChangedAt?: number }): Promise<PasswordStanding> {
      const profile = profileOf(account);
      const said = person ?? deps.described?.get(account);
      const known = said ?? (await deps.directories.get(account.directory)?.byKey(account.directoryKey));
      const { kept } = await read(account.id);
      const changedAt = later(known?.passwordChangedAt, kept?.changedAt);
      const since = kept?.profile === digestOf(profile) ? kept.since : deps.now();
      const facts = { account: account.id, since, ...(changedAt === undefined ? {} : { changedAt }) };
      const expires = expiresAt(facts, profile, spread);
      return {
        ...facts,
        profile,
        ...(expires === undefined ? {} : { expires }),
        ...(adopt === 'sign-in' ? { reaches: reachesAt(facts, spread) } : {}),
      };
    },

    reached,

    /**
     * Whether they may keep the password that they have just signed in with. Where the policy reaches passwords at a
     * sign-in, and theirs is due, one that doesn't meet it is to be changed; if that can be done here.
     */
    async mayStay(account: Account, password: string): Promise<boolean> {
      const since = await reached(account);
      if (adopt !== 'sign-in' || deps.now() < reachesAt({ account: account.id, since }, spread)) return true;
      if (deps.directories.get(account.directory)?.changePassword === undefined) return true;
      return (await deps.passwordRules.faultsOfPresent(password, account)).length === 0;
    },

    /** Its owner has changed it here. */
    async changed(account: Account, at: number): Promise<void> {
      const profile = digestOf(profileOf(account));
      await update(account.id, (kept) => ({
        profile,
        since: kept?.profile === profile ? kept.since : at,
        changedAt: at,
      }));
    },
  };
}

/** A replica of the directory may not have heard yet of what was changed here a moment ago. */
function later(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}

export type PasswordStates = ReturnType<typeof createPasswordStates>;
