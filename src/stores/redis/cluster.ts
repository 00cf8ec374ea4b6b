import { Cluster, type Command, Redis } from 'ioredis';
import type { StorePorts } from '../../core/store.ts';
import type { Client } from './client.ts';
import { type Confirm, createConfirmation } from './confirmation.ts';
import { CONNECT_TIMEOUT, LISTENING, pause, refuseEviction, reportState, serverOptions } from './connection.ts';
import { gathered } from './gathering.ts';
import type { Alone } from './lasting/alone.ts';
import { replaced } from './lasting/register.ts';
import { historyIn } from './replication.ts';
import { SCRIPTS } from './scripts.ts';
import { type Address, leastReplicas, nodeAt, type Settings } from './settings.ts';
import { slotOf } from './slots.ts';

/** Slots move without a word: somebody looks so often, milliseconds, besides at each redirection. */
const LOOK_AGAIN = 1_000;
const REDIRECTIONS = 4;
/** So many ends of keys are tried until every primary has one: with 50 of them, all but surely. */
const ENDS = 2_000;

/** A Redis Cluster. Every command names one key, and goes to the node that has it. */
export function createCluster(settings: Settings, onState: StorePorts['onState'], alone?: Alone): Client {
  const shared = connect(settings, 'sallyport');
  reportState(shared, onState);
  const own = connect(settings, 'sallyport-marks');
  // The shared one says what is wrong.
  own.on('error', () => {});
  const least = leastReplicas(settings);
  /** `WAIT` counts what its own connection wrote, so each node has a round of its own. */
  const confirms = new WeakMap<Redis, Confirm>();
  const confirmAt = (node: Redis): Confirm => {
    const confirm = confirms.get(node) ?? createConfirmation(node, least, alone);
    confirms.set(node, confirm);
    return confirm;
  };
  return {
    commands: shared,
    async surely(write) {
      try {
        return await confirmAt(await nodeOf(own, write.key))(write);
      } catch (error) {
        if (!isMoved(error)) throw error;
        // It wasn't carried out: the slot has moved, as after a failover.
        await look(own);
        return await confirmAt(await nodeOf(own, write.key))(write);
      }
    },
    async primaryOf(key, history) {
      await look(own);
      const node = await nodeOf(own, key);
      const [replication, cluster] = await Promise.all([node.info('replication'), node.cluster('INFO')]);
      if (historyIn(replication) !== history) throw replaced();
      const epoch = Number(/^cluster_my_epoch:([0-9]+)/m.exec(cluster)?.[1] ?? 0);
      return { history, epoch, slots: slotsOf(own, node) };
    },
    listener: () => listener(shared, settings),
    everywhere: (begin) => ends(own, begin),
    servers: () => shared.nodes('master'),
    async open() {
      await Promise.all([shared, own].map(attempt));
      await refuseEviction(shared.nodes('master'));
    },
    async close() {
      await Promise.all([shared, own].map(disconnect));
    },
  };
}

/**
 * Refuses while the cluster isn't there. The library's own way to do so (`enableOfflineQueue`) also refuses what comes
 * while the connection to one of the nodes is being made, as in the moments after a failover.
 */
class PromptCluster extends Cluster {
  override sendCommand(...[command, stream, node]: Parameters<Cluster['sendCommand']>): unknown {
    if (this.status === 'ready' || isOfItself(command)) return super.sendCommand(command, stream, node);
    command.reject(new Error('no node of the cluster is there'));
    return command.promise;
  }
}

/** How the library finds out whether the cluster is there. */
function isOfItself({ name }: Command): boolean {
  return name === 'cluster';
}

function connect({ cluster = [], ...settings }: Settings, connectionName: string): Cluster {
  const made = new PromptCluster(cluster.map(nodeAt), {
    lazyConnect: true,
    enableOfflineQueue: true,
    // One that was cut off may have been carried out.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    maxRedirections: REDIRECTIONS,
    clusterRetryStrategy: pause,
    slotsRefreshTimeout: CONNECT_TIMEOUT,
    slotsRefreshInterval: LOOK_AGAIN,
    // Names stay names, which certificates have.
    dnsLookup: (name, answer) => answer(null, name),
    scripts: SCRIPTS,
    redisOptions: { ...serverOptions(settings as Settings), connectionName },
  });
  made.on('+node', gathered);
  return made;
}

/**
 * Answers after the first attempt, whatever came of it. The library's own promise never settles where the node that it
 * asks says that the cluster is down: it closes then, and tries again by itself.
 */
async function attempt(cluster: Cluster): Promise<void> {
  const closed = new Promise<void>((resolve) => cluster.once('close', () => resolve()));
  await Promise.race([cluster.connect().catch(() => undefined), closed]);
}

async function disconnect(cluster: Cluster): Promise<void> {
  await cluster.quit().catch(() => undefined);
  cluster.disconnect();
}

/** The connection to the primary that has the key's slot. */
async function nodeOf(cluster: Cluster, key: string): Promise<Redis> {
  const find = () => {
    const [owner] = cluster.slots[slotOf(key)] ?? [];
    return cluster.nodes('master').find((node) => keyOf(node) === owner);
  };
  const found = find();
  if (found !== undefined) return found;
  // A connection that was lost isn't made again before somebody looks.
  await look(cluster);
  const made = find();
  if (made === undefined) throw new Error('no node of the cluster takes writes of this key');
  return made;
}

const keyOf = ({ options }: Redis): string => `${options.host}:${options.port}`;

function slotsOf(cluster: Cluster, node: Redis): number[] {
  const owner = keyOf(node);
  return cluster.slots.flatMap(([first], slot) => (first === owner ? [slot] : []));
}

/** Asks the cluster which node has what. */
function look(cluster: Cluster): Promise<void> {
  return new Promise((resolve, reject) => {
    cluster.refreshSlotsCache((error) => (error ? reject(error) : resolve()));
  });
}

function isMoved(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('MOVED ');
}

/** One end of a key for each primary that has slots, where one was found. */
function ends(cluster: Cluster, begin: string): string[] {
  const owners = new Set(cluster.slots.map(([owner]) => owner));
  const found = new Map<string, string>();
  for (let at = 0; at < ENDS && found.size < owners.size; at += 1) {
    const [owner] = cluster.slots[slotOf(`${begin}:${at}`)] ?? [];
    if (owner !== undefined && !found.has(owner)) found.set(owner, `:${at}`);
  }
  return found.size > 0 ? [...found.values()] : [''];
}

/** The cluster passes on to all nodes what is published at one: whichever it is, and another one once it is lost. */
function listener(shared: Cluster, settings: Settings): Redis {
  let turn = 0;
  const next = (): Address => {
    const known = shared.nodes().map(({ options: { host = '', port = 0 } }) => ({ host, port }));
    const all = [...known, ...(settings.cluster ?? []).map(nodeAt)];
    turn += 1;
    return all[turn % all.length] ?? { host: '', port: 0 };
  };
  const made = new Redis({ ...serverOptions(settings), ...LISTENING, ...next(), retryStrategy: pause });
  made.on('close', () => Object.assign(made.options, next()));
  return made;
}
