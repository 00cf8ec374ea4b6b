import type { Request, Response, Router } from 'express';
import { SallyportError } from '../../../core/errors.ts';
import type { Agent } from '../../../help-desk/agent.ts';
import { READING, type Right } from '../../../help-desk/scope.ts';
import { type Rendering, send, type WebDeps } from '../../context.ts';
import type { Pages } from '../../models.ts';
import type { DeskSession } from '../help-desk/session.ts';
import { type Chart, type ChartsNeeds, charts, type Drawn, isNarrowed, recordsOf } from './charts/index.ts';
import { type DownloadNeeds, download } from './download.ts';
import { type Filtered, filtersOf, formOf, queryOf } from './filters.ts';

export type HomeNeeds = Rendering & ChartsNeeds & DownloadNeeds & Pick<WebDeps, 'audit'>;

interface Around {
  /** Address of the page. */
  home: string;
  /** Reports that somebody may read. */
  names(agent: Agent): string[];
  reader(req: Request, res: Response, returnTo: string, rights: readonly Right[]): Promise<Agent | undefined>;
  inTurn(res: Response, work: () => Promise<void>): Promise<void>;
  facts: DeskSession['facts'];
}

/** The page before all reports: charts over time, narrowed by what its address says, each with its file. */
export function homePages(deps: HomeNeeds, router: Router, { home, names, reader, inTurn, facts }: Around): void {
  const { applications, audit, now } = deps;
  const all = charts(deps);
  const filtered = (req: Request, agent: Agent) => filtersOf(req.query, { now: now(), agent, applications });

  async function glanceOf(chart: Chart, asked: Drawn, query: string): Promise<Pages['reports']['glance']> {
    const table = await chart.draw(asked);
    if (table === undefined) return [];
    const more = chart.report === undefined ? {} : { more: `${home}/${chart.report}` };
    return [{ table, csv: `${home}/charts/${chart.name}/csv${query}`, ...more }];
  }

  async function show(res: Response, agent: Agent, result: Filtered): Promise<void> {
    const frame = { names: names(agent), filters: formOf(result, { agent, applications }) };
    if ('error' in result) return send(deps, res, 'reports', { ...frame, glance: [], notes: [] }, 400);
    const mine = all.filter(({ right }) => agent.rights.has(right));
    const shown = mine.filter((chart) => isNarrowed(chart, result.filters));
    const asked = { agent, ...result.filters };
    const glance = await Promise.all(shown.map((chart) => glanceOf(chart, asked, queryOf(result.query))));
    const nights = !agent.rights.has('reports') || (await deps.statistics.snapshots.any());
    const notes = [
      ...(shown.length < mine.length ? [{ key: 'reports.filter.fewer' }] : []),
      ...(nights ? [] : [{ key: 'reports.no-night' }]),
    ];
    send(deps, res, 'reports', { ...frame, glance: glance.flat(), notes });
  }

  router.get(home, async (req, res) => {
    const agent = await reader(req, res, req.originalUrl, READING);
    if (agent === undefined) return;
    audit.note({ event: 'report.viewed', by: agent.account.id, report: 'charts', ...facts(res) });
    await inTurn(res, () => show(res, agent, filtered(req, agent)));
  });

  router.get(`${home}/charts/:chart/csv`, async (req, res) => {
    const chart = all.find(({ name }) => name === req.params.chart);
    if (chart === undefined) throw new SallyportError('ERR_NOT_FOUND', 'no such chart');
    // Another site can send a browser here, and should get neither work nor entries in the audit for it.
    if (req.headers['sec-fetch-site'] === 'cross-site') return res.redirect(303, home);
    const agent = await reader(req, res, home, [chart.right]);
    if (agent === undefined) return;
    const result = filtered(req, agent);
    // The page says what is wrong with them.
    if ('error' in result || !isNarrowed(chart, result.filters)) return res.redirect(303, home + queryOf(result.query));
    const asked = { agent, ...result.filters };
    await inTurn(res, async () => {
      await audit.commit({ event: 'report.downloaded', by: agent.account.id, report: chart.name, ...facts(res) });
      const table = await chart.draw(asked);
      const { header, records } = table === undefined ? { header: [], records: [] } : recordsOf(table);
      await download(deps, res, { name: `chart-${chart.name}`, header, records: records.toReversed() });
    });
  });
}
