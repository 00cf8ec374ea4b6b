import type { Account } from '../../../core/account.ts';
import type { Answer, Message } from '../../../core/prompt.ts';
import type { Order } from '../../../help-desk/orders.ts';
import type { Right } from '../../../help-desk/scope.ts';
import type { Pages } from '../../models.ts';

type Model = Pages['help-desk-action'];

/** What a form shows of its action, beside the checklist and the reason. */
export type Face = Pick<Model, 'title' | 'text' | 'confirm' | 'danger'> &
  Partial<Pick<Model, 'factor' | 'choices' | 'number'>>;

/** What came of it: a notice on the person's page, a fault of the form, or a page of its own. */
export type Done =
  | { notice: string }
  | { error: Model['errors'][number] }
  | { shown: Omit<Pages['help-desk-issued'], 'back'> };

/** One row of what can be done at the desk. `what` is what the address names after the action. */
export interface DeskAction {
  right: Right;
  /** Undefined where there is nothing of that name to act on. */
  face(person: Account, what: string, answer: Answer): Promise<Face | undefined>;
  act(order: Order, person: Account, what: string, answer: Answer): Promise<Done>;
}

/** What most of them say, under their own name. */
export const texts = (action: string, values?: Message['values']): Face => {
  const text = (part: string): Message => ({ key: `help-desk.${action}.${part}`, ...(values ? { values } : {}) });
  return { title: text('title'), text: text('text'), confirm: text('confirm'), danger: false };
};
