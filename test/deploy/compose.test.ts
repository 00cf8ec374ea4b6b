import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ipaddr from 'ipaddr.js';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { plainAddress } from '../../src/boot/config/management-address.ts';
import { loadConfig } from '../../src/boot/config.ts';
import { loadModules } from '../../src/boot/modules.ts';
import { issue } from '../../src/factors/fido2/testing/certificates.ts';
import { temporaryFolder } from '../support/folders.ts';

interface Service {
  image?: string;
  environment?: Record<string, string>;
  secrets?: (string | { source: string })[];
  ports?: string[];
  volumes?: string[];
  networks: string[] | Record<string, { ipv4_address: string }>;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  stop_grace_period?: string;
}
interface Compose {
  services: Record<'proxy' | 'north' | 'south' | 'redis' | 'postgres', Service>;
  networks: { front: { ipam: { config: { subnet: string }[] } } };
  secrets: Record<string, { file: string }>;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (name: string) => readFileSync(join(root, name), 'utf8');
const compose = parse(read('compose.yaml'), { merge: true }) as Compose;
const { services } = compose;

/** The example's configuration, with a value in the place of each secret that it reads. */
function configuration(): string {
  const folder = temporaryFolder();
  const secrets = join(folder, 'secrets');
  mkdirSync(secrets);
  const text = read('config/example.yaml');
  const key = 'q83vEjRWeJASNFZ4kBI0VniQEjRWeJC63P4BI0Vnify';
  const values: Record<string, string> = {
    'redis-url': 'redis://:x@redis:6379',
    'security-key-root': issue({ ca: true }).certificate.toString(),
    'postgres-password': 'x',
  };
  const named = [...`${text}${read('compose.yaml')}`.matchAll(/\/run\/secrets\/([a-z-]+)/g)];
  for (const [, name = ''] of named) writeFileSync(join(secrets, name), values[name] ?? key);
  const file = join(folder, 'sallyport.yaml');
  writeFileSync(file, text.replaceAll('/run/secrets', secrets));
  return file;
}

it('has two nodes, of which each is what the configuration and its environment make of it', async () => {
  const modules = await loadModules();
  const configs = (['north', 'south'] as const).map((name) => {
    const file = configuration();
    const env = Object.entries(services[name].environment ?? {}).map(([variable, value]) => [
      variable,
      value.replace('/run/secrets', join(file, '../secrets')),
    ]);
    return loadConfig(file, modules, Object.fromEntries(env));
  });
  expect(configs.map(({ node }) => node)).toEqual(['north', 'south']);
  for (const config of configs) {
    // On the network of the proxy alone, and the log says so at each start.
    expect(config.warnings).toEqual([expect.stringContaining('management is reachable at 0.0.0.0')]);
    expect(config.stores.durable.settings).toMatchObject({ host: '/run/postgresql', database: 'sallyport' });
    expect(config.stores.ephemeral.settings).toMatchObject({ url: 'redis://:x@redis:6379' });
    expect([config.listen.host, config.management.host, config.data]).toEqual([
      ...['0.0.0.0', '0.0.0.0', '/var/lib/sallyport'],
    ]);
  }
  expect(services.north.volumes).not.toEqual(services.south.volumes);
});

it('believes its own proxy and nobody else, which has the address that the nodes were told', () => {
  const { front } = services.proxy.networks as Record<string, { ipv4_address: string }>;
  for (const { environment } of [services.north, services.south]) {
    expect(environment?.SALLYPORT_TRUSTED_PROXIES).toBe(`[${front?.ipv4_address}]`);
  }
  const [range] = compose.networks.front.ipam.config;
  expect(ipaddr.parse(front?.ipv4_address ?? '').match(ipaddr.parseCIDR(range?.subnet ?? ''))).toBe(true);
});

it('opens no port but the proxy’s', () => {
  const open = Object.entries(services).filter(([, { ports }]) => ports !== undefined);
  expect(open.map(([name, { ports }]) => [name, ports])).toEqual([['proxy', ['80:80', '443:443']]]);
});

it('gives no service more than it needs', () => {
  for (const [name, service] of Object.entries(services)) {
    // PostgreSQL's image begins as root, to give its folder to the user that it then becomes.
    if (name === 'postgres') continue;
    expect([name, service.read_only, service.cap_drop, service.security_opt]).toEqual([
      ...[name, true, ['ALL'], ['no-new-privileges:true']],
    ]);
  }
});

it('names no secret that it has not, and writes none down', () => {
  const used = Object.values(services).flatMap(({ secrets = [] }) =>
    secrets.map((secret) => (typeof secret === 'string' ? secret : secret.source)),
  );
  expect(new Set(used)).toEqual(new Set(Object.keys(compose.secrets)));
  for (const { environment = {} } of Object.values(services)) {
    const telling = Object.keys(environment).filter((name) => /PASSWORD|KEY|URL/.test(name));
    expect(telling.filter((name) => !name.endsWith('_FILE'))).toEqual([]);
  }
});

it('asks after health without loading a schema, every few seconds', () => {
  const { environment = {} } = services.north;
  expect(plainAddress(configuration(), environment)).toEqual({ host: '0.0.0.0', port: 3003 });
});

it('stands on an image that has all it copies, and no tests', () => {
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, words = '']) =>
    words.split(' '),
  );
  const allowed = new Set(read('.dockerignore').match(/(?<=^!).*$/gm));
  expect(copied.length).toBeGreaterThan(5);
  expect(copied.filter((path) => !allowed.has(path))).toEqual([]);
  expect(read('.dockerignore')).toMatch(/^\*$[\s\S]*^\*\*\/\*\.test\.ts$/m);
});
