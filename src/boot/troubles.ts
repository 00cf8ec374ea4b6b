import type { Door, LogPort } from '../core/door.ts';
import { type Trouble, troubleLine } from '../core/trouble.ts';
import type { Config } from './config.ts';
import type { Modules } from './modules.ts';

/** How often it is looked, and how often what lasts is told again. Milliseconds. */
const INTERVAL = 60_000;
const AGAIN = 86_400_000;

/** What is wrong with applications through what others write or serve. */
export interface Troubles {
  now(): Promise<Trouble[]>;
  /** Tells the log what is new, and what is over. */
  look(): Promise<void>;
  close(): void;
}

export function createTroubles(
  doors: ReadonlyMap<string, Door>,
  { log, now }: { log: LogPort; now(): number },
): Troubles {
  /** When each was told last, by what it is. */
  let told = new Map<string, { at: number; trouble: Trouble }>();

  async function current(): Promise<Trouble[]> {
    const found = await Promise.all([...doors.values()].map(async (door) => (await door.troubles?.()) ?? []));
    return found.flat();
  }

  async function look(): Promise<void> {
    const at = now();
    const present = new Map((await current()).map((trouble) => [keyOf(trouble), trouble]));
    for (const [key, { trouble }] of told) {
      if (!present.has(key)) log.info(trouble, 'a trouble of an application is over');
    }
    const kept: typeof told = new Map();
    for (const [key, trouble] of present) {
      const before = told.get(key);
      const due = before === undefined || at - before.at >= AGAIN;
      if (due) log[trouble.state === 'unavailable' ? 'error' : 'warn'](trouble, troubleLine(trouble));
      kept.set(key, { at: due ? at : before.at, trouble });
    }
    told = kept;
  }

  const timer = setInterval(() => {
    void look().catch((err: unknown) => log.error({ err }, 'applications could not be looked at'));
  }, INTERVAL).unref();

  return { now: current, look, close: () => clearInterval(timer) };
}

const keyOf = ({ application, state, reason }: Trouble): string => [application, state, reason].join('\n');

/** The same before a start, of what files say: warnings of `config check`. */
export async function reviewOf(config: Config, modules: Modules, now: number): Promise<Trouble[]> {
  const found = await Promise.all(
    [...config.doors].map(async ([id, settings]) => {
      const own = [...config.applications.values()].filter(({ door }) => door === id);
      return (await modules.doors.get(id)?.review?.(own, settings, now)) ?? [];
    }),
  );
  return found.flat();
}
