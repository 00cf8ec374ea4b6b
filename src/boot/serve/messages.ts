import type { MetricObject } from 'prom-client';
import type { CommandResult } from '../../core/directory.ts';
import type { AuditEvent } from '../../core/door.ts';
import { type ErrorCode, SallyportError } from '../../core/errors.ts';
import type { Outcome } from '../reload/index.ts';

/** What the primary asks a worker, and what it answers. */
export interface Answers {
  command: CommandResult;
  reload: Outcome;
  metrics: MetricObject[];
  audit: undefined;
  stop: undefined;
}
export type Asked =
  | { kind: 'command'; request: unknown }
  | { kind: 'reload'; by: 'cli' | 'signal' }
  | { kind: 'metrics' }
  /** What a worker can't see by itself. */
  | { kind: 'audit'; event: AuditEvent }
  | { kind: 'stop' };

/** Between the primary and a worker, by the channel that they have as parent and child. */
export type ToWorker = { type: 'ask'; id: number; asked: Asked };
export type ToPrimary =
  | { type: 'ready'; port: number }
  /** Why it ends before it was ready. */
  | { type: 'gave-up'; message: string }
  | { type: 'answer'; id: number; result: unknown }
  | { type: 'failed'; id: number; code?: ErrorCode | undefined; message: string };

export function failureOf(id: number, error: unknown): ToPrimary {
  const { message } = error instanceof Error ? error : { message: String(error) };
  return { type: 'failed', id, code: error instanceof SallyportError ? error.code : undefined, message };
}

export const errorOf = ({ code, message }: { code?: ErrorCode | undefined; message: string }): Error =>
  code === undefined ? new Error(message) : new SallyportError(code, message);
