import type { Router } from 'express';
import type { Agent, Waiter } from '../../../help-desk/index.ts';
import { READING } from '../../../help-desk/scope.ts';
import { type Rendering, send, type WebDeps } from '../../context.ts';
import type { Pages } from '../../models.ts';
import { createDossier, type DossierNeeds } from './dossier.ts';
import { type DeskSession, hereOf } from './session.ts';
import { type DirectoriesNeeds, deskDirectories, deskTroubles, type TroublesNeeds } from './troubles.ts';

/** What a notice may say after a redirect; the address names it. */
const NOTICES = ['removed', 'confirmed', 'unlocked', 'sessions-ended', 'assigned', 'handled', 'done-already'];

export type PeoplePagesNeeds = Rendering &
  DossierNeeds &
  TroublesNeeds &
  DirectoriesNeeds &
  Pick<WebDeps, 'audit' | 'helpDesk'>;

type Waiting = NonNullable<Pages['help-desk']['waiting']>;

/** What waits at the desk, kind by kind: those alone of which there is something. */
async function waitingFor(helpDesk: Pick<WebDeps, 'helpDesk'>['helpDesk'], agent: Agent): Promise<Waiting> {
  const { reports, locks, passes } = await helpDesk.waiting(agent);
  const shown = (kind: Waiting[number]['kind'], people: readonly Waiter[]): Waiting => {
    if (people.length === 0) return [];
    const rows = people.map(({ person: { id, name, username }, since, until, factor }) => ({
      ...{ id, name, username, since },
      ...(until === undefined ? {} : { until }),
      ...(factor === undefined ? {} : { factor }),
    }));
    return [{ kind, people: rows }];
  };
  return [...shown('reports', reports), ...shown('locks', locks), ...shown('passes', passes)];
}

/** `/helpdesk` finds people; `/helpdesk/people/<id>` shows what helps to help one of them. */
export function peoplePages(deps: PeoplePagesNeeds, router: Router, { atDesk, facts, personOf }: DeskSession): void {
  const { audit, helpDesk } = deps;
  const dossier = createDossier(deps);

  router.get('/helpdesk', async (req, res) => {
    const it = await atDesk(req, res);
    if (it === undefined) return;
    const query = typeof req.query.q === 'string' ? req.query.q.slice(0, 256) : '';
    const reports = READING.some((right) => it.agent.rights.has(right));
    const [troubles, directories] = await Promise.all([deskTroubles(deps), deskDirectories(deps)]);
    const front = { reports, troubles, directories };
    if (query.trim() === '') {
      const waiting = await waitingFor(helpDesk, it.agent);
      const found = waiting.reduce((all, { people }) => all + people.length, 0);
      if (found > 0) audit.note({ event: 'helpdesk.waiting', by: it.agent.account.id, found, ...facts(res) });
      return send(deps, res, 'help-desk', { query: '', more: false, waiting, ...front });
    }
    const { people, more } = await helpDesk.search(it.agent, query);
    audit.note({ event: 'helpdesk.searched', by: it.agent.account.id, found: people.length, ...facts(res) });
    const shown = people.map(({ id, username, name, email, groups = [] }) => ({
      ...{ id, username, name, groups },
      ...(email ? { email } : {}),
    }));
    send(deps, res, 'help-desk', { query, people: shown, more, ...front });
  });

  router.get('/helpdesk/people/:person', async (req, res) => {
    const it = await atDesk(req, res);
    if (it === undefined) return;
    const person = await personOf(it, req.params.person);
    audit.note({ event: 'helpdesk.viewed', account: person.id, by: it.agent.account.id, ...facts(res) });
    const notice = NOTICES.find((key) => key === req.query.notice);
    const model = await dossier(it.agent, person, hereOf(person.id), res);
    send(deps, res, 'help-desk-person', {
      ...model,
      ...(notice ? { notice: { key: `help-desk.notice.${notice}` } } : {}),
    });
  });
}
