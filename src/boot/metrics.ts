import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { AuditEvent } from '../core/door.ts';
import type { Trouble } from '../core/trouble.ts';

/** What is measured, and how it is read. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  /** Events of the audit, counted by their own names: there is one list. */
  count(event: AuditEvent): void;
  countStrangers(fate: string, by: number): void;
  /** Asked for whenever it is read. */
  watch(troubles: () => Promise<readonly Trouble[]>): void;
}

export function createMetrics(): Metrics {
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

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
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
    },
    countStrangers: (fate, by) => strangers.inc({ fate }, by),
    count({ event, owner, budget }) {
      events.inc({ event });
      if (event === 'budget.spent') spent.inc({ owner: String(owner), budget: String(budget) });
    },
  };
}
