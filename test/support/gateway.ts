import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startServiceProvider } from '../../demo/service-provider/server.ts';
import { type App, type AppOptions, createApp, stopServer } from '../../src/boot/app.ts';
import { loadConfig } from '../../src/boot/config.ts';
import { loadModules, type Modules } from '../../src/boot/modules.ts';
import { realWorld } from '../../src/boot/parts.ts';
import { type OwnPorts, openOwnPorts } from '../../src/boot/serve/own-ports.ts';
import type { DirectoryModule } from '../../src/core/directory.ts';
import type { DoorModule, LogPort } from '../../src/core/door.ts';
import type { EphemeralStore } from '../../src/core/store.ts';
import { createAuthenticator } from '../../src/factors/totp/double.ts';
import { Client, type Reply } from './client.ts';
import { demoTree, merge, type Ports, SECRETS, shortTree, startRelyingParties, type Tree } from './configuration.ts';
import { forms } from './forms.ts';
import { keeping } from './keeping.ts';
import { addUser, type NewUser, PASSWORD } from './newcomer.ts';
import { freePort } from './ports.ts';
import { isServiceProvider, prepareForTests, withServiceProviders } from './service-provider.ts';

export { type NewUser, PASSWORD } from './newcomer.ts';
export { SECRETS };

export interface GatewayOptions {
  /** Folder for the configuration and all data; give it again to start on the same data. */
  folder: string;
  /** Address of a Redis to use; embedded without it. */
  redis?: string;
  /** Or of several, which fail over: settings of the store. */
  redisGroup?: Tree;
  /** Address of a PostgreSQL database to use; SQLite without it. */
  postgres?: string;
  /** Keys of this gateway alone in a shared Redis. */
  prefix?: string;
  /** Ports to come back to after a restart. */
  ports?: Omit<Ports, 'serviceProvider'> & Partial<Ports>;
  /** Its name in its address: `localhost` by default. Two gateways that one browser visits need two, for cookies know no ports. */
  host?: string;
  /** Starts from config/demo.yaml, moved to free ports, in the place of the short configuration below. */
  demo?: boolean;
  /** Joins the configuration, objects by key, anything else replaced. */
  config?: Tree;
  /** Without the demo's applications on another site: `client` alone. */
  withoutRelyingParty?: boolean;
  /** With the SAML door and the demo's service providers; `demo` has them anyway. */
  serviceProvider?: boolean;
  /** How long a node has its name without renewing it, where nodes share a store. */
  node?: AppOptions['node'];
  /** Directories of the tests' own, beside those that are installed. */
  directories?: readonly DirectoryModule[];
  /** What stands between the gateway and its ephemeral store. */
  between?: (store: EphemeralStore) => EphemeralStore;
  /** How far the process says that it is behind. */
  lag?: AppOptions['lag'];
  /** Doors of the tests' own, beside those that are installed. */
  doors?: readonly DoorModule[];
}

export interface Gateway {
  /** Also the issuer. */
  url: string;
  relyingParty: string;
  /** Nobody listens there unless it was asked for. */
  serviceProvider: string;
  app: App;
  /** Of doors that have some. */
  doorPorts: OwnPorts;
  ports: Ports;
  /** Moves the gateway's clock (not Redis', nor oidc-provider's own), milliseconds. */
  advance(milliseconds: number): void;
  now(): number;
  /** Log lines so far. */
  logs: { level: string; fields: object; message: string }[];
  addUser(username: string, options?: NewUser): Promise<void>;
  command(name: string, args?: string[], options?: Record<string, string | boolean>, stdin?: string): Promise<string[]>;
  close(): Promise<void>;
}

/** Where people are: at one process, or at several behind one address. */
export type Place = Pick<Gateway, 'url' | 'relyingParty' | 'serviceProvider' | 'now'>;

