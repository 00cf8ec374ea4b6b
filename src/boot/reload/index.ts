/**
 * Reading the configuration again while people sign in: all or nothing, and on every node. It needs the durable store,
 * in which nodes agree, and what raises a building and puts it in its place.
 */
import type { LogPort } from '../../core/door.ts';
import type { Base, Building } from '../app/building.ts';
import type { Config } from '../config.ts';
import { differences } from './difference.ts';
import { digestsOf } from './digest.ts';
import { effectOf } from './effect.ts';
import { createFollower } from './follow.ts';
import { createLead, type Outcome } from './lead.ts';
import { type By, createRounds } from './rounds.ts';

export { refused, reloaded } from './events.ts';
export type { Outcome, Roll } from './lead.ts';
export type { By } from './rounds.ts';

const TOPIC = 'config-reload';

export interface Reloads {
  /** Never throws for what is wrong with the configuration: the answer says it. */
  reload(by: By): Promise<Outcome>;
  close(): Promise<void>;
}

export interface ReloadDeps {
  base: Base;
  log: LogPort;
  read(): Config | Promise<Config>;
  check(config: Config): void;
  /** What is in use. */
  running(): Building;
  /** Whether the processes of that node are replaced by whoever asks here. */
  rolls(node: string): boolean;
  raise(config: Config): Promise<Building>;
  replace(building: Building): void;
}

export async function openReloads(deps: ReloadDeps): Promise<Reloads> {
  const { base, log, running } = deps;
  const { durable, ephemeral, keys } = base.ground;
  const { audit, node } = base.ledger;
  const rounds = createRounds(durable);
  const { stores } = base.modules;
  const shared = { name: node.name, rounds, audit, now: durable.now, present: node.present };
  let digests = digestsOf(running().config, keys.csrf);
  const follower = createFollower({
    ...shared,
    ...{ log, stores, keys: keys.csrf, running, read: deps.read, raise: deps.raise, check: deps.check },
    digests: () => digests,
    replace(ready) {
      digests = ready.digests;
      deps.replace(ready.building);
    },
  });
  const look = () => follower.look().catch((err: unknown) => log.warn({ err }, 'reloads could not be looked for'));
  node.onBeat(look);
  // What can't be heard is found at the next beat.
  const unsubscribe = await ephemeral.subscribe(TOPIC, () => void look()).catch(() => () => {});
  await look();
  const wake = () => ephemeral.publish(TOPIC).catch(() => {});
  const effect = (from: Config, to: Config) => effectOf({ ...base, ...base.ground }, from, to);
  return {
    reload: createLead({
      ...{ ...shared, follower, wake, effect, rolls: deps.rolls },
      running: () => running().config,
      changes: async () => differences(running().config, await deps.read(), stores).map(({ text }) => text),
    }),
    async close() {
      unsubscribe();
      await follower.close();
    },
  };
}
