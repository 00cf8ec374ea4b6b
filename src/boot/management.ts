import express, { type Express } from 'express';
import type { WatchTrouble } from '../accounts/index.ts';
import type { ManagementPage } from '../core/sender.ts';
import type { Trouble } from '../core/trouble.ts';
import { isLoopback } from './config/fields.ts';
import type { Health, Report } from './health/index.ts';
import type { Metrics } from './metrics/index.ts';

type Watched = () => Promise<readonly Trouble[]>;
type WatchedDirectories = () => Promise<readonly WatchTrouble[]>;

export interface Management {
  app: Express;
  /** In the place of those shown before. */
  show(pages: readonly ManagementPage[]): void;
  /** Tells of applications that don't work, or soon won't, and of directories that aren't watched; no more of those before. */
  watch(troubles: Watched, directories: WatchedDirectories): void;
}

/** Health and metrics, for the machine's own eyes: it asks nobody who they are. */
export function createManagement(health: Health, metrics: Metrics): Management {
  const app = express();
  app.disable('x-powered-by');
  let shown: readonly ManagementPage[] = [];
  let troubles: Watched = async () => [];
  let unwatched: WatchedDirectories = async () => [];
  metrics.watch({ troubles: () => troubles(), directories: () => unwatched(), stores: health.stores });

  app.get('/health/live', (_req, res) => void res.json({ status: 'up' }));
  app.get('/health/ready', async (_req, res) => {
    const report = await health.report();
    res.status(report.ready ? 200 : 503).json(told(report));
  });
  app.get('/health', async (_req, res) => {
    const [report, found, watched] = await Promise.all([health.report(), troubles(), unwatched().catch(() => [])]);
    const applications = found.map(({ since, until, ...trouble }) => ({
      ...trouble,
      ...(since !== undefined && { since: instant(since) }),
      ...(until !== undefined && { until: instant(until) }),
    }));
    const directories = watched.map((it) => ({ ...it, since: instant(it.since) }));
    res.status(report.ready ? 200 : 503).json({ ...told(report), applications, directories });
  });
  app.get('/metrics', async (_req, res) => void res.type(metrics.contentType).send(await metrics.text()));
  app.use((req, res, next) => {
    const page = req.method === 'GET' ? shown.find(({ path }) => path === req.path) : undefined;
    if (page === undefined) return next();
    // Another site's name could be made to point here, and its script would then read this (DNS rebinding).
    if (!isLoopback(req.hostname)) return void res.status(421).json({ status: 'misdirected' });
    const { type, body } = page.answer();
    res.set({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
    });
    res.type(type).send(body);
  });

  return {
    app,
    show(pages) {
      shown = pages;
    },
    watch(some, directories) {
      troubles = some;
      unwatched = directories;
    },
  };
}

const instant = (at: number): string => new Date(at).toISOString();

/** The report as JSON: times in ISO 8601, latencies in milliseconds. */
function told({ ready, reason, checks }: Report) {
  const each = Object.entries(checks).map(([name, { since, ...check }]) => [name, { ...check, since: instant(since) }]);
  return { status: ready ? 'ready' : 'not ready', ...(reason && { reason }), checks: Object.fromEntries(each) };
}
