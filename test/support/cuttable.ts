import { onTestFinished } from 'vitest';
import { type Line, startLine } from './line.ts';

/** A line to a server on this machine, of the running test's own. */
export async function cuttable(url: string): Promise<Line> {
  const line = await startLine(url);
  onTestFinished(() => line.close());
  return line;
}
