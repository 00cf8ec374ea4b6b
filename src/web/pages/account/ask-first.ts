import type { Response } from 'express';
import type { Message } from '../../../core/prompt.ts';
import { type Rendering, send } from '../../context.ts';
import type { OwnForms } from './forms.ts';
import type { Member } from './session.ts';

/** Asks whether it is really meant; texts are `account.confirm.<what>`. */
export type AskFirst = (
  res: Response,
  it: Member,
  action: string,
  what: string,
  values?: Message['values'],
  danger?: boolean,
) => void;

export function createAskFirst(rendering: Rendering, { tokenOf }: OwnForms): AskFirst {
  return (res, it, action, what, values, danger = true) => {
    const text = (part: string): Message => ({ key: `account.confirm.${what}.${part}`, ...(values ? { values } : {}) });
    send(rendering, res, 'account-confirm', {
      action,
      csrf: tokenOf(it),
      title: text('title'),
      text: text('text'),
      confirm: text('confirm'),
      back: '/account',
      danger,
    });
  };
}
