import type { DoorModule } from '../core/door.ts';
import type { Listening } from '../core/listening.ts';
import type { Config } from './config.ts';
import type { Modules } from './modules.ts';

/** Which ports the doors of a configuration want, each with its door's id. */
export function wantedBy(
  config: Pick<Config, 'doors'>,
  modules: Pick<Modules, 'doors'>,
): [door: string, listening: Listening][] {
  return [...config.doors].flatMap(([id, settings]) => {
    const module = modules.doors.get(id);
    const listens = module && !module.core ? (module as DoorModule).listens?.(settings) : undefined;
    return (listens ?? []).map((one): [string, Listening] => [id, one]);
  });
}
