import type { Account, LocalizedText } from '../core/account.ts';
import { SallyportError } from '../core/errors.ts';
import type { Doer } from './agent.ts';
import type { HelpDeskNeeds } from './needs.ts';
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

/** Whether an order may be carried out: asked again at each, whatever a page asked before. */
export function createPermission(
  { durable }: Pick<HelpDeskNeeds, 'durable'>,
  current: (account: Account) => Promise<Account | undefined>,
) {
  /**
   * The person, if this may be done to them, and what the audit says of it.
   *
   * @throws SallyportError ERR_NOT_FOUND, the same for nobody and for somebody out of scope; ERR_INPUT without a
   * reason or with an item left unticked
   */
  return async ({ doer: find, person, reason, ticked, facts }: Order, right: Right) => {
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
  };
}

export type Permitted = ReturnType<typeof createPermission>;

function inWords(text: LocalizedText): string {
  return typeof text === 'string' ? text : (text.en ?? Object.values(text)[0] ?? '');
}
