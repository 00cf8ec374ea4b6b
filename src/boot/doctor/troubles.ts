import type { Finding } from '../../core/finding.ts';
import { troubleLine } from '../../core/trouble.ts';
import { reachable } from '../cli/healthcheck.ts';
import type { Config } from '../config.ts';
import type { Modules } from '../modules.ts';
import { reviewOf } from '../troubles.ts';
import { fault, good, notice } from './told.ts';

const WITHIN = 3_000;
const ADVICE = 'Have whoever writes it renew it, or take the application out.';

/** As `/health` tells of one. */
interface Reported {
  application: string;
  state: string;
  reason: string;
}

/** What others wrote keeps from working: as a running gateway sees it, or else as far as files tell. */
export async function troubles(config: Config, modules: Modules, now: number): Promise<Finding[]> {
  const reported = await fromHealth(config.management);
  if (reported === undefined) {
    const found = await reviewOf(config, modules, now);
    return toldOf(found.map((trouble) => ({ state: trouble.state, line: troubleLine(trouble) })));
  }
  return toldOf(
    reported.map(({ application, state, reason }) => ({
      state,
      line: `applications.${application} is ${state}: ${reason}`,
    })),
  );
}

function toldOf(found: readonly { state: string; line: string }[]): Finding[] {
  if (found.length === 0) return [good('what others wrote of them can be used')];
  return found.map(({ state, line }) => (state === 'unavailable' ? fault : notice)(line, ADVICE));
}

/** Undefined where none runs here, or what answers is none. */
async function fromHealth({ host, port }: Config['management']): Promise<readonly Reported[] | undefined> {
  try {
    const response = await fetch(`http://${reachable(host)}:${port}/health`, { signal: AbortSignal.timeout(WITHIN) });
    const { applications } = (await response.json()) as { applications?: unknown };
    return Array.isArray(applications) ? (applications as readonly Reported[]) : undefined;
  } catch {
    return undefined;
  }
}
