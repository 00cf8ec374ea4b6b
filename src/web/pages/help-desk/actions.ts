import type { Response } from 'express';
import type { Account } from '../../../core/account.ts';
import { SallyportError } from '../../../core/errors.ts';
import type { Answer, Message } from '../../../core/prompt.ts';
import type { Order } from '../../../help-desk/actions.ts';
import type { Right } from '../../../help-desk/scope.ts';
import { localsOf, send, type WebDeps } from '../../context.ts';
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

/** By the word in the address: the pages know no other. */
export function createDeskActions(deps: WebDeps): ReadonlyMap<string, DeskAction> {
  const { helpDesk, credentials, holds, reports } = deps;

  const texts = (action: string, values?: Message['values']): Face => {
    const text = (part: string): Message => ({ key: `help-desk.${action}.${part}`, ...(values ? { values } : {}) });
    return { title: text('title'), text: text('text'), confirm: text('confirm'), danger: false };
  };

  const issuable = (what: string) => helpDesk.issuable().find(({ factor }) => factor === what);

  const issue: DeskAction = {
    right: 'issue',
    async face(_person, what, answer) {
      const it = issuable(what);
      if (it === undefined) return undefined;
      const choices = it.choices.map(({ name, options }) => ({
        name,
        label: { key: `issue.${name}` },
        options: options.map((option, at) => ({
          ...option,
          chosen: answer[name] === undefined ? at === 0 : answer[name] === option.value,
        })),
      }));
      return { ...texts('issue'), title: { key: 'name' }, factor: what, choices };
    },
    async act(order, { username, name }, what, answer) {
      const chosen = (issuable(what)?.choices ?? []).map(({ name: field, options }) => {
        const value = options.find((option) => option.value === answer[field])?.value;
        if (value === undefined) throw new SallyportError('ERR_INPUT', `no such choice of ${field}`);
        return [field, value];
      });
      const shown = await helpDesk.issue(order, what, Object.fromEntries(chosen));
      return { shown: { factor: what, person: { username, name }, ...shown } };
    },
  };

  const remove: DeskAction = {
    right: 'remove',
    async face({ id }, what) {
      const method = (await credentials.ofAccount(id)).find((credential) => credential.id === what);
      return method && { ...texts('remove', { name: method.name }), danger: true };
    },
    async act(order, _person, what) {
      await helpDesk.remove(order, what);
      return { notice: 'removed' };
    },
  };

  const confirm: DeskAction = {
    right: 'unlock',
    async face({ id }, what) {
      const method = (await credentials.ofAccount(id)).find((credential) => credential.id === what);
      return method?.suspendedAt === undefined ? undefined : texts('confirm', { name: method.name });
    },
    async act(order, _person, what) {
      return { notice: (await helpDesk.confirm(order, what)) ? 'confirmed' : 'done-already' };
    },
  };

  const unlock: DeskAction = {
    right: 'unlock',
    async face({ id }, what, answer) {
      if (what !== '') return undefined;
      const held = await holds.of(id);
      if (held === undefined) return texts('unlock');
      const options = (['keep', 'release'] as const).map((value) => ({
        value,
        label: { key: `help-desk.unlock.${value}` },
        chosen: (answer.hold ?? 'keep') === value,
      }));
      return { ...texts('unlock'), choices: [{ name: 'hold', label: { key: 'help-desk.unlock.stays' }, options }] };
    },
    async act(order, _person, _what, answer) {
      await helpDesk.unlock(order, answer.hold === 'release' ? 'release' : 'keep');
      return { notice: 'unlocked' };
    },
  };

  const endSessions: DeskAction = {
    right: 'end-sessions',
    face: async (_person, what) => (what === '' ? { ...texts('end-sessions'), danger: true } : undefined),
    async act(order) {
      await helpDesk.endSessions(order);
      return { notice: 'sessions-ended' };
    },
  };

  const assign: DeskAction = {
    right: 'assign',
    async face(_person, what, answer) {
      if (!helpDesk.assignable().includes(what)) return undefined;
      const text = (part: string): Message => ({ key: `assign.${part}` });
      const number = { label: text('label'), hint: text('hint'), value: answer.number ?? '' };
      return {
        ...{ title: text('title'), text: text('text'), confirm: text('action'), danger: false },
        ...{ factor: what, number },
      };
    },
    async act(order, _person, what, answer) {
      const message = await helpDesk.assign(order, what, answer.number ?? '');
      return message ? { error: { field: 'number', message, factor: what } } : { notice: 'assigned' };
    },
  };

  const handle: DeskAction = {
    right: 'reports',
    async face({ id }, what) {
      const report = await reports.get(what);
      return report?.account === id && report.handled === undefined ? texts('handle') : undefined;
    },
    async act(order, _person, what) {
      return { notice: (await helpDesk.handle(order, what)) ? 'handled' : 'done-already' };
    },
  };

  return new Map([
    ['issue', issue],
    ['remove', remove],
    ['confirm', confirm],
    ['unlock', unlock],
    ['end-sessions', endSessions],
    ['assign', assign],
    ['handle', handle],
  ]);
}

/** A form as it is to be seen: what was filled in of it, and what is wrong. */
export interface Filled {
  reason: string;
  ticked: readonly number[];
  errors: Model['errors'];
}

export function showForm(
  deps: WebDeps,
  res: Response,
  { username, name }: Account,
  face: Face,
  { ticked, ...filled }: Filled,
  where: Pick<Model, 'action' | 'csrf' | 'back'>,
): void {
  // Not to be asked for again by switching the language: what was typed would be lost.
  if (filled.errors.length > 0) delete localsOf(res).path;
  const checklist = deps.helpDesk.settings?.checklist ?? [];
  send(deps, res, 'help-desk-action', {
    ...where,
    ...filled,
    ...face,
    person: { username, name },
    choices: face.choices ?? [],
    checklist: checklist.map((text, at) => ({ text, ticked: ticked.includes(at) })),
  });
}
