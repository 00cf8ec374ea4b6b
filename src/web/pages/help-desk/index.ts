import { type Request, type Response, Router } from 'express';
import type { Account } from '../../../core/account.ts';
import { SallyportError } from '../../../core/errors.ts';
import { answerOf, formFields, LONGEST_FORM } from '../../bodies.ts';
import { localsOf, send, type WebDeps } from '../../context.ts';
import type { Csrf } from '../../security.ts';
import { createDeskActions, type DeskAction, type Face, type Filled, showForm } from './actions.ts';
import { createDossier } from './dossier.ts';
import { createForms, givenIn } from './form.ts';
import { type AtDesk, createDeskSession, deskPath } from './session.ts';
import { deskTroubles } from './troubles.ts';

/** What a notice may say after a redirect; the address names it. */
const NOTICES = ['removed', 'confirmed', 'unlocked', 'sessions-ended', 'assigned', 'handled', 'done-already'];

const hereOf = (person: string) => `/helpdesk/people/${encodeURIComponent(person)}`;

/** `/helpdesk`: finding people, and helping them. Without a help desk in the configuration there is none of it. */
export function helpDeskPages(deps: WebDeps, csrf: Csrf): Router {
  const { helpDesk } = deps;
  const { settings } = helpDesk;
  const router = Router();
  if (settings === undefined) return router;

  const { atDesk, stillAtDesk, facts } = createDeskSession(deps);
  const actions = createDeskActions(deps);
  const dossier = createDossier(deps);
  const forms = createForms(deps, csrf);
  router.use('/helpdesk', ...formFields(LONGEST_FORM));

  /** @throws SallyportError ERR_NOT_FOUND: the same for nobody and for somebody out of scope */
  async function personOf({ agent }: AtDesk, id: unknown): Promise<Account> {
    const person = await helpDesk.person(agent, String(id));
    if (person === undefined) throw new SallyportError('ERR_NOT_FOUND', 'nobody in scope');
    return person;
  }

  router.get('/helpdesk', async (req, res) => {
    const it = await atDesk(req, res);
    if (it === undefined) return;
    const query = typeof req.query.q === 'string' ? req.query.q.slice(0, 256) : '';
    const reports = it.agent.rights.has('reports');
    const troubles = await deskTroubles(deps);
    if (query.trim() === '') return send(deps, res, 'help-desk', { query: '', more: false, reports, troubles });
    const { people, more } = await helpDesk.search(it.agent, query);
    deps.audit.note({ event: 'helpdesk.searched', by: it.agent.account.id, found: people.length, ...facts(res) });
    const shown = people.map(({ id, username, name, email, groups }) => ({
      ...{ id, username, name, groups },
      ...(email ? { email } : {}),
    }));
    send(deps, res, 'help-desk', { query, people: shown, more, reports, troubles });
  });

  /** Where a sign-in for these pages comes back to. */
  router.get('/helpdesk/signed-in', (req, res) => {
    res.redirect(303, req.query.error === undefined ? deskPath(req.query.state) : '/');
  });

  router.get('/helpdesk/people/:person', async (req, res) => {
    const it = await atDesk(req, res);
    if (it === undefined) return;
    const person = await personOf(it, req.params.person);
    deps.audit.note({ event: 'helpdesk.viewed', account: person.id, by: it.agent.account.id, ...facts(res) });
    const notice = NOTICES.find((key) => key === req.query.notice);
    const model = await dossier(it.agent, person, hereOf(person.id), res);
    send(deps, res, 'help-desk-person', {
      ...model,
      ...(notice ? { notice: { key: `help-desk.notice.${notice}` } } : {}),
    });
  });

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

  interface On {
    action: DeskAction;
    person: Account;
    what: string;
    face: Face;
    about: string;
  }

  function form(req: Request, res: Response, it: AtDesk, { person, face, about }: On, filled: Filled) {
    showForm(deps, res, person, face, filled, {
      action: req.originalUrl.split('?')[0] ?? '',
      csrf: forms.token(it.session, about),
      back: hereOf(person.id),
    });
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
    const { given, errors } = givenIn(answer, settings.checklist);
    if (errors.length > 0) return form(req, res, it, on, { ...given, errors });
    if (!(await forms.spend(made))) return res.redirect(303, `${hereOf(on.person.id)}?notice=done-already`);
    await carryOut(req, res, it, on, given);
  });

  async function carryOut(
    req: Request,
    res: Response,
    it: AtDesk,
    on: On,
    given: { ticked: number[]; reason: string },
  ): Promise<void> {
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

  return router;
}
