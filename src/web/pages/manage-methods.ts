import type { Request, Response, Router } from 'express';
import type { Message } from '../../core/prompt.ts';
import { answerOf } from '../bodies.ts';
import { send, type WebDeps } from '../context.ts';
import type { MethodChange, OwnMethod, OwnMethods } from './account-methods.ts';
import type { Member, Membership } from './account-session.ts';
import type { Place, SetUp } from './set-up.ts';

/** Asks whether it is really meant; texts are `account.confirm.<what>`. */
export type AskFirst = (
  res: Response,
  it: Member,
  action: string,
  what: string,
  values?: Message['values'],
  danger?: boolean,
) => void;

interface Parts {
  methods: OwnMethods;
  setUp: SetUp;
  membership: Membership;
  confirm: AskFirst;
}

const LONGEST_NAME = 64;
/** So little that nothing counts but what is shown in the very request that asks. */
const JUST_NOW = 1_000;

const pathOf = (id: string, action: string) => `/account/methods/${encodeURIComponent(id)}/${action}`;

/** `/account/methods/…`: methods are added, removed, confirmed, renamed, and one of them is asked for first. */
export function manageMethodsPages(deps: WebDeps, router: Router, parts: Parts): void {
  const { methods, setUp, membership, confirm } = parts;
  const { core, audit, credentials, preferences } = deps;
  const { member, owner } = membership;
  const { tokenOf, checked, about, found } = methods;

  const adding = (req: Request): Place => ({
    factor: String(req.params.factor),
    action: `/account/methods/add/${encodeURIComponent(String(req.params.factor))}`,
    application: 'sallyport-account',
    leave: { href: '/account', label: { key: 'action.cancel' } },
  });

  router.get('/account/methods/add/:factor', async (req, res) => {
    const it = await member(req, res, 'sallyport-security');
    if (it === undefined || (await setUp.show(req, res, it, adding(req)))) return;
    res.redirect(303, '/account?notice=too-many-methods');
  });

  router.post('/account/methods/add/:factor', async (req, res) => {
    const it = await member(req, res, 'sallyport-security');
    if (it === undefined) return;
    checked(req, it);
    const result = await setUp.answer(req, res, it, adding(req));
    if ('again' in result) return res.redirect(303, result.again);
    res.redirect(303, `/account?notice=method-${'added' in result ? 'added' : 'renewed'}`);
  });

  /** Which methods are older, and the way to show one; the help desk where there is none. */
  async function askElder(res: Response, it: Member, method: OwnMethod, action: string): Promise<void> {
    const { id, name } = method.credential;
    const { elders } = await methods.judges(res, it, method);
    send(deps, res, 'account-elder', {
      name,
      elders: elders.map(({ factor, name: theirs }) => ({ factor, name: theirs })),
      ...(elders.length > 0 ? { show: pathOf(id, `elder/${action}`) } : {}),
      back: '/account',
    });
  }

  /** Asks for a second step once more, so that an older one can be chosen. */
  router.get('/account/methods/:id/elder/:action', async (req, res) => {
    const it = await owner(req, res, 'sallyport-account');
    if (it === undefined) return;
    const { credential } = await found(it, req.params.id);
    const action = req.params.action === 'remove' ? 'remove' : 'confirm';
    const wants = { acrValues: [], acrEssential: false, reauthenticate: true, maxAge: JUST_NOW };
    res.redirect(303, core.begin('sallyport-security', { returnTo: pathOf(credential.id, action), wants }));
  });

  function after(req: Request, res: Response, done: MethodChange): void {
    // What is missing is asked for by the page that was shown before.
    const missing = done === 'lost' || done === 'elder';
    res.redirect(303, missing ? req.path : `/account?notice=method-${done}`);
  }

  router.get('/account/methods/:id/remove', async (req, res) => {
    const it = await owner(req, res, 'sallyport-security');
    if (it === undefined) return;
    const method = await found(it, req.params.id);
    if (!(await methods.mayJudge(res, it, method))) return askElder(res, it, method, 'remove');
    const { id, name } = method.credential;
    confirm(res, it, pathOf(id, 'remove'), 'remove-method', { name });
  });

  router.post('/account/methods/:id/remove', async (req, res) => {
    const it = await owner(req, res, 'sallyport-security', '/account');
    if (it === undefined) return;
    checked(req, it);
    after(req, res, await methods.remove(res, it, req.params.id));
  });

  router.get('/account/methods/:id/confirm', async (req, res) => {
    const it = await owner(req, res, 'sallyport-security');
    if (it === undefined) return;
    const method = await found(it, req.params.id);
    if (method.suspended !== 'reported') return res.redirect(303, '/account');
    if (!(await methods.mayJudge(res, it, method))) return askElder(res, it, method, 'confirm');
    const { id, name } = method.credential;
    confirm(res, it, pathOf(id, 'confirm'), 'confirm-method', { name }, false);
  });

  router.post('/account/methods/:id/confirm', async (req, res) => {
    const it = await owner(req, res, 'sallyport-security', '/account');
    if (it === undefined) return;
    checked(req, it);
    after(req, res, await methods.confirm(res, it, req.params.id));
  });

  router.get('/account/methods/:id/default', async (req, res) => {
    const it = await owner(req, res, 'sallyport-security');
    if (it === undefined) return;
    const { credential } = await found(it, req.params.id);
    confirm(res, it, pathOf(credential.id, 'default'), 'default-method', { name: credential.name }, false);
  });

  async function prefer(res: Response, it: Member, id: unknown): Promise<'default' | 'not' | 'again'> {
    const { credential, choosable } = await found(it, id);
    if (!choosable) return 'not';
    const { id: credentialId, factor } = credential;
    await audit.commit({ event: 'credential.default-changed', credential: credentialId, factor, ...about(res, it) });
    return (await preferences.choose(it.account.id, credentialId)) ? 'default' : 'again';
  }

  router.post('/account/methods/:id/default', async (req, res) => {
    const it = await owner(req, res, 'sallyport-security', req.path);
    if (it === undefined) return;
    checked(req, it);
    const outcomes = { busy: 'again', lost: 'again' } as const;
    const done = await methods.change<'default' | 'not' | 'again'>(res, it, outcomes, () =>
      prefer(res, it, req.params.id),
    );
    if (done === 'again') return res.redirect(303, req.path);
    res.redirect(303, done === 'default' ? '/account?notice=method-default' : '/account');
  });

  router.get('/account/methods/:id/rename', async (req, res) => {
    const it = await owner(req, res, 'sallyport-account');
    if (it === undefined) return;
    const { credential, suspended } = await found(it, req.params.id);
    if (suspended === 'reported') return res.redirect(303, '/account');
    showRename(res, it, credential.id, credential.name);
  });

  function showRename(res: Response, it: Member, id: string, name: string, error?: Message) {
    send(deps, res, 'account-rename', {
      action: pathOf(id, 'rename'),
      csrf: tokenOf(it),
      name,
      back: '/account',
      ...(error ? { error } : {}),
    });
  }

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
    const right = () => membership.holdsOwn(res, it, 'sallyport-account');
    const renamed = await deps.methods.exercise<OwnMethod | undefined>({ ...nothing, right }, () =>
      rename(it, req.params.id, name),
    );
    if (renamed === undefined) return showRename(res, it, credential.id, name, { key: 'try-again' });
    const { id, factor } = renamed.credential;
    audit.note({ event: 'credential.renamed', factor, credential: id, ...about(res, it) });
    res.redirect(303, '/account?notice=method-renamed');
  });
}
