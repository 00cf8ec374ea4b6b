import { type Level, pino } from 'pino';
import type { LogPort } from '../core/door.ts';
import { createLineWriter, type LineWriter } from './log-writer.ts';

/** Names under which a secret could find its way into a log. */
const SECRET: ReadonlySet<string> = new Set([
  ...['password', 'code', 'secret', 'token', 'cookie', 'authorization', 'client_secret', 'refresh_token'],
]);
const CENSORED = '[redacted]';
/** How deep such a name is looked for. */
const DEPTH = 3;
/** These are rare, and may be the last. */
const AT_ONCE: ReadonlySet<string> = new Set(['warn', 'error'] satisfies Level[]);

/** JSON lines on standard output; what is named like a secret is never written. */
export function createLog(level: string, writer?: LineWriter): LogPort & { level: string } {
  let lines = writer;
  // One that says nothing needs no writer.
  const open = (): LineWriter => {
    lines ??= createLineWriter();
    return lines;
  };
  return pino(
    {
      level,
      base: null,
      hooks: {
        logMethod([fields, ...rest], method, at) {
          method.call(this, redacted(fields), ...rest);
          if (AT_ONCE.has(this.levels.labels[at] ?? '')) open().flush();
        },
      },
    },
    { write: (line) => open().write(line) },
  );
}

/** The same, or where it has anything that is named so, a copy without. */
function redacted<T>(value: T, depth = DEPTH): T {
  if (typeof value !== 'object' || value === null || depth === 0) return value;
  const changed: [string, unknown][] = [];
  for (const key of Object.keys(value)) {
    const before: unknown = value[key as keyof T];
    const after = SECRET.has(key) ? CENSORED : redacted(before, depth - 1);
    if (after !== before) changed.push([key, after]);
  }
  if (changed.length === 0) return value;
  return Object.defineProperties(copyOf(value), valuesOf(changed)) as T;
}

const valuesOf = (entries: readonly [string, unknown][]): PropertyDescriptorMap =>
  Object.fromEntries(entries.map(([key, value]) => [key, { value, enumerable: true }]));

/** Of an error as well, whose message and stack aren't listed, and who alone can tell its stack. */
function copyOf(value: object): object {
  if (Array.isArray(value)) return [...value];
  const copy: object = Object.create(Object.getPrototypeOf(value), Object.getOwnPropertyDescriptors(value));
  return value instanceof Error ? Object.defineProperty(copy, 'stack', { value: value.stack }) : copy;
}
