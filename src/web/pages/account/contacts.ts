import type { Request, Response, Router } from 'express';
import { type Contact, type ContactKind, maskedContact } from '../../../accounts/index.ts';
import { SallyportError } from '../../../core/errors.ts';
import type { Message } from '../../../core/prompt.ts';
import { answerOf } from '../../bodies.ts';
import { localsOf, type Rendering, send, type WebDeps } from '../../context.ts';
import type { AccountParts } from './parts.ts';
import { createRegistrar, type RegistrarNeeds } from './registrar.ts';
import type { Member } from './session.ts';

const CODE = '/account/contacts/code';
const adding = (kind: ContactKind): string => `/account/contacts/add/${kind}`;
const removing = (id: string): string => `/account/contacts/${encodeURIComponent(id)}/remove`;

export type ContactPagesNeeds = Rendering & RegistrarNeeds & Pick<WebDeps, 'contacts' | 'registering'>;

/** `/account/contacts/…`: by what a code can reach somebody who has forgotten their password. */
export function contactPages(
  deps: ContactPagesNeeds,
  router: Router,
  { membership, forms, confirm }: AccountParts,
): void {
  const { contacts, registering } = deps;
  const someone = createRegistrar(deps, membership);
  const { tokenOf, checked, about } = forms;

  function kindOf(req: Request): ContactKind {
    const kind = registering.offered().find((one) => one === req.params.kind);
    if (kind === undefined) throw new SallyportError('ERR_NOT_FOUND', 'no such kind of contact');
    return kind;
  }

  function show(res: Response, it: Member, kind: ContactKind, typed?: string, error?: Message): void {
    const form = { action: adding(kind), csrf: tokenOf(it), kind, back: '/account' };
    send(deps, res, 'account-contact', { ...form, ...(typed ? { typed } : {}), ...(error ? { error } : {}) });
  }

  router.get('/account/contacts/add/:kind', async (req, res) => {
    const kind = kindOf(req);
    const who = await someone(req, res);
    if (who) show(res, who.it, kind);
  });

  router.post('/account/contacts/add/:kind', async (req, res) => {
    const kind = kindOf(req);
    const who = await someone(req, res);
    if (who === undefined) return;
    checked(req, who.it);
    const typed = answerOf(req.body).contact ?? '';
    const sent = await registering.begin(who.it, kind, typed, localsOf(res).browser);
    if (sent !== 'sent') return show(res, who.it, kind, typed.slice(0, 254), sent.error);
    res.redirect(303, CODE);
  });

  async function showCode(res: Response, it: Member, error?: Message): Promise<void> {
    const waiting = await registering.waiting(it);
    if (waiting === undefined) return res.redirect(303, '/account');
    const form = { action: CODE, csrf: tokenOf(it), ...waiting, back: '/account' };
    send(deps, res, 'account-contact-code', { ...form, ...(error ? { error } : {}) });
  }

  router.get(CODE, async (req, res) => {
    const who = await someone(req, res);
    if (who) await showCode(res, who.it);
  });

  router.post(CODE, async (req, res) => {
    const who = await someone(req, res);
    if (who === undefined) return;
    const { it, right } = who;
    checked(req, it);
    const facts = { ...about(res, it), by: 'owner' };
    const done = await registering.confirm({ ...it, right }, answerOf(req.body).code, localsOf(res).browser, facts);
    if (done === 'done') return res.redirect(303, '/account?notice=contact-added');
    if (done === 'lost') return res.redirect(303, '/account');
    await showCode(res, it, done.error);
  });

  async function found(it: Member, id: unknown): Promise<Contact> {
    const contact = (await contacts.ofAccount(it.account.id)).find((one) => one.id === id);
    if (contact === undefined) throw new SallyportError('ERR_NOT_FOUND', 'no such contact of theirs');
    return contact;
  }

  router.get('/account/contacts/:id/remove', async (req, res) => {
    const who = await someone(req, res);
    if (who === undefined) return;
    const contact = await found(who.it, req.params.id);
    confirm(res, who.it, removing(contact.id), 'remove-contact', { name: maskedContact(contact) });
  });

  router.post('/account/contacts/:id/remove', async (req, res) => {
    const who = await someone(req, res, '/account');
    if (who === undefined) return;
    const { it, right } = who;
    checked(req, it);
    const { id } = await found(it, req.params.id);
    const done = await registering.remove({ ...it, right }, id, { ...about(res, it), by: 'owner' });
    res.redirect(303, done === 'done' ? '/account?notice=contact-removed' : '/account');
  });
}
