import type { Router } from 'express';
import { SallyportError } from '../../../core/errors.ts';
import type { Shown } from '../../../core/factor-powers.ts';
import type { Issuable } from '../../../methods/issuing.ts';
import { answerOf } from '../../bodies.ts';
import { localsOf, type Rendering, send, type WebDeps } from '../../context.ts';
import type { AccountParts } from './parts.ts';
import type { Member } from './session.ts';

export type IssuePagesNeeds = Rendering & Pick<WebDeps, 'credentials' | 'issuing'>;

/** What people issue to themselves: asked about, made, and shown once. A pass that was lent isn't enough for that. */
export function issuePages(deps: IssuePagesNeeds, router: Router, { membership, forms, methods }: AccountParts): void {
  const { credentials, issuing } = deps;
  const { owner } = membership;
  const { tokenOf, checked, about } = forms;
  const addressOf = (factor: string) => `/account/methods/issue/${encodeURIComponent(factor)}`;

  const offered = async ({ account }: Member) => issuing.offered(await credentials.ofAccount(account.id));

  async function found(it: Member, factor: unknown): Promise<Issuable> {
    const issuable = (await offered(it)).find((one) => one.factor === factor);
    if (issuable === undefined) throw new SallyportError('ERR_NOT_FOUND', 'no such factor to issue');
    return issuable;
  }

  router.get('/account/methods/issue/:factor', async (req, res) => {
    const it = await owner(req, res, 'sallyport-security');
    if (it === undefined) return;
    const { factor, replaces, selfService } = await found(it, req.params.factor);
    const choices = selfService.choices.map(({ name, options }) => ({ name, options: [...options] }));
    send(deps, res, 'account-issue', { action: addressOf(factor), csrf: tokenOf(it), factor, replaces, choices });
  });

  // Shown in the answer itself: no address has it, so that it can't be asked for again.
  router.post('/account/methods/issue/:factor', async (req, res) => {
    const it = await owner(req, res, 'sallyport-security');
    if (it === undefined) return;
    checked(req, it);
    const { factor, selfService } = await found(it, req.params.factor);
    const answer = answerOf(req.body);
    const chosen = selfService.choices.map(({ name, options }) => {
      const value = options.find((option) => option.value === answer[name])?.value;
      if (value === undefined) throw new SallyportError('ERR_INPUT', `no such choice of ${name}`);
      return [name, value];
    });
    const options = { ...Object.fromEntries(chosen), by: 'owner' as const };
    const isOffered = async () => (await offered(it)).some((one) => one.factor === factor);
    const outcomes = { busy: undefined, lost: undefined, right: isOffered };
    const shown = await methods.change<Shown | undefined>(res, it, outcomes, (since) =>
      issuing.issue(it.account, factor, options, { ...about(res, it), by: 'owner' }, { since }),
    );
    if (shown === undefined) return res.redirect(303, addressOf(factor));
    const { username } = it.account;
    // Switching the language would ask for this page again, without what it shows.
    delete localsOf(res).path;
    send(deps, res, 'issued', { factor, username, ...shown });
  });
}
