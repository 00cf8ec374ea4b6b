import { pino } from 'pino';
import type { LogPort } from '../core/door.ts';

/** Names under which a secret could find its way into a log. */
const SECRET = ['password', 'code', 'secret', 'token', 'cookie', 'authorization', 'client_secret', 'refresh_token'];

/** JSON lines on standard output; what is named like a secret is never written. */
export function createLog(level: string): LogPort & { level: string } {
  const paths = SECRET.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  return pino({ level, base: null, redact: { paths, censor: '[redacted]' } });
}
