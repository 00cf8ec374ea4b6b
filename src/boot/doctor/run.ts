import type { Finding } from '../../core/finding.ts';
import { about, fault, type Told } from './told.ts';

/** What one check may take, milliseconds: whatever is silent is told of as that. */
const WITHIN = 5_000;

export interface Check {
  about: string;
  run(): Promise<readonly Finding[]>;
}

/** All at once, each within its time; one that throws or is silent is a fault, and the others go on. */
export async function runAll(checks: readonly Check[], within = WITHIN): Promise<Told[]> {
  const found = await Promise.all(checks.map(async (check) => about(check.about, await inTime(check, within))));
  return found.flat();
}

async function inTime({ run }: Check, within: number): Promise<readonly Finding[]> {
  let timer: NodeJS.Timeout | undefined;
  const silent = new Promise<readonly Finding[]>((resolve) => {
    const late = fault(`gave no answer within ${within / 1000} s`, 'See whether it is reachable from this machine.');
    timer = setTimeout(() => resolve([late]), within);
  });
  try {
    return await Promise.race([run(), silent]);
  } catch (error) {
    return [fault(sayOf(error))];
  } finally {
    clearTimeout(timer);
  }
}

/** What went wrong, with the reason below it, and never with a password that stood in an address. */
export function sayOf(error: unknown): string {
  const { message, cause, code } = error as { message?: string; cause?: unknown; code?: string };
  const said = message || code || 'it failed';
  const below = cause instanceof Error && cause.message !== said ? `: ${sayOf(cause)}` : '';
  return `${said}${below}`.split('\n')[0]?.replaceAll(/\/\/[^/@\s]*@/g, '//') ?? said;
}
