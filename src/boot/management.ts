import express, { type Express } from 'express';
import type { ManagementPage } from '../core/sender.ts';
import type { Trouble } from '../core/trouble.ts';
import { isLoopback } from './config/fields.ts';
import { createMetrics, type Metrics } from './metrics.ts';

export interface Management extends Pick<Metrics, 'count' | 'countStrangers'> {
  app: Express;
  show(pages: readonly ManagementPage[]): void;
  /** Tells of applications that don't work, or soon won't, and of the ends that are known. */
  watch(troubles: () => Promise<readonly Trouble[]>): void;
}

/** Health and metrics, for the machine's own eyes: it asks nobody who they are. */
export function createManagement(ready: () => Promise<void>): Management {
  const metrics = createMetrics();
  const app = express();
  app.disable('x-powered-by');
  app.get('/health/live', (_req, res) => void res.json({ status: 'up' }));
  app.get('/health/ready', async (_req, res) => {
    try {
      await ready();
      res.json({ status: 'ready' });
    } catch (error) {
      res.status(503).json({ status: 'not ready', reason: error instanceof Error ? error.message : 'unknown' });
    }
  });
  app.get('/metrics', async (_req, res) => void res.type(metrics.contentType).send(await metrics.text()));

  return {
    app,
    show(pages) {
      for (const { path, answer } of pages) {
        app.get(path, (req, res) => {
          // Another site's name could be made to point here, and its script would then read this (DNS rebinding).
          if (!isLoopback(req.hostname)) return void res.status(421).json({ status: 'misdirected' });
          const { type, body } = answer();
          res.set({
            'cache-control': 'no-store',
            'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
            'x-content-type-options': 'nosniff',
          });
          res.type(type).send(body);
        });
      }
    },
    watch(troubles) {
      metrics.watch(troubles);
      app.get('/health', async (_req, res) => {
        const reason = await ready().then(
          () => undefined,
          (error: unknown) => (error instanceof Error ? error.message : 'unknown'),
        );
        const applications = (await troubles()).map(({ since, until, ...trouble }) => ({
          ...trouble,
          ...(since !== undefined && { since: new Date(since).toISOString() }),
          ...(until !== undefined && { until: new Date(until).toISOString() }),
        }));
        res.status(reason === undefined ? 200 : 503);
        res.json({ status: reason === undefined ? 'ready' : 'not ready', ...(reason && { reason }), applications });
      });
    },
    count: metrics.count,
    countStrangers: metrics.countStrangers,
  };
}