/** The demo configuration's applications and rules, on free ports. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { folder } = options;
  const ports: Ports = {
    gateway: options.ports?.gateway ?? (await freePort()),
    relyingParty: options.ports?.relyingParty ?? (await freePort()),
    serviceProvider: options.ports?.serviceProvider ?? (await freePort()),
  };
  const url = `http://${options.host ?? 'localhost'}:${ports.gateway}`;
  const site = `http://127.0.0.1:${ports.relyingParty}`;
  const redis = options.redis ? { url: options.redis } : options.redisGroup;
  const own: Tree = {
    listen: { port: ports.gateway },
    data: 'data',
    stores: {
      durable: options.postgres ? { type: 'postgres', url: options.postgres } : { type: 'sqlite' },
      ephemeral: redis
        ? { type: 'redis', ...redis, prefix: options.prefix ?? `${ports.gateway}:` }
        : { type: 'embedded' },
    },
    // Tests move this process's clock alone.
    ...(options.postgres ? { clock: 'machine' } : {}),
    ...(redis || options.postgres
      ? { secrets: { sealingKey: createHash('sha256').update('sealing key of the tests').digest('base64url') } }
      : {}),
    log: { level: 'silent' },
  };
  const prepared =
    options.demo || options.serviceProvider ? await prepareForTests(folder, ports.serviceProvider) : undefined;
  const short = shortTree(url, site);
  const base = !prepared ? short : options.demo ? demoTree(ports, prepared) : withServiceProviders(short, prepared);
  const tree = merge(merge(base, own), options.config ?? {});
  const file = join(folder, 'config.yaml');
  writeFileSync(file, JSON.stringify(tree));

  const installed = await loadModules();
  const doors = new Map([...installed.doors, ...(options.doors ?? []).map((door) => [door.id, door] as const)]);
  const others = (options.directories ?? []).map((directory) => [directory.id, directory] as const);
  const directories = new Map([...installed.directories, ...others]);
  const { between } = options;
  const stores = between ? storesBetween(installed.stores, between) : installed.stores;
  const modules = { ...installed, doors, directories, stores };
  const config = loadConfig(file, modules, {});
  let offset = 0;
  const now = () => Date.now() + offset;
  const logs: Gateway['logs'] = [];
  const log = Object.fromEntries(
    ['debug', 'info', 'warn', 'error'].map((level) => [
      level,
      (fields: object, message: string) => void logs.push({ level, fields, message }),
    ]),
  ) as unknown as LogPort;
  const app = await createApp(config, modules, {
    world: { ...realWorld, now },
    log,
    read: () => loadConfig(file, modules, {}),
    ...(options.node && { node: options.node }),
    ...(options.lag && { lag: options.lag }),
  });
  const server = await listen(app, ports.gateway);
  const doorPorts = await openOwnPorts(config, modules, { app, log });
  app.onReload(doorPorts.renew);
  const relyingParty = options.withoutRelyingParty ? undefined : await startRelyingParties(ports.relyingParty, url);

  const serviceProvider = prepared && (await startServiceProvider({ prepared, identityProvider: url }));

  async function command(name: string, args: string[] = [], given: Record<string, string | boolean> = {}, stdin = '') {
    const { directory, ...more } = given;
    const options = keeping(name, more);
    const chosen = typeof directory === 'string' ? { directory } : {};
    const { lines, exitCode } = await app.host.run({ name, ...chosen, input: { args, options, stdin } });
    if (exitCode !== 0) throw new Error(lines.join('\n'));
    return lines;
  }

  return {
    url,
    relyingParty: site,
    serviceProvider: `http://127.0.0.1:${ports.serviceProvider}`,
    app,
    doorPorts,
    ports,
    advance: (milliseconds) => {
      offset += milliseconds;
    },
    now,
    logs,
    command,
    addUser: (username, options) => addUser(command, username, options),
    async close() {
      await relyingParty?.close();
      await serviceProvider?.close();
      await doorPorts.close();
      server.closeAllConnections();
      await stopServer(server);
      await app.close();
    },
  };
}

function storesBetween(stores: Modules['stores'], between: NonNullable<GatewayOptions['between']>): Modules['stores'] {
  const wrapped = [...stores.ephemeral].map(([id, module]) => {
    const open: typeof module.open = async (...given) => between(await module.open(...given));
    return [id, { ...module, open }] as const;
  });
  return { ...stores, ephemeral: new Map(wrapped) };
}

function listen(app: App, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(app.web);
    server.once('error', reject);
    server.listen(port, 'localhost', () => {
      if ((server.address() as AddressInfo).port !== port) reject(new Error('another port'));
      resolve(server);
    });
  });
}

/** A person at a browser without script, with a code app. */
export class PersonAtBrowser {
  readonly client: Client;
  readonly gateway: Place;
  authenticator: ReturnType<typeof createAuthenticator> | undefined;

  constructor(gateway: Place, client = new Client()) {
    this.gateway = gateway;
    this.client = client;
  }

  /** Begins at a demo application and follows to the first page of ours that asks, or back to the application. */
  begin(application: string, query = ''): Promise<Reply> {
    return this.client.open(`${this.#home(application)}/login${query}`);
  }

  /** Answers what the page asks: of its forms the one that goes on, not those that leave. */
  async answer(page: Reply, fields: Readonly<Record<string, string>>): Promise<Reply> {
    const own = forms(page.body).find(({ action }) => !/\/(switch|cancel)$/.test(action));
    if (own === undefined) throw new Error(`nothing to answer here: ${page.text}`);
    return this.client.follow(await this.client.post(new URL(own.action, page.url), { ...own.fields, ...fields }));
  }

  password(page: Reply, username: string, password = PASSWORD): Promise<Reply> {
    return this.answer(page, { username, password });
  }

  /** Sets the authenticator up from an enrolment page and confirms it. */
  async enrol(page: Reply): Promise<Reply> {
    const uri = /href="(otpauth:[^"]+)"/.exec(page.body)?.[1];
    if (uri === undefined) throw new Error(`no enrolment here: ${page.text}`);
    this.authenticator = createAuthenticator(uri.replaceAll('&amp;', '&'));
    return this.code(page);
  }

  /** The code of now, or of some milliseconds from now. */
  codeAt(offset = 0): string {
    if (this.authenticator === undefined) throw new Error('nothing enrolled');
    return this.authenticator.codeAt(this.gateway.now() + offset);
  }

  code(page: Reply, code = this.codeAt()): Promise<Reply> {
    return this.answer(page, { code });
  }

  /** Answers "Is this your device?". */
  remember(page: Reply, answer: 'yes' | 'no'): Promise<Reply> {
    return this.answer(page, { remember: answer });
  }

  /** What the application knows of the person now. */
  async claims(application: string): Promise<Record<string, unknown> | undefined> {
    const reply = await this.client.get(`${this.#home(application)}/session.json`);
    return reply.status === 200 ? (reply.json() as Record<string, unknown>) : undefined;
  }

  #home(application: string): string {
    const { relyingParty, serviceProvider } = this.gateway;
    return `${isServiceProvider(application) ? serviceProvider : relyingParty}/${application}`;
  }
}
