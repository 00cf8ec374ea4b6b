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

/** What a running gateway says of directories that aren't watched; nothing where none runs here. */
export async function watched({ management: { host, port } }: Pick<Config, 'management'>): Promise<Finding[]> {
  const found = await healthAt(host, port);
  const directories = found?.directories;
  if (!Array.isArray(directories)) return [];
  return (directories as readonly Unwatched[]).map(({ directory, state, reason }) =>
    state === 'asks'
      ? fault(`directories.${directory} has far fewer people than before: ${reason}`)
      : notice(
          `directories.${directory} can't be asked: ${reason}`,
          'Look at its servers, and at the service account.',
        ),
  );
}

interface Unwatched {
  directory: string;
  state: string;
  reason: string;
}

async function healthAt(host: string, port: number): Promise<Record<string, unknown> | undefined> {
  try {
    const response = await fetch(`http://${reachable(host)}:${port}/health`, { signal: AbortSignal.timeout(WITHIN) });
    return (await response.json()) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** Undefined where none runs here, or what answers is none. */
async function fromHealth({ host, port }: Config['management']): Promise<readonly Reported[] | undefined> {
  const applications = (await healthAt(host, port))?.applications;
  return Array.isArray(applications) ? (applications as readonly Reported[]) : undefined;
}
