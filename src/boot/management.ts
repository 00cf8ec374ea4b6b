import express, { type Express } from 'express';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { AuditEvent, AuditPort } from '../core/door.ts';
import type { ManagementPage } from '../core/sender.ts';
import type { Trouble } from '../core/trouble.ts';
import { isLoopback } from './config/fields.ts';

/** Health and metrics, for the machine's own eyes: it asks nobody who they are. */
export function createManagement(ready: () => Promise<void>): {
  app: Express;
  count(audit: AuditPort): AuditPort;
  countStrangers(fate: string, by: number): void;
  show(pages: readonly ManagementPage[]): void;
  /** Tells of applications that don't work, or soon won't, and of the ends that are known. */
  watch(troubles: () => Promise<readonly Trouble[]>): void;
} {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const events = new Counter({
    name: 'sallyport_events_total',
    help: 'Audited events, by name: sign-ins, refusals, enrolments, revocations.',
    labelNames: ['event'],
    registers: [registry],
  });

  const spent = new Counter({
    name: 'sallyport_budgets_spent_total',
    help: 'Budgets that were used up, once in each window: by whose they are, and by name.',
    labelNames: ['owner', 'budget'],
    registers: [registry],
  });
  const strangers = new Counter({
    name: 'sallyport_strangers_total',
    help: 'What people not known yet would have had kept: refused, displaced by the same address, or crowded out.',
    labelNames: ['fate'],
    registers: [registry],
  });

  function counted({ event, owner, budget }: AuditEvent): void {
    events.inc({ event });
    if (event === 'budget.spent') spent.inc({ owner: String(owner), budget: String(budget) });
  }

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
  app.get('/metrics', async (_req, res) => void res.type(registry.contentType).send(await registry.metrics()));

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
      new Gauge({
        name: 'sallyport_application_trouble',
        help: 'What others write or serve keeps an application from working, or soon will: 1 for each, by its state.',
        labelNames: ['application', 'state'],
        registers: [registry],
        async collect() {
          this.reset();
          for (const { application, state } of await troubles()) this.set({ application, state }, 1);
        },
      });
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
    countStrangers: (fate, by) => strangers.inc({ fate }, by),
    /** The audit's own events are what is counted: one list of names. */
    count: (audit) => ({
      commit: async (event) => {
        await audit.commit(event);
        counted(event);
      },
      note: (event) => {
        audit.note(event);
        counted(event);
      },
    }),
  };
}
