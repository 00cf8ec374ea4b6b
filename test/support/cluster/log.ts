import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** One line of a node's log; what it wrote to standard error has the level `stderr`. */
export interface LogLine {
  level: string;
  message: string;
  fields: Record<string, unknown>;
}

/** Lines that are kept of each node. */
const MOST = 20_000;
/** Characters that are shown of one. */
const LONGEST = 500;
const LEVELS: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };

/** A child's, where they are piped. */
interface Pipes {
  stdout: Readable | null;
  stderr: Readable | null;
}

/** Adds what a process writes to its log. */
export function collectLog(logs: LogLine[], { stdout, stderr }: Pipes): void {
  const add = (line: LogLine) => {
    logs.push(line);
    if (logs.length > MOST) logs.shift();
  };
  if (stdout) createInterface({ input: stdout }).on('line', (line) => add(read(line)));
  if (stderr) createInterface({ input: stderr }).on('line', (message) => add({ level: 'stderr', message, fields: {} }));
}

function read(line: string): LogLine {
  try {
    const { level, msg, ...fields } = JSON.parse(line) as { level: number; msg?: string };
    return { level: LEVELS[level] ?? String(level), message: msg ?? '', fields };
  } catch {
    return { level: 'stdout', message: line, fields: {} };
  }
}

/** The last lines, for whoever has to find out what happened; those of requests apart, of which there are many. */
export function lastLines(logs: readonly LogLine[], count = 30): string {
  return logs
    .filter(({ message }) => !message.startsWith('request'))
    .slice(-count)
    .map(({ level, message, fields }) => `${level}: ${message} ${JSON.stringify(fields)}`.slice(0, LONGEST))
    .join('\n');
}
