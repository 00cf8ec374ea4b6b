import { randomBytes } from 'node:crypto';
import type { AuditEvent } from '../../../core/door.ts';
import { createSealer, type Sealer } from '../../../core/seal.ts';
import type { DurableStore } from '../../../core/store.ts';
import type { Admit, MetadataPorts } from '../ports.ts';

export const NOW = Date.parse('2026-11-20T10:00:00Z');

/** Takes whatever a document describes, as for a federation. */
export const anything: Admit = async () => {};

/** Ports over a given store, with a clock that the test sets, and what was told to audit and log. */
export function metadataPorts(
  durable: Pick<DurableStore, 'state' | 'records'>,
  sealer: Sealer = createSealer(randomBytes(32)),
) {
  const clock = { now: NOW };
  const audited: AuditEvent[] = [];
  const logged: string[] = [];
  const write = (fields: object, message: string) => {
    logged.push(`${message} ${JSON.stringify(fields)}`);
  };
  const note = (event: AuditEvent) => {
    audited.push(event);
  };
  const audit = { note, commit: async (event: AuditEvent) => note(event) };
  const ports = {
    now: () => clock.now,
    random: (bytes: number) => randomBytes(bytes),
    durable,
    sealer,
    fetch: (url: string | URL, init?: RequestInit) => fetch(url, { ...init, redirect: 'manual' }),
    audit,
    about: (owner: string) => ({ application: owner }),
    strangers: { ask: async () => {} },
    log: { debug: write, info: write, warn: write, error: write },
  } satisfies MetadataPorts;
  return { ports, clock, audited, logged, sealer };
}
