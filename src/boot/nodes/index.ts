import type { AuditDeps } from '../../audit/index.ts';
import type { DurableStore } from '../../core/store.ts';
import type { Config } from '../config.ts';
import { fileOf } from '../lock.ts';
import { join, joinForCommand } from './join.ts';
import { createLeases } from './leases.ts';
import { aloneAs, type Node } from './node.ts';
import { closeOrphans } from './survivor.ts';

export type { Node } from './node.ts';

/** How long a name lasts that isn't renewed, milliseconds. */
const LASTS = 15_000;

export interface Membership {
  /** A command's process, which may run beside servers. */
  command?: boolean;
  /** Milliseconds that a name lasts which isn't renewed. */
  lasts?: number;
}

type Wires = Pick<AuditDeps, 'now' | 'log' | 'sign'> & {
  durable: DurableStore;
  /** Measures the time that nodes share, whenever the name is renewed. */
  measure(): Promise<void>;
};

/** This process among those that share the durable store. A store in a file is this process's alone, by its lock. */
export async function openNode(
  { node: name, stores }: Pick<Config, 'node' | 'stores'>,
  { durable, measure, ...wires }: Wires,
  { command = false, lasts = LASTS }: Membership,
): Promise<Node> {
  if (fileOf(stores.durable.settings) !== undefined) return aloneAs(name);
  const leases = createLeases(durable, lasts);
  const joining = { leases, name, log: wires.log };
  if (command) return joinForCommand(joining);
  const node = await join(joining);
  node.onBeat(async () => {
    await measure();
    await closeOrphans({ leases, durable, by: name, ...wires });
  });
  return node;
}
