import type { Request, Response, Router } from 'express';
import type { Account, LocalizedText } from '../../../core/account.ts';
import { SallyportError } from '../../../core/errors.ts';
import { answerOf } from '../../bodies.ts';
import { localsOf, type Rendering, send, type WebDeps } from '../../context.ts';
import type { Csrf } from '../../security.ts';
import type { DeskAction, Face } from './action.ts';
import { createDeskActions, type DeskActionsNeeds } from './actions.ts';
import { createForms, type Filled, type FormsNeeds, type Given, givenIn, showForm } from './form.ts';
import { type AtDesk, type DeskSession, hereOf } from './session.ts';

/** What an address names. `about` binds the form to it. */
interface On {
  action: DeskAction;
  person: Account;
  what: string;
  face: Face;
  about: string;
}

export type ActionPagesNeeds = Rendering & DeskActionsNeeds & FormsNeeds & Pick<WebDeps, 'helpDesk'>;

/** `/helpdesk/people/<id>/<action>`: asks for the checks and a reason, and carries it out. */
export function actionPages(
  deps: ActionPagesNeeds,
  csrf: Csrf,
  router: Router,
  { atDesk, stillAtDesk, facts, personOf, checklist }: DeskSession & { checklist: readonly LocalizedText[] },
): void {
  const { helpDesk } = deps;
  const actions = createDeskActions(deps);
  const forms = createForms(deps, csrf);

  /** Action, person and thing that an address names, for an agent who may do it; 404 for anything else. */
  async function found(it: AtDesk, req: Request): Promise<On> {
    const { person: id, action: name, what = '' } = req.params as Record<string, string | undefined>;
    const action = actions.get(name ?? '');
    const person = await personOf(it, id);
    const face = action && (await action.face(person, what, answerOf(req.body)));
    if (action === undefined || face === undefined || !it.agent.may(action.right, person)) {
      throw new SallyportError('ERR_NOT_FOUND', 'no such action for this person');
    }
    const about = [person.id, name, what].join('\0');
    return { action, person, what, face, about };
  }

  function form(req: Request, res: Response, it: AtDesk, { person, face, about }: On, filled: Filled) {
    showForm(deps, res, person, face, filled, {
      action: req.originalUrl.split('?')[0] ?? '',
      csrf: forms.token(it.session, about),
      back: hereOf(person.id),
      checklist,
    });
  }

  async function carryOut(req: Request, res: Response, it: AtDesk, on: On, given: Given): Promise<void> {
    const { action, person, what } = on;
    const agent = helpDesk.agentById(it.agent.account.id);
    const doer = async () => ((await stillAtDesk(res, it)) ? agent() : undefined);
    const order = { ...given, doer, person: person.id, facts: facts(res) };
    const done = await action.act(order, person, what, answerOf(req.body));
    if ('error' in done) return form(req, res, it, on, { ...given, errors: [done.error] });
    if ('notice' in done) return res.redirect(303, `${hereOf(person.id)}?notice=${done.notice}`);
    // Shown in the answer itself: no address has it, so that it can't be asked for again.
    delete localsOf(res).path;
    send(deps, res, 'help-desk-issued', { ...done.shown, back: hereOf(person.id) });
  }

  router.get('/helpdesk/people/:person/:action{/:what}', async (req, res) => {
    const it = await atDesk(req, res);
    if (it === undefined) return;
    form(req, res, it, await found(it, req), { reason: '', ticked: [], errors: [] });
  });

  router.post('/helpdesk/people/:person/:action{/:what}', async (req, res) => {
    const it = await atDesk(req, res, hereOf(String(req.params.person)));
    if (it === undefined) return;
    const on = await found(it, req);
    const made = forms.check(req, it.session, on.about);
    const answer = answerOf(req.body);
    const { given, errors } = givenIn(answer, checklist);
    if (errors.length > 0) return form(req, res, it, on, { ...given, errors });
    if (!(await forms.spend(made))) return res.redirect(303, `${hereOf(on.person.id)}?notice=done-already`);
    await carryOut(req, res, it, on, given);
  });
}
