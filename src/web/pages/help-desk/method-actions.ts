import { SallyportError } from '../../../core/errors.ts';
import type { Message } from '../../../core/prompt.ts';
import type { WebDeps } from '../../context.ts';
import { type DeskAction, texts } from './action.ts';

/** Passes and the like, which are read out or handed over: of a factor that the address names. */
export function issuing({ helpDesk }: Pick<WebDeps, 'helpDesk'>): DeskAction {
  const issuable = (what: string) => helpDesk.issuable().find(({ factor }) => factor === what);

  return {
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
}

/** A device that the desk hands out, by the number on it. */
export function assigning({ helpDesk }: Pick<WebDeps, 'helpDesk'>): DeskAction {
  return {
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
}

/** A method that is lost, or in other hands. */
export function removing({ helpDesk, credentials }: Pick<WebDeps, 'helpDesk' | 'credentials'>): DeskAction {
  return {
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
}

/** A method that a report suspended, and that is its owner’s after all. */
export function confirming({ helpDesk, credentials }: Pick<WebDeps, 'helpDesk' | 'credentials'>): DeskAction {
  return {
    right: 'unlock',
    async face({ id }, what) {
      const method = (await credentials.ofAccount(id)).find((credential) => credential.id === what);
      return method?.suspendedAt === undefined ? undefined : texts('confirm', { name: method.name });
    },
    async act(order, _person, what) {
      return { notice: (await helpDesk.confirm(order, what)) ? 'confirmed' : 'done-already' };
    },
  };
}
