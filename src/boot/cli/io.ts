import type { Readable } from 'node:stream';
import type { Environment } from '../config/environment.ts';

/** What the command line has to do with the world around it. */
export interface Io {
  env: Environment;
  stdin: Readable & { isTTY?: boolean };
  out(text: string): void;
  err(text: string): void;
}

/** The process's own. */
export const processIo: Io = {
  env: process.env,
  stdin: process.stdin,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
};

/** A line as it may be shown: names come from elsewhere, and an escape sequence in one would reach the terminal. */
export function printable(line: string): string {
  return line.replace(/[^\P{Cc}\t]/gu, '\u{fffd}');
}
