import type { Request, Response } from 'express';
import { localsOf } from '../../context.ts';
import type { Csrf } from '../../security.ts';
import type { Member } from './session.ts';

/** Forms that only the pages of somebody's own account could have sent. */
export function createOwnForms(csrf: Csrf) {
  const bindingOf = ({ session }: Member) => `account\0${session}`;
  return {
    /** `value` is given back by `checked`: what the form is about. */
    tokenOf: (it: Member, value?: string): string => csrf.token(bindingOf(it), value),

    /** @throws SallyportError ERR_CSRF for a form that isn't one of these */
    checked: (req: Request, it: Member): string => csrf.check(req, bindingOf(it)),

    /** What an audit event says of the request. */
    about(res: Response, { account }: Member) {
      const { ip, userAgent, reference } = localsOf(res).browser;
      return { account: account.id, ip, userAgent, reference };
    },
  };
}

export type OwnForms = ReturnType<typeof createOwnForms>;
