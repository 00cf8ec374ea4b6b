import type { Response } from 'express';
import type { Message } from '../../../core/prompt.ts';
import type { Asked } from '../../asked.ts';
import { type Rendering, send } from '../../context.ts';
import type { OwnForms } from './forms.ts';
import type { Member } from './session.ts';

/** Asks whether it is really meant. */
export type AskFirst = (
  res: Response,
  it: Member,
  action: string,
  asked: Asked,
  values?: Message['values'],
  danger?: boolean,
) => void;

export function createAskFirst(rendering: Rendering, { tokenOf }: OwnForms): AskFirst {
  return (res, it, action, asked, values, danger = true) => {
    const csrf = tokenOf(it);
    send(rendering, res, 'account-confirm', {
      asked,
      ...(values && { values }),
      action,
      csrf,
      back: '/account',
      danger,
    });
  };
}
