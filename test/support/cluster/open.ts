import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServiceProvider } from '../../../demo/service-provider/server.ts';
import { type Clock, movableClock } from '../clock.ts';
import { merge, shortTree, startRelyingParties, type Tree } from '../configuration.ts';
import { addUser, type NewUser } from '../newcomer.ts';
import { freePort } from '../ports.ts';
import { type PostgresServer, startPostgres } from '../postgres.ts';
import { type RedisServer, startRedis } from '../redis.ts';
import { prepareForTests, withServiceProviders } from '../service-provider.ts';
import { type ClusterNode, createNode, type NodeOptions } from './node.ts';
import { type FrontProxy, type ProxyOptions, startProxy } from './proxy.ts';

export interface ClusterOptions extends ProxyOptions {
  /** `a` and `b` without it. */
  nodes?: readonly NodeOptions[];
  /** Address of a PostgreSQL database; without it a server is started. */
  postgres?: string;
  /** Address of a Redis; without it, and without `redisGroup`, a server is started. */
  redis?: string;
  /** Or of several, which fail over: settings of the store. */
  redisGroup?: Tree;
  /** Keys of these nodes alone in a shared Redis. */
  prefix?: string;
  /** Joins the configuration of all nodes. */
  config?: Tree;
  /** With the SAML door and the demo's service providers. */
  serviceProvider?: boolean;
  /** The proxy's, where somebody has to know it before. */
  port?: number;
  /** Nodes are there, and none is started. */
  stopped?: boolean;
}

/** Several nodes over shared stores, behind one address; and the applications that use it. */
export interface Cluster {
  /** The proxy's, and the issuer. */
  url: string;
  relyingParty: string;
  /** Nobody listens there unless it was asked for. */
  serviceProvider: string;
  nodes: readonly ClusterNode[];
  node(name: string): ClusterNode;
  proxy: FrontProxy;
  /** Those that were started for it. */
  postgres: PostgresServer | undefined;
  redis: RedisServer | undefined;
  /** Settings of the stores, as in the configuration. */
  stores: Tree;
  /** Moves every node's clock and this process's, milliseconds; a request that goes through the proxy comes after it. */
  advance(milliseconds: number): void;
  now(): number;
  addUser(username: string, options?: NewUser): Promise<void>;
  /** At the first node that runs. */
  command: ClusterNode['command'];
  close(): Promise<void>;
}

type Ending = () => unknown;

/** For whoever isn't a test as well: nothing is stopped that isn't closed. */
export async function openCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const endings: Ending[] = [];
  const close = async () => {
    for (const end of endings.splice(0).reverse()) await end();
  };
  try {
    return { ...(await build(options, endings)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(options: ClusterOptions, endings: Ending[]): Promise<Omit<Cluster, 'close'>> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-cluster-'));
  endings.push(() => rmSync(folder, { recursive: true, force: true }));
  const port = options.port ?? (await freePort());
  const [relyingPartyPort, serviceProviderPort] = [await freePort(), await freePort()];
  const url = `http://localhost:${port}`;
  const relyingParty = `http://127.0.0.1:${relyingPartyPort}`;

  const { stores, postgres, redis } = await storesOf(options, `${port}:`, endings);
  const prepared = options.serviceProvider ? await prepareForTests(folder, serviceProviderPort) : undefined;
  const short = shortTree(url, relyingParty);
  const base = merge(prepared ? withServiceProviders(short, prepared) : short, {
    trustedProxies: ['127.0.0.1', '::1'],
    data: 'data',
    // `advance` moves the machines' clocks, and PostgreSQL's not.
    clock: 'machine',
    stores,
    secrets: { sealingKey: createHash('sha256').update('sealing key of the tests').digest('base64url') },
  });
  const nodes: ClusterNode[] = [];
  for (const given of options.nodes ?? [{ name: 'a' }, { name: 'b' }]) {
    const ports = { listen: await freePort(), management: await freePort() };
    const own = { node: given.name, listen: { port: ports.listen }, management: { port: ports.management } };
    const tree = merge(merge(merge(base, own), options.config ?? {}), given.config ?? {});
    const node = createNode({ ...given, folder: join(folder, given.name), ports, tree });
    nodes.push(node);
    endings.push(() => node.pid && node.kill());
  }
  const clock: Clock = movableClock();
  endings.push(clock.restore);
  if (!options.stopped) await startAll(nodes);
  const proxy = await startProxy(port, nodes, options);
  endings.push(proxy.close);
  const sites = await startRelyingParties(relyingPartyPort, url);
  endings.push(sites.close);
  if (prepared) endings.push((await startServiceProvider({ prepared, identityProvider: url })).close);

  const command: Cluster['command'] = (...words) => {
    const running = nodes.find(({ pid }) => pid !== undefined);
    if (running === undefined) throw new Error('no node runs');
    return running.command(...words);
  };
  return {
    ...{ url, relyingParty, nodes, proxy, postgres, redis, stores, command },
    serviceProvider: `http://127.0.0.1:${serviceProviderPort}`,
    node(name) {
      const found = nodes.find((one) => one.name === name);
      if (found === undefined) throw new Error(`no node ${name}`);
      return found;
    },
    advance(milliseconds) {
      clock.advance(milliseconds);
      for (const node of nodes) void node.advance(milliseconds);
    },
    now: () => Date.now(),
    addUser: (username, options) => addUser(command, username, options),
  };
}

/** One after the other where it is fastest; the first makes the tables and keys, as at any first start. */
async function startAll(nodes: readonly ClusterNode[]): Promise<void> {
  const started = await Promise.allSettled(nodes.map((node) => node.start()));
  const failed = started.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
}

async function storesOf({ postgres, redis, redisGroup, prefix }: ClusterOptions, own: string, endings: Ending[]) {
  const database = postgres === undefined ? await startPostgres() : undefined;
  if (database) endings.push(database.stop);
  const server = redis === undefined && redisGroup === undefined ? await startRedis({ persist: true }) : undefined;
  if (server) endings.push(server.stop);
  const stores: Tree = {
    durable: { type: 'postgres', url: postgres ?? (await database?.database()) },
    ephemeral: { type: 'redis', ...(redisGroup ?? { url: redis ?? server?.url }), prefix: prefix ?? own },
  };
  return { stores, postgres: database, redis: server };
}
