import type { Accounts } from '../accounts/accounts.ts';
import { contactTrouble } from '../accounts/contact-addresses.ts';
import { type Contact, type ContactKind, type Contacts, SETTLING } from '../accounts/contacts.ts';
import type { Credentials } from '../accounts/credentials.ts';
import type { Holds } from '../accounts/holds.ts';
import type { PasswordStates } from '../accounts/passwords/state.ts';
import type { Evaluator } from '../assurance/evaluate.ts';
import type { Account, Credential } from '../core/account.ts';
import { isEnded } from '../core/account.ts';
import type { EnabledFactor } from '../core/enabled-factor.ts';
import type { Attempts } from '../lockout/attempts.ts';
import type { ResetDemand } from '../policy/index.ts';
import type { ResetNeeds } from './needs.ts';
import type { SecretQuestioning } from './questions.ts';
import type { Evidence, State } from './states.ts';

export interface DemandParts {
  accounts: Accounts;
  attempts: Attempts;
  contacts: Contacts;
  credentials: Credentials;
  evaluator: Evaluator;
  holds: Holds;
  passwordStates: PasswordStates;
  questioning: Pick<SecretQuestioning, 'serving'>;
}

/** What an account asks of whoever forgot its password, and what can be shown of it. */
export function createDemands(deps: Pick<ResetNeeds, 'factors' | 'directories' | 'reset'>, parts: DemandParts) {
  const { accounts, attempts, contacts, credentials, evaluator, holds, passwordStates, questioning } = parts;

  /** Methods that prove something now; with what stands still, for good or until somebody says whose it is, left out. */
  async function working(account: Account | undefined, subject = account?.id ?? ''): Promise<Credential[]> {
    const [all, stopped] = [await credentials.ofAccount(subject), await attempts.stopped(subject)];
    return all.filter((one) => {
      const reviews = deps.factors.get(one.factor)?.factor.reviews;
      if (account === undefined || stopped.has(one.id) || !evaluator.works(one)) return false;
      return reviews?.review(one, account, { application: 'sallyport-security' }) !== 'refused';
    });
  }

  /** Contacts that nothing but their age may keep from serving. */
  async function reachable({ id, email }: { id: string; email?: string | undefined }): Promise<Contact[]> {
    const all = await contacts.ofAccount(id);
    return all.filter((one) => contactTrouble(one, all, email, deps.reset.contacts) === undefined);
  }

  /** What was lent is no factor of theirs; what is suspended or stopped is. */
  const isOwners = (one: Credential): boolean =>
    evaluator.isSecond(one) && deps.factors.get(one.factor)?.module.standing !== 'bootstrap';

  return {
    working,

    /** Whether its directory lets us change it at all. */
    changeable: ({ directory }: Account): boolean => deps.directories.get(directory)?.changePassword !== undefined,

    /** Contacts of an account, or of nobody, that a code may go to, or may have come from that was sent then. */
    async serving(account: string, email: string | undefined, kind: ContactKind, at: number): Promise<Contact[]> {
      const all = await reachable({ id: account, email });
      return all.filter((one) => one.kind === kind && at - one.addedAt >= SETTLING);
    },

    /** What stands on what: those of one factor, as far as a proof of theirs would count for one of `kinds`. */
    standingOn: (all: readonly Credential[], { module, factor }: EnabledFactor, kinds: readonly string[]) =>
      all.filter((one) => one.factor === module.id && kinds.includes(String(factor.recovers?.standsOn(one)))),

    /** One that is held was reported: a code that whoever it was may have got isn't enough by itself. */
    async of(account: Account): Promise<ResetDemand> {
      const second = (await credentials.ofAccount(account.id)).some(isOwners);
      const held = (await holds.of(account.id)) !== undefined;
      const { ways } = passwordStates.profileOf(account).reset;
      const questions = (await questioning.serving(account)) !== undefined;
      return { second: second || held, ways, questions };
    },

    /**
     * Whoever goes by this name, and what stands for nobody: what is looked up for either is the same. Whether they may
     * sign in is for `entitled` to say, once more than a name is known: asked before, its work would tell who exists.
     */
    async named(name: string): Promise<{ account?: Account; subject: string }> {
      const account = await accounts.named(name);
      return account ? { account, subject: account.id } : { subject: attempts.stranger(name) };
    },

    /** Them, up to date, if they may sign in now. Who has never done so has what their directory said a moment ago. */
    entitled: async (account: Account): Promise<Account | undefined> =>
      account.version > 0 ? accounts.usable(account.id) : account.standing && account,

    /** The account that something was shown of, unless all of it was ended since, as by another password. */
    async known({ account }: Pick<State, 'account'>): Promise<Account | undefined> {
      const found = account && (await accounts.usable(account.id));
      if (found === undefined || account === undefined) return undefined;
      return isEnded(found, { at: 0, generation: account.generation }) ? undefined : found;
    },

    /** What was shown, as far as it stands still: a mailbox or a method that was removed meanwhile shows nothing. */
    async standing(account: Account, shown: readonly Evidence[]): Promise<Evidence[]> {
      const [methods, registered] = [await working(account), await reachable(account)];
      const questions = await questioning.serving(account);
      const there = new Set([...methods, ...registered, ...(questions ? [questions] : [])].map(({ id }) => id));
      return shown.filter(({ by }) => there.has(by));
    },
  };
}

export type Demands = ReturnType<typeof createDemands>;
