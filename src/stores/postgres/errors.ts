import { DatabaseError } from 'pg';
import { SallyportError } from '../../core/errors.ts';

/**
 * SQLSTATEs and classes of them that mean "not now", not "wrong statement" (postgresql.org, Appendix A): connection,
 * a read-only server, a transaction that waited too long, authorization, a database that isn't there, privileges,
 * resources, limits, locks, intervention (time-outs, shutdown), system, internal.
 */
const UNAVAILABLE = /^(?:08|25006|25P03|28|3D|42501|53|54|55|57|58|XX)/;

/** The server is there and said so. */
function isAnswer(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.code !== undefined;
}

/** The error to report where PostgreSQL can't work at present; undefined for a mistake in a statement. */
export function unavailable(error: unknown, server: string): SallyportError | undefined {
  if (error instanceof SallyportError) return error;
  if (isAnswer(error) && !UNAVAILABLE.test(error.code ?? '')) return undefined;
  const { message, code, name } = error as NodeJS.ErrnoException;
  // An AggregateError (a name with several addresses) has no message of its own.
  const reason = message || code || name;
  return new SallyportError('ERR_STORE_UNAVAILABLE', `PostgreSQL at ${server}: ${reason}`, { cause: error });
}

/**
 * Whether the connection is good for nothing more: it is lost, an answer is still due on it, or it leads to a server
 * that was the primary before a failover.
 */
export function isSpent(error: unknown): boolean {
  return !isAnswer(error) || error.severity === 'FATAL' || error.severity === 'PANIC' || error.code === '25006';
}
