import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../src/boot/cli/program.ts';
import { wordsOf } from '../src/boot/config/environment.ts';
import { propertiesOf } from '../src/boot/config/schema-tree.ts';
import { jsonSchemaOf, loadConfig } from '../src/boot/config.ts';
import { loadModules, type Modules } from '../src/boot/modules.ts';
import { loadOffers } from '../src/boot/offers.ts';
import { issue } from '../src/factors/fido2/testing/certificates.ts';
import { selfSigned } from './support/certificate.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const NOW = Date.parse('2027-01-01T00:00:00Z');
let modules: Modules;
let folder: string;

beforeAll(async () => {
  modules = await loadModules();
  folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
  cpSync(join(root, 'config'), join(folder, 'config'), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the configurations that come along', () => {
  it('demo.yaml has no faults and needs nothing around it', () => {
    const config = loadConfig(join(folder, 'config/demo.yaml'), modules, {}, NOW);
    expect(config.warnings).toEqual([]);
    expect(config.data).toBe(join(folder, 'data'));
    expect([...config.applications.keys()]).toEqual([
      ...['library', 'courses', 'payroll'],
      ...['reading-room', 'laboratory', 'personnel', 'vpn'],
    ]);
  });

  it('partner.yaml has no faults once demo.yaml was read', () => {
    const config = loadConfig(join(folder, 'config/partner.yaml'), modules, {}, NOW);
    expect(config.warnings).toEqual([]);
    expect(config.data).toBe(join(folder, 'data/partner'));
  });

  it('ldap.yaml has no faults once its directory has been started', async () => {
    const directory = join(folder, 'data/ldap/directory');
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'certificate.pem'), (await selfSigned('localhost')).cert);
    const config = loadConfig(join(folder, 'config/ldap.yaml'), modules, {}, NOW);
    expect(config.warnings).toEqual([]);
    expect(config.data).toBe(join(folder, 'data/ldap'));
  });

  it('example.yaml has no faults once its secrets are there', () => {
    const secrets = join(folder, 'secrets');
    mkdirSync(secrets);
    const key = 'q83vEjRWeJASNFZ4kBI0VniQEjRWeJC63P4BI0Vnify';
    const values = {
      'redis-url': 'redis://127.0.0.1:6379',
      'sealing-key': key,
      'library-client': key,
      'payroll-client': key,
      mail: 'the password of the mail server',
      'security-key-root': issue({ ca: true }).certificate.toString(),
    };
    for (const [name, value] of Object.entries(values)) writeFileSync(join(secrets, name), `${value}\n`);
    const text = readFileSync(join(root, 'config/example.yaml'), 'utf8').replaceAll('/run/secrets', secrets);
    writeFileSync(join(folder, 'example.yaml'), text);
    expect(loadConfig(join(folder, 'example.yaml'), modules, {}, NOW).warnings).toEqual([]);
  });

  it('conformance.yaml has no faults once its secrets are there', () => {
    const secrets = join(folder, 'data/conformance/secrets');
    mkdirSync(secrets, { recursive: true });
    for (const id of ['suite-basic', 'suite-basic-2', 'suite-post', 'suite-front', 'suite-program', 'suite-device'])
      writeFileSync(join(secrets, id), 'q83vEjRWeJASNFZ4kBI0VniQEjRWeJC63P4BI0Vnify');
    const config = loadConfig(join(folder, 'config/conformance.yaml'), modules, {}, NOW);
    expect(config.warnings).toEqual([]);
  });

  it('schema.json is the schema of this version (npm run schema)', () => {
    const current: unknown = JSON.parse(readFileSync(join(root, 'config/schema.json'), 'utf8'));
    expect(current).toEqual(JSON.parse(JSON.stringify(jsonSchemaOf(modules))));
  });
});

describe('the reference', () => {
  const reference = (name: string) => readFileSync(join(root, 'docs/reference', name), 'utf8');

  it('names every section and every key of the gateway', () => {
    const text = reference('configuration.md');
    const missing = [...propertiesOf(jsonSchemaOf(modules))].flatMap(([section, schemas]) => {
      const keys = ['directories', 'factors', 'doors', 'stores'].includes(section)
        ? []
        : schemas.flatMap((schema) => [...propertiesOf(schema).keys()]);
      return [section, ...keys.map((key) => `${section}.${key}`)].filter((path) => !text.includes(`\`${path}\``));
    });
    expect(missing).toEqual([]);
  });

  it('shows variables that exist', () => {
    const variables = [...reference('configuration.md').matchAll(/SALLYPORT_[A-Z]+/g)].map(([name]) => name);
    const sections = [...propertiesOf(jsonSchemaOf(modules)).keys()].map((key) => wordsOf(key).split('_')[0]);
    expect(variables.length).toBeGreaterThan(5);
    for (const name of variables) expect([...sections, 'CONFIG']).toContain(name.slice('SALLYPORT_'.length));
  });

  it('names every command', async () => {
    const io = { env: {}, stdin: process.stdin, out: () => undefined, err: () => undefined };
    const unused = async () => {
      throw new Error('no command is run here');
    };
    const program = createProgram(await loadOffers(), { io, show: () => undefined, modules: unused, open: unused });
    const all = program.commands.flatMap((command) => {
      const inner = command.commands.map((sub) => `${command.name()} ${sub.name()}`);
      return inner.length === 0 ? [command.name()] : inner;
    });
    expect(program.commands.filter((command) => command.description() === '')).toEqual([]);
    expect(all).toEqual(expect.arrayContaining(['config check', 'policy explain', 'user add', 'healthcheck']));
    const text = reference('cli.md');
    expect(all.filter((name) => !text.includes(`sallyport ${name}`))).toEqual([]);
  });
});
