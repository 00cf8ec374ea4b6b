import { afterAll, afterEach, beforeAll, inject, onTestFailed, onTestFinished, type TestContext } from 'vitest';
import { lastLines } from './cluster/log.ts';
import { type Cluster, type ClusterOptions, openCluster } from './cluster/open.ts';

export { Alternating, type Crowd, clientAt, crowd } from './cluster/crowd.ts';
export type { LogLine } from './cluster/log.ts';
export type { ClusterNode } from './cluster/node.ts';
export type { Cluster, ClusterOptions } from './cluster/open.ts';
export { TO_NODE } from './cluster/proxy.ts';
export { isOverInRedis } from './cluster/redis-clock.ts';

const running = { onTestFailed, onTestFinished };

export interface TestedOptions extends ClusterOptions {
  /** A Redis that these nodes have for themselves, to be halted and killed: the tests' shared one without it. */
  ownRedis?: boolean;
}

/**
 * Several nodes for the running test alone, stopped at its end; the last lines of their logs are shown if it fails.
 * Tests that run at the same time give what they are called with.
 */
export async function startCluster(
  options: TestedOptions = {},
  { onTestFailed, onTestFinished }: Pick<TestContext, 'onTestFailed' | 'onTestFinished'> = running,
): Promise<Cluster> {
  const cluster = await openCluster(withRedis(options));
  onTestFailed(() => show(cluster));
  onTestFinished(() => cluster.close());
  return cluster;
}

/** Registers the hooks that start and stop the nodes of this file or `describe`. */
export function stageCluster(options: () => TestedOptions = () => ({})): { readonly cluster: Cluster } {
  let started: Cluster | undefined;
  beforeAll(async () => {
    started = await openCluster(withRedis(options()));
  });
  afterEach(({ task }) => {
    if (started && task.result?.state === 'fail') show(started);
  });
  afterAll(() => started?.close());
  return {
    get cluster() {
      if (started === undefined) throw new Error('no node runs outside of tests');
      return started;
    },
  };
}

function withRedis({ ownRedis, ...options }: TestedOptions): ClusterOptions {
  return ownRedis || options.redisGroup ? options : { redis: inject('redisUrl'), ...options };
}

function show({ nodes }: Cluster): void {
  for (const { name, logs } of nodes) process.stderr.write(`--- node ${name}\n${lastLines(logs)}\n`);
}
