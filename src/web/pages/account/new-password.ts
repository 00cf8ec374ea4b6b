import type { Request, Response, Router } from 'express';
import { SallyportError } from '../../../core/errors.ts';
import type { Message } from '../../../core/prompt.ts';
import { answerOf } from '../../bodies.ts';
import { localsOf, type Rendering, send, type WebDeps } from '../../context.ts';
import type { AccountParts } from './parts.ts';
import type { Member } from './session.ts';

const ADDRESS = '/account/password';

export type NewPasswordPagesNeeds = Rendering & Pick<WebDeps, 'core' | 'passwords'>;

/** `/account/password`: a new password of one's own choice, after a fresh second step and the present password. */
export function newPasswordPages(
  deps: NewPasswordPagesNeeds,
  router: Router,
  { membership, forms }: AccountParts,
): void {
  const { core, passwords } = deps;
  const { owner, holdsOwn } = membership;
  const { tokenOf, checked, about } = forms;

  /** @throws SallyportError ERR_NOT_FOUND where the account's directory changes no passwords */
  async function someone(req: Request, res: Response): Promise<Member | undefined> {
    const it = await owner(req, res, 'sallyport-security', ADDRESS);
    if (it && !passwords.changeable(it.account)) {
      throw new SallyportError('ERR_NOT_FOUND', 'this directory changes no passwords');
    }
    return it;
  }

  function show(res: Response, it: Member, error?: Message): void {
    const { username, name } = it.account;
    send(deps, res, 'new-password', {
      action: ADDRESS,
      csrf: tokenOf(it),
      account: { username, name },
      rules: passwords.rulesOf(it.account),
      current: true,
      why: { key: 'new-password.why.owner' },
      ...(error ? { error } : {}),
      back: '/account',
    });
  }

  router.get(ADDRESS, async (req, res) => {
    const it = await someone(req, res);
    if (it) show(res, it);
  });

  router.post(ADDRESS, async (req, res) => {
    const it = await someone(req, res);
    if (it === undefined) return;
    checked(req, it);
    const { current = '', next = '' } = answerOf(req.body);
    const { account } = it;
    const renew = () => core.renew(req, res);
    const { browser } = localsOf(res);
    const facts = { ...about(res, it), by: 'owner' };
    const right = () => holdsOwn(res, it, 'sallyport-security');
    const result = await passwords.change({ account, current, next, renew, browser, right, facts });
    if ('lost' in result) return res.redirect(303, ADDRESS);
    if ('error' in result) return show(res, it, result.error);
    res.redirect(303, '/account?notice=password-changed');
  });
}
