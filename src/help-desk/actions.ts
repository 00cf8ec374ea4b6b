import type { Account, LocalizedText } from '../core/account.ts';
import { SallyportError } from '../core/errors.ts';
import type { Shown } from '../core/factor-powers.ts';
import type { Message } from '../core/prompt.ts';
import type { Doer } from './agent.ts';
import type { HelpDeskNeeds, HelpDeskParts } from './needs.ts';
import type { Right } from './scope.ts';

/** What somebody wants done to a person, and why. */
export interface Order {
  /** Asked at the moment of acting: rights can be taken away while a form is open. */
  doer(): Promise<Doer | undefined>;
  /** Whom it is for: an account's id. */
  person: string;
  reason: string;
  /** Places in the checklist of the items that were ticked. */
  ticked: readonly number[];
  /** From where, for the audit. */
  facts: Readonly<Record<string, unknown>>;
}

const SHORTEST = 5;
const LONGEST = 500;

/** A reason as it is kept: one line; undefined where it says nothing. */
export function reasonOf(typed: string | undefined): string | undefined {
  const text = (typed ?? '')
    .slice(0, 4 * LONGEST)
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  const letters = [...text];
  return letters.length < SHORTEST ? undefined : letters.slice(0, LONGEST).join('');
}

/** What the help desk does: each is checked here, whatever the page checked before, and audited before it takes effect. */
export function createActions(
  deps: HelpDeskNeeds,
  parts: HelpDeskParts,
  current: (account: Account) => Promise<Account | undefined>,
) {
  const { credentials, devices, attempts, holds, issuing, methods, reports } = parts;
  const { audit, durable, factors } = deps;
  /** Names that attempts are counted under, beside the factors' own. */
  const budgets = [...factors.keys()].flatMap((id) => [id, `enrol-${id}`]).concat('new-password');

  /**
   * The person, if this may be done to them, and what the audit says of it.
   *
   * @throws SallyportError ERR_NOT_FOUND, the same for nobody and for somebody out of scope; ERR_INPUT without a
   * reason or with an item left unticked
   */
  async function permitted({ doer: find, person, reason, ticked, facts }: Order, right: Right) {
    const doer = await find();
    const kept = doer && (await durable.accounts.byId(person));
    const target = kept && (await current(kept));
    if (!doer || !target || !doer.may(right, target)) throw new SallyportError('ERR_NOT_FOUND', 'nobody in scope');
    const why = reasonOf(reason);
    if (why === undefined) throw new SallyportError('ERR_INPUT', 'no reason is given');
    if (!doer.checklist.every((_, at) => ticked.includes(at))) {
      throw new SallyportError('ERR_INPUT', 'not every item of the checklist is ticked');
    }
    const checked = doer.checklist.map(inWords);
    return { target, facts: { ...facts, account: person, by: doer.by, reason: why, checked } };
  }

  const ofFactor = async (account: string, id: string) =>
    (await credentials.ofAccount(account)).filter(({ factor }) => factor === id);

  async function methodOf(account: string, id: string) {
    const method = (await credentials.ofAccount(account)).find((credential) => credential.id === id);
    if (method === undefined) throw new SallyportError('ERR_NOT_FOUND', 'no such method of this person');
    return method;
  }

  async function beginAnew(account: Account): Promise<void> {
    const names = parts.logins.namesOf(account).map(attempts.stranger);
    await attempts.unlock(account.id, budgets, names);
    for (const { factor } of factors.values()) await factor.holdsBack?.release(account.id);
  }

  return {
    /** What operators may issue, and what they choose then. */
    issuable: () =>
      [...factors.values()].flatMap(({ module, factor: { issues } }) =>
        issues?.operatorService ? [{ factor: module.id, standing: module.standing, ...issues.operatorService }] : [],
      ),

    /** Factors whose devices are assigned by number. */
    assignable: () => [...factors.values()].filter(({ factor }) => factor.assigns).map(({ module }) => module.id),

    locks: async (account: string) => attempts.locks(account, budgets, await credentials.ofAccount(account)),

    /** Answers what is shown, once. @throws SallyportError as `permitted`, and ERR_INPUT for options that can't be had */
    async issue(order: Order, factor: string, options: Readonly<Record<string, string | number>>): Promise<Shown> {
      const { target, facts } = await permitted(order, 'issue');
      if (factors.get(factor)?.factor.issues?.operatorService === undefined) {
        throw new SallyportError('ERR_NOT_FOUND', `${factor} is not issued by operators`);
      }
      const announce = ({ starts, expires }: Shown) =>
        audit.commit({
          ...facts,
          event: 'helpdesk.issued',
          factor,
          ...(starts === undefined ? {} : { starts }),
          ...(expires === undefined ? {} : { expires }),
        });
      return issuing.issue(target, factor, { ...options, by: 'operator' }, facts, { announce });
    },

    /** Whichever it is, the last one too: that is what a lost phone is. What rests on it ends at once. */
    async remove(order: Order, credential: string): Promise<void> {
      const { target, facts } = await permitted(order, 'remove');
      const { factor, name } = await methodOf(target.id, credential);
      await audit.commit({ ...facts, event: 'helpdesk.method-removed', factor, credential, name });
      await methods.remove(target.id, credential);
    },

    /** What a report suspended is the person's own: it proves again. False where it isn't suspended (any more). */
    async confirm(order: Order, credential: string): Promise<boolean> {
      const { target, facts } = await permitted(order, 'unlock');
      const { factor, name, suspendedAt } = await methodOf(target.id, credential);
      if (suspendedAt === undefined) return false;
      await audit.commit({ ...facts, event: 'helpdesk.method-confirmed', factor, credential, name });
      return credentials.confirm(credential, target.id);
    },

    /** Budgets of attempts begin anew, and what was stopped after too many in a row. With `hold`: no new password has to be chosen any more, either. */
    async unlock(order: Order, hold: 'keep' | 'release'): Promise<void> {
      const { target, facts } = await permitted(order, 'unlock');
      await audit.commit({ ...facts, event: 'helpdesk.unlocked', hold });
      await beginAnew(target);
      if (hold === 'release') await holds.release(target.id, facts);
    },

    /** The same, by whoever runs commands: nobody has to be at the desk, and there needn't be one. */
    async unlockByCommand(account: Account, facts: Readonly<Record<string, string>>): Promise<void> {
      await audit.commit({ ...facts, event: 'account.unlocked', account: account.id, by: 'cli' });
      await beginAnew(account);
    },

    /** Sessions, grants and remembered devices, everywhere. */
    async endSessions(order: Order): Promise<void> {
      const { target, facts } = await permitted(order, 'end-sessions');
      await audit.commit({ ...facts, event: 'helpdesk.sessions-ended' });
      await durable.accounts.revokeBefore(target.id, deps.now());
      await devices.revoke(target.id);
      await deps.endSessions(target.id);
    },

    /** Undefined once it is theirs; else why not, in the factor's words. */
    async assign(order: Order, factor: string, number: string): Promise<Message | undefined> {
      const { target, facts } = await permitted(order, 'assign');
      const it = factors.get(factor);
      if (it?.factor.assigns === undefined) throw new SallyportError('ERR_NOT_FOUND', `${factor} assigns nothing`);
      const existing = await ofFactor(target.id, factor);
      if (existing.length >= credentials.maximum(factor)) return { key: 'too-many-methods' };
      const assigned = await it.factor.assigns.assign(target, existing, number);
      if (assigned.outcome === 'refused') return assigned.message;
      const { name, data, lookup } = assigned;
      try {
        // Nothing can be proven with it until it is a credential.
        await audit.commit({ ...facts, event: 'helpdesk.token-assigned', factor, name });
      } catch (error) {
        await assigned.release();
        throw error;
      }
      const added = await credentials.add(target.id, factor, name, data, lookup);
      if (typeof added === 'string') return undefined;
      await assigned.release();
      return added;
    },

    /** False where somebody was faster. */
    async handle(order: Order, report: string): Promise<boolean> {
      const { target, facts } = await permitted(order, 'reports');
      if ((await reports.get(report))?.account !== target.id) {
        throw new SallyportError('ERR_NOT_FOUND', 'no such report of this person');
      }
      const { by, reason, ...rest } = facts;
      return reports.handle(report, by, reason, rest);
    },
  };
}

function inWords(text: LocalizedText): string {
  return typeof text === 'string' ? text : (text.en ?? Object.values(text)[0] ?? '');
}
