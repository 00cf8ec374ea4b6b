import type { Request, Response } from 'express';
import type { Account, LocalizedText } from '../../../core/account.ts';
import type { Answer } from '../../../core/prompt.ts';
import { reasonOf } from '../../../help-desk/orders.ts';
import { localsOf, type Rendering, send, type WebDeps } from '../../context.ts';
import type { Pages } from '../../models.ts';
import type { Csrf } from '../../security.ts';
import type { Face } from './action.ts';

type Model = Pages['help-desk-action'];
type Errors = Model['errors'];

/** How long a form may lie open before it is sent, milliseconds. */
const LIFE = 30 * 60_000;

/** What every form of the help desk asks: the identity checks, all of them, and a reason. */
export interface Given {
  ticked: number[];
  reason: string;
}

export type FormsNeeds = Pick<WebDeps, 'ephemeral' | 'now' | 'random'>;

/** Forms that can be sent once each, by the session that they were made for, about one person and one thing. */
export function createForms(deps: FormsNeeds, csrf: Csrf) {
  const bindingOf = (session: string, about: string) => `helpdesk\0${session}\0${about}`;

  return {
    token(session: string, about: string): string {
      const id = Buffer.from(deps.random(16)).toString('base64url');
      return csrf.token(bindingOf(session, about), `${deps.now().toString(36)}_${id}`);
    },

    /** What names this form. @throws SallyportError ERR_CSRF where it isn't one of ours, for this */
    check: (req: Request, session: string, about: string): string => csrf.check(req, bindingOf(session, about)),

    /** Of any number of times that a form is sent, one counts, while it isn't too old. */
    async spend(form: string): Promise<boolean> {
      const made = Number.parseInt(form.split('_')[0] ?? '', 36);
      if (!(deps.now() - made < LIFE)) return false;
      return deps.ephemeral.add(`helpdesk-form:${form}`, '1', 2 * LIFE);
    },
  };
}

export type Forms = ReturnType<typeof createForms>;

/** What was ticked and written; with what is missing of it. */
export function givenIn(answer: Answer, checklist: readonly LocalizedText[]): { given: Given; errors: Errors } {
  const ticked = checklist.flatMap((_, at) => (answer[`check-${at}`] === 'yes' ? [at] : []));
  const reason = answer.reason ?? '';
  const errors: Errors = [];
  if (ticked.length < checklist.length) errors.push({ field: 'checklist', message: { key: 'help-desk.unchecked' } });
  if (reasonOf(reason) === undefined) errors.push({ field: 'reason', message: { key: 'help-desk.no-reason' } });
  return { given: { ticked, reason }, errors };
}

/** A form as it is to be seen: what was filled in of it, and what is wrong. */
export interface Filled {
  reason: string;
  ticked: readonly number[];
  errors: Model['errors'];
}

export function showForm(
  rendering: Rendering,
  res: Response,
  { username, name }: Account,
  face: Face,
  { ticked, ...filled }: Filled,
  { checklist, ...where }: Pick<Model, 'action' | 'csrf' | 'back'> & { checklist: readonly LocalizedText[] },
): void {
  // Not to be asked for again by switching the language: what was typed would be lost.
  if (filled.errors.length > 0) delete localsOf(res).path;
  send(rendering, res, 'help-desk-action', {
    ...where,
    ...filled,
    ...face,
    person: { username, name },
    choices: face.choices ?? [],
    checklist: checklist.map((text, at) => ({ text, ticked: ticked.includes(at) })),
  });
}
