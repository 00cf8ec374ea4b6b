import type { Response, Router } from 'express';
import type { Message } from '../../../core/prompt.ts';
import { answerOf } from '../../bodies.ts';
import { type Rendering, send, type WebDeps } from '../../context.ts';
import { methodPath, type OwnMethod } from './method-list.ts';
import type { AccountParts } from './parts.ts';
import type { Member } from './session.ts';

const LONGEST_NAME = 64;

export type RenameMethodsPagesNeeds = Rendering & Pick<WebDeps, 'audit' | 'credentials' | 'methods'>;

/** `/account/methods/<id>/rename`. */
export function renameMethodsPages(
  deps: RenameMethodsPagesNeeds,
  router: Router,
  { membership, forms, methods }: AccountParts,
): void {
  const { audit, credentials } = deps;
  const { owner, holdsOwn } = membership;
  const { tokenOf, checked, about } = forms;
  const { found } = methods;

  function showRename(res: Response, it: Member, id: string, name: string, error?: Message) {
    send(deps, res, 'account-rename', {
      action: methodPath(id, 'rename'),
      csrf: tokenOf(it),
      name,
      back: '/account',
      ...(error ? { error } : {}),
    });
  }

  router.get('/account/methods/:id/rename', async (req, res) => {
    const it = await owner(req, res, 'sallyport-account');
    if (it === undefined) return;
    const { credential, suspended } = await found(it, req.params.id);
    if (suspended === 'reported') return res.redirect(303, '/account');
    showRename(res, it, credential.id, credential.name);
  });

  /** In the moment: what a report has suspended keeps the name by which its owner, or the help desk, may know it. */
  async function rename(it: Member, id: unknown, name: string): Promise<OwnMethod | undefined> {
    const method = await found(it, id);
    if (method.suspended === 'reported') return undefined;
    return (await credentials.rename(method.credential, name)) ? method : undefined;
  }

  router.post('/account/methods/:id/rename', async (req, res) => {
    const it = await owner(req, res, 'sallyport-account', '/account');
    if (it === undefined) return;
    checked(req, it);
    const { credential } = await found(it, req.params.id);
    const name = (answerOf(req.body).name ?? '').normalize('NFC').trim();
    if (name === '' || name.length > LONGEST_NAME)
      return showRename(res, it, credential.id, name, {
        key: name === '' ? 'account.rename.required' : 'account.rename.too-long',
        values: { count: LONGEST_NAME },
      });
    const nothing = { account: it.account.id, busy: () => undefined, lost: () => undefined };
    const right = () => holdsOwn(res, it, 'sallyport-account');
    const renamed = await deps.methods.exercise<OwnMethod | undefined>({ ...nothing, right }, () =>
      rename(it, req.params.id, name),
    );
    if (renamed === undefined) return showRename(res, it, credential.id, name, { key: 'try-again' });
    const { id, factor } = renamed.credential;
    audit.note({ event: 'credential.renamed', factor, credential: id, ...about(res, it) });
    res.redirect(303, '/account?notice=method-renamed');
  });
}
