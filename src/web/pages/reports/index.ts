import { type Request, type Response, Router } from 'express';
import { SallyportError } from '../../../core/errors.ts';
import type { Agent } from '../../../help-desk/agent.ts';
import type { Right } from '../../../help-desk/scope.ts';
import { type Rendering, send, type WebDeps } from '../../context.ts';
import { createDeskSession, type DeskSessionNeeds } from '../help-desk/session.ts';
import { type DownloadNeeds, download } from './download.ts';
import { enrolmentReport } from './enrolment.ts';
import { failuresReport } from './failures.ts';
import { fraudReport } from './fraud.ts';
import { homePages } from './home.ts';
import type { Asked, ReportKind } from './kind.ts';
import { messagesReport } from './messages.ts';
import { methodsReport } from './methods.ts';
import { movingReport } from './moving.ts';
import { narrowedBy, queryOf, shownOf } from './narrowed.ts';
import { passwordsReport } from './passwords.ts';
import { signInsReport } from './sign-ins.ts';

const HOME = '/helpdesk/reports';
/** Of a query that chooses group, application and time, characters. */
const LONGEST_CHOICE = 2000;
const PERIODS = [7, 30, 90] as const;
/** Reports that are made at once: each looks at everybody in scope. */
const AT_ONCE = 2;

export type ReportPagesNeeds = Rendering &
  DeskSessionNeeds &
  DownloadNeeds &
  Pick<WebDeps, 'applications' | 'audit' | 'helpDesk' | 'now' | 'statistics'>;

/** The reports, by the word in the address. */
function reportKinds(deps: ReportPagesNeeds): ReadonlyMap<string, ReportKind> {
  return new Map([
    ['enrolment', enrolmentReport(deps)],
    ['methods', methodsReport(deps)],
    ['moving', movingReport(deps)],
    ['passwords', passwordsReport(deps)],
    ['fraud', fraudReport(deps)],
    ['failures', failuresReport(deps)],
    ['sign-ins', signInsReport(deps)],
    ['messages', messagesReport(deps)],
  ]);
}

/** `/helpdesk/reports`: for agents with that right, of the people in their scope, on a page and as a file. */
export function reportPages(deps: ReportPagesNeeds): Router {
  const router = Router();
  if (deps.helpDesk.settings === undefined) return router;
  const kinds = reportKinds(deps);
  const { atDesk, facts } = createDeskSession(deps);
  let running = 0;

  /** The agent who reads; otherwise the browser has been sent to sign in. @throws SallyportError ERR_NOT_FOUND */
  async function reader(req: Request, res: Response, returnTo: string, rights: readonly Right[]) {
    const it = await atDesk(req, res, returnTo);
    if (it === undefined || rights.some((right) => it.agent.rights.has(right))) return it?.agent;
    throw new SallyportError('ERR_NOT_FOUND', 'no right to read reports');
  }

  const namesFor = (agent: Agent) =>
    [...kinds].filter(([, { right }]) => agent.rights.has(right)).map(([name]) => name);

  function kindOf(req: Request): { name: string; kind: ReportKind } {
    const name = String(req.params.name);
    const kind = kinds.get(name);
    if (kind === undefined) throw new SallyportError('ERR_NOT_FOUND', 'no such report');
    return { name, kind };
  }

  const daysOf = (req: Request) => PERIODS.find((days) => String(days) === req.query.days) ?? 30;

  /** Runs it, unless others are being made: whoever asks for many gets none the sooner. */
  async function inTurn(res: Response, work: () => Promise<void>): Promise<void> {
    if (running >= AT_ONCE) {
      res.setHeader('retry-after', '30');
      return send(deps, res, 'error', { status: 429, key: 'too-many' }, 429);
    }
    running += 1;
    try {
      await work();
    } finally {
      running -= 1;
    }
  }

  async function show(res: Response, name: string, kind: ReportKind, asked: Asked): Promise<void> {
    const { tables, notes } = await kind.tables(asked);
    const here = `${HOME}/${name}`;
    const query = kind.periods ? `?days=${asked.days}` : queryOf(asked);
    const periods = PERIODS.map((days) => ({ days, ...(days === asked.days ? {} : { href: `${here}?days=${days}` }) }));
    send(deps, res, 'report', {
      name,
      csv: `${here}/csv${query}`,
      periods: kind.periods ? periods : [],
      narrowed: shownOf(here, asked, deps),
      tables,
      notes,
    });
  }

  // As people say it, and write it into mails, with what the address chose.
  router.get('/reports', (req, res) => {
    const { search } = new URL(req.originalUrl, 'http://here');
    // What was sent comes back as a header, and longer than it was: browsers give up where headers are too long.
    res.redirect(303, HOME + (search.length > LONGEST_CHOICE ? '' : search));
  });

  homePages(deps, router, { home: HOME, names: namesFor, reader, inTurn, facts });

  router.get(`${HOME}/:name`, async (req, res) => {
    const { name, kind } = kindOf(req);
    const narrowed = narrowedBy(req.query, kind, deps);
    const agent = await reader(req, res, `${HOME}/${name}${queryOf(narrowed)}`, [kind.right]);
    if (agent === undefined) return;
    deps.audit.note({ event: 'report.viewed', by: agent.account.id, report: name, ...facts(res) });
    await inTurn(res, () => show(res, name, kind, { agent, days: daysOf(req), ...narrowed }));
  });

  router.get(`${HOME}/:name/csv`, async (req, res) => {
    const { name, kind } = kindOf(req);
    const narrowed = narrowedBy(req.query, kind, deps);
    // Another site can send a browser here, and should get neither work nor entries in the audit for it.
    if (req.headers['sec-fetch-site'] === 'cross-site') return res.redirect(303, `${HOME}/${name}`);
    const agent = await reader(req, res, `${HOME}/${name}${queryOf(narrowed)}`, [kind.right]);
    if (agent === undefined) return;
    await inTurn(res, async () => {
      await deps.audit.commit({ event: 'report.downloaded', by: agent.account.id, report: name, ...facts(res) });
      const records = kind.records({ agent, days: daysOf(req), ...narrowed });
      await download(deps, res, { name, header: kind.header, records });
    });
  });

  return router;
}
