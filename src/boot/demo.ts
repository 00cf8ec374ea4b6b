import { join, relative } from 'node:path';
import type { DemoApplication } from '../../demo/relying-party/application.ts';
import type { Prepared } from '../../demo/service-provider/prepare.ts';
import type { App } from './app.ts';
import type { Config } from './config.ts';
import type { Modules } from './modules.ts';

/** What each demo application's policy asks, in words. */
const ASKS: Readonly<Record<string, string>> = {
  library: 'A password is enough.',
  courses: 'A second step, remembered for 30 days on your own device.',
  payroll: 'A second step at every sign-in.',
};
const HOST = '127.0.0.1';

interface ConfidentialClient {
  clientSecret?: string;
}

interface DescribedByFile {
  metadata?: { file?: string };
}

/** Doors whose ports another program has, and which: there is nothing to try at them. */
type Taken = ReadonlyMap<string, number>;

export interface Demo {
  /** Makes the accounts, starts the applications and says where everything is. */
  start(app: App, taken: Taken): Promise<{ close(): Promise<void> }>;
}

/**
 * What the demo's applications bring along before the gateway starts: the service providers' metadata, at the
 * places where the configuration expects it. Undefined where this is no demonstration.
 */
export async function prepareDemo(config: Config, modules: Modules): Promise<Demo | undefined> {
  if (config.demo === undefined) return undefined;
  if (!config.demo.applications) return { start: (app) => startHouse(config, app) };
  const files = [...config.applications.values()].flatMap(({ id, settings }) => {
    const file = (settings as DescribedByFile).metadata?.file;
    return file === undefined ? [] : [[id, file] as const];
  });
  if (files.length === 0) return { start: (app, taken) => startDemo(config, modules, app, { taken }) };
  // Only here: an installation has neither the folder nor its libraries.
  const { prepareServiceProvider } = await import('../../demo/service-provider/prepare.ts');
  const prepared = await prepareServiceProvider({
    folder: join(config.data, 'demo'),
    url: `http://${HOST}:${config.demo.serviceProvider.port}`,
    metadataFiles: Object.fromEntries(files),
  });
  return { start: (app, taken) => startDemo(config, modules, app, { taken, prepared }) };
}

/** By the first who can sign in. */
function shells(config: Config, modules: Pick<Modules, 'doors'>, made: readonly string[], taken: Taken): string[] {
  const [username = 'alice', typed = 'THEIRS'] = made[0]?.split(/\s+/) ?? [config.demo?.accounts[0]?.username];
  const lines = [...config.doors].flatMap(([id, settings]) => {
    const port = taken.get(id);
    if (port !== undefined)
      return [`There is no door ${id}: another program has port ${port}. Stop that one, and start again.`];
    const own = [...config.applications.values()].filter(({ door }) => door === id);
    return modules.doors.get(id)?.demonstrate?.(own, settings, { username, typed }) ?? [];
  });
  return lines.length === 0 ? [] : ['Without a browser:', ...lines, ''];
}

async function startDemo(
  config: Config,
  modules: Modules,
  app: App,
  { taken, prepared }: { taken: Taken; prepared?: Prepared },
): Promise<{ close(): Promise<void> }> {
  const made = await makeAccounts(config, app);
  const sites = [await relyingParty(config), ...(prepared ? [await serviceProvider(config, prepared)] : [])];
  const lines = [
    '',
    `Sallyport is at     ${config.issuer}`,
    ...sites.map(
      ({ url, names }, at) =>
        `${at === 0 ? 'Try an application ' : '                   '} ${url}  (${names.join(', ')})`,
    ),
    `Your account        ${config.issuer}/account`,
    ...app.building.managementPages.map(
      (path) => `Messages sent       http://${config.management.host}:${config.management.port}${path}`,
    ),
    `Health and metrics  http://${config.management.host}:${config.management.port}/health/ready`,
    '',
    ...people(config, made),
    ...shells(config, modules, made, taken),
    `Everything is kept in ${relative(process.cwd(), config.data) || '.'}. Stop with Ctrl-C.`,
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return {
    async close() {
      await Promise.all(sites.map((site) => site.close()));
    },
  };
}

/** Another house of the demonstration's has people, and no applications of its own. */
async function startHouse(config: Config, app: App): Promise<{ close(): Promise<void> }> {
  const { name, issuer } = config;
  const called = typeof name === 'string' ? name : (name.en ?? issuer);
  const made = await makeAccounts(config, app);
  const [first] = config.demo?.accounts ?? [];
  const again = `A new password: npm run sallyport -- --config ${relative(process.cwd(), config.file)} user passwd --keep ${first?.username}`;
  const lines = [
    `${called}, another house, is at ${issuer}: its people sign in by a button.`,
    ...(made.length > 0 ? made : [again]),
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return { async close() {} };
}

/** Who can sign in. */
function people({ demo }: Config, made: readonly string[]): string[] {
  if (made.length > 0) return ['Demo accounts, their passwords shown this once:', ...made, ''];
  // A demonstration whose people are in a directory of their own makes none.
  if (demo?.accounts.length === 0) return [];
  return ['The demo accounts exist already. A new password for one: npm run sallyport -- user passwd --keep alice', ''];
}

interface Site {
  url: string;
  names: string[];
  close(): Promise<void>;
}

/** Makes the accounts that aren't there yet; answers their names and generated passwords. */
async function makeAccounts(config: Config, app: App): Promise<string[]> {
  const made: string[] = [];
  for (const { username, name, groups, email } of config.demo?.accounts ?? []) {
    // Shown to whoever runs it: nobody else has set it.
    const options = { name, groups: groups.join(','), email, keep: true };
    const { lines, exitCode } = await app.host.run({
      name: 'user add',
      input: { args: [username], options, stdin: '' },
    });
    const password = exitCode === 0 ? /: (\S+)$/.exec(lines.at(-1) ?? '')?.[1] : undefined;
    if (password) made.push(`${username.padEnd(19)} ${password}`);
  }
  return made;
}

async function relyingParty(config: Config): Promise<Site> {
  const applications = [...config.applications.values()].flatMap(({ id, name, settings }): DemoApplication[] => {
    const { clientSecret } = settings as ConfidentialClient;
    const label = typeof name === 'string' ? name : (name.en ?? id);
    return clientSecret ? [{ id, name: label, clientId: id, clientSecret, asks: ASKS[id] ?? '' }] : [];
  });
  const { startRelyingParty } = await import('../../demo/relying-party/server.ts');
  const port = config.demo?.relyingParty.port ?? 3001;
  const site = await startRelyingParty({ port, host: HOST, issuer: config.issuer, applications });
  return { ...site, names: applications.map(({ name }) => name) };
}

async function serviceProvider(config: Config, prepared: Prepared): Promise<Site> {
  const { startServiceProvider } = await import('../../demo/service-provider/server.ts');
  const site = await startServiceProvider({ prepared, identityProvider: config.issuer });
  return { ...site, names: prepared.applications.map(({ names }) => names.en) };
}
