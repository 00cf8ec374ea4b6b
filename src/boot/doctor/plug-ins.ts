import type { Examine, ExaminePorts, Finding } from '../../core/finding.ts';
import type { DurableStore } from '../../core/store.ts';
import type { Config } from '../config.ts';
import type { Modules } from '../modules.ts';
import type { Check } from './run.ts';

type Records = DurableStore['records'] | undefined;

interface Examined {
  readonly examine?: Examine<unknown>;
}

/** Checks that enabled plug-ins bring. */
export function ofPlugIns(config: Config, modules: Modules, ports: ExaminePorts, records: Records): Check[] {
  const check = (name: string, module: Examined | undefined, settings: unknown): Check[] => {
    const { examine } = module ?? {};
    return examine === undefined
      ? []
      : [{ about: name, run: async (): Promise<readonly Finding[]> => examine(settings, ports) }];
  };
  const { durable, ephemeral } = config.stores;
  const kinds = ['factors', 'senders'] as const;
  const ofDoors = [...config.doors.keys()].flatMap((id): Check[] => {
    const door = modules.doors.get(id);
    const applications = [...config.applications.values()].filter((it) => it.door === id);
    if (door?.examine === undefined || applications.length === 0) return [];
    const surroundings = { applications, now: ports.now, ...(records && { records }) };
    return [{ about: `doors.${id}`, run: async () => (await door.examine?.(surroundings)) ?? [] }];
  });
  return [
    ...ofDoors,
    ...check('stores.durable', modules.stores.durable.get(durable.type), durable.settings),
    ...check('stores.ephemeral', modules.stores.ephemeral.get(ephemeral.type), ephemeral.settings),
    ...[...config.directories].flatMap(([id, { type, settings }]) =>
      check(`directories.${id}`, modules.directories.get(type), settings),
    ),
    ...kinds.flatMap((kind) =>
      [...config[kind]].flatMap(([id, settings]) => check(`${kind}.${id}`, modules[kind].get(id), settings)),
    ),
  ];
}
