import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, type ConfigFault } from '../core/errors.ts';
import { type Config, loadConfig } from './config.ts';
import { configText, folderWith } from './testing/folder.ts';
import { testModules } from './testing/modules.ts';

type Env = Record<string, string>;
type Sections = Record<string, unknown>;
const NOW = Date.parse('2027-01-01T00:00:00Z');
const KEY = 'q83vEjRWeJASNFZ4kBI0VniQEjRWeJC63P4BI0Vnify';

function load(sections: Sections = {}, env: Env = {}, files: Record<string, string> = {}): Config {
  const folder = folderWith({ 'sallyport.yaml': configText(sections), ...files });
  return loadConfig(join(folder, 'sallyport.yaml'), testModules, env, NOW);
}

/** A placeholder of the configuration. */
function put(kind: string, name: string): string {
  return `\${${kind}:${name}}`;
}

function faultsOf(load: () => unknown): readonly ConfigFault[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

/** Paths and messages of the faults, in order of path. */
function faults(sections: Sections, env: Env = {}, files: Record<string, string> = {}): [string, string][] {
  const found = faultsOf(() => load(sections, env, files));
  return found.map(({ path, message }): [string, string] => [path, message]).sort(([a], [b]) => (a < b ? -1 : 1));
}

function paths(sections: Sections, env: Env = {}): string[] {
  return faults(sections, env).map(([path]) => path);
}

const library = { name: 'Library', web: { redirectUris: ['https://library.example/callback'] } };

describe('a configuration', () => {
  it('fills in what is left out, in milliseconds and absolute paths', () => {
    const config = load({ applications: { library } });
    expect(config).toMatchObject({
      node: 'main',
      listen: { host: '127.0.0.1', port: 3000 },
      management: { host: '127.0.0.1', port: 3003 },
      sessions: { lifetime: 28_800_000, idle: 3_600_000 },
      trustedDevices: { lifetime: 2_592_000_000 },
      lockout: { failures: 8, duration: 1_800_000, perAddress: { failures: 100, window: 600_000 } },
      ownsData: true,
      rules: [],
      warnings: [],
    });
    expect(config.data).toBe(join(config.file, '..', 'data'));
    expect(config.stores.durable).toEqual({ type: 'disk', settings: { file: join(config.data, 'sallyport.db') } });
    expect(config.applications.get('library')).toEqual({
      id: 'library',
      name: 'Library',
      consent: 'institution',
      door: 'web',
      internal: false,
      settings: { redirectUris: ['https://library.example/callback'], allowCors: false },
    });
  });

  it('keeps the factors in the order in which they are listed', () => {
    const order = (factors: object) => [...load({ factors }).factors.keys()];
    expect(order({ chip: {}, whistle: {} })).toEqual(['chip', 'whistle']);
    expect(order({ whistle: {}, chip: {} })).toEqual(['whistle', 'chip']);
  });

  it('enables only the factors listed, with the settings that their modules make of them', () => {
    expect([...load({ factors: { chip: { digits: 8 } } }).factors]).toEqual([['chip', { digits: 8 }]]);
  });

  it('has a sender for each factor that sends, in the order in which they are listed', () => {
    const [message] = faults({ factors: { caller: {} } });
    expect(message).toEqual(['factors.caller', 'needs a sender for text messages: senders.pigeon, senders.board']);
    const config = load({ factors: { caller: {} }, senders: { pigeon: {} } });
    expect([...config.senders]).toEqual([['pigeon', { loft: 'north' }]]);
    expect([...load().senders]).toEqual([]);
    const both = load({ senders: { board: {}, pigeon: {} }, issuer: 'http://localhost:3000', demo: {} });
    expect([...both.senders.keys()]).toEqual(['board', 'pigeon']);
  });

  it('shows messages to whoever is at the machine in a demonstration alone', () => {
    expect(faults({ senders: { board: {} } })).toEqual([
      ['senders.board', expect.stringContaining('configurations with a demo section')],
    ]);
  });

  it('reads rules, networks and acr into the shapes of the policy', () => {
    const config = load({
      applications: { library },
      networks: { campus: ['192.0.2.0/24'], labs: { ranges: ['2001:db8::/32'], shared: true } },
      assurance: { acr: { 'urn:example:strong': 'phr' } },
      policy: {
        rules: [
          { name: 'a', applications: ['library', 'sallyport-account'], level: 'sfa', networks: ['campus'] },
          { name: 'b', level: 'mfa', remember: '12h', from: '2027-02-01', grace: '14d', freshness: '30m' },
          { name: 'c', remember: 'never', from: '2027-02-01T08:00:00+08:00', factors: ['chip'] },
        ],
      },
    });
    expect(config.rules[1]).toEqual({
      name: 'b',
      level: 'mfa',
      remember: 43_200_000,
      from: Date.parse('2027-02-01T00:00:00Z'),
      grace: 1_209_600_000,
      freshness: 1_800_000,
    });
    expect(config.rules[2]).toMatchObject({ remember: 'never', from: Date.parse('2027-02-01T00:00:00Z') });
    expect(config.networks).toEqual([
      { name: 'campus', ranges: ['192.0.2.0/24'], shared: false },
      { name: 'labs', ranges: ['2001:db8::/32'], shared: true },
    ]);
    expect([...config.acr].at(0)).toEqual(['https://refeds.org/profile/sfa', 'sfa']);
    expect([...config.acr].at(-1)).toEqual(['urn:example:strong', 'phr']);
  });

  it('is frozen throughout, maps included', () => {
    const config = load({ applications: { library } });
    const applications = config.applications as Map<string, unknown>;
    expect(() => applications.set('other', {})).toThrow(TypeError);
    expect(() => applications.clear()).toThrow(TypeError);
    expect(() => Object.assign(config, { issuer: 'https://evil.example' })).toThrow(TypeError);
    expect(() => Object.assign(config.sessions, { idle: 1 })).toThrow(TypeError);
    expect(() => Object.assign(applications.get('library') ?? {}, { internal: true })).toThrow(TypeError);
    expect(() => (config.trustedProxies as string[]).push('0.0.0.0/0')).toThrow(TypeError);
  });
});

describe('faults', () => {
  it('are reported all at once, each with its place and what to do', () => {
    const found = faults(
      {
        issuer: 'http://login.example.org',
        lisen: { port: 1 },
        sessions: { lifetime: '8 hours', idl: '1h' },
        stores: { durable: { type: 'disc' }, ephemeral: { type: 'remote' } },
        factors: { chip: { digits: 9 }, wistle: {} },
        networks: { campus: ['192.0.2.1/24', 'all'] },
        applications: { Library: library, shop: { name: '', web: { redirectUris: [] } }, bare: { name: 'Bare' } },
        policy: { rules: [{ name: 'a', applications: ['libary'], levl: 'mfa' }] },
      },
      { SALLYPORT_LISTEN_PORT: 'http', SALLYPORT_LISTEN_PROT: '1' },
    );
    expect(found).toEqual([
      ['', 'sets nothing that is known, did you mean SALLYPORT_LISTEN_PORT?'],
      ['applications.Library', 'must be lower-case letters and digits, in words joined by single hyphens'],
      ['applications.bare', 'needs the settings of its door: one of web, radio'],
      ['applications.shop.name', 'must have at least 1 character'],
      ['applications.shop.web.redirectUris', 'must have at least 1 entry'],
      ['factors.chip.digits', 'must be at most 8'],
      ['factors.wistle', 'is unknown, did you mean whistle?'],
      ['issuer', 'must be https: http is for localhost only'],
      ['lisen', 'is unknown, did you mean listen?'],
      ['listen.port', 'must be a number'],
      ['networks.campus[0]', 'has bits beyond its prefix: write 192.0.2.0/24'],
      ['networks.campus[1]', 'must be an address or a range such as 192.0.2.0/24 or 2001:db8::/32'],
      ['policy.rules[0].applications[0]', "libary isn't in applications, did you mean Library?"],
      ['policy.rules[0].levl', 'is unknown, did you mean level?'],
      ['sessions.idl', 'is unknown, did you mean idle?'],
      ['sessions.lifetime', 'must be a duration such as 90s, 30m, 12h or 30d'],
      ['stores.durable.type', 'must be one of: disk'],
      ['stores.ephemeral.url', 'is missing: give text'],
    ]);
  });

  it('name file and line, or the variable', () => {
    const folder = folderWith({ 'a.yaml': configText({ issuer: 'x' }).replace('\n', '\n\n\n') });
    const file = join(folder, 'a.yaml');
    expect(faultsOf(() => loadConfig(file, testModules, { SALLYPORT_SESSIONS_IDLE: 'long' }))).toEqual([
      { file, line: 4, path: 'issuer', message: 'must be an address such as https://login.example.org' },
      {
        file: 'SALLYPORT_SESSIONS_IDLE',
        path: 'sessions.idle',
        message: 'must be a duration such as 90s, 30m, 12h or 30d',
      },
    ]);
  });

  it('never repeat a value, which may be a secret', () => {
    const found = faults({
      secrets: { sealingKey: 'hunter2' },
      applications: { a: { ...library, web: { clientSecret: 'pw1' } } },
    });
    expect(found.map(([path]) => path)).toEqual([
      'applications.a.web.clientSecret',
      'applications.a.web.redirectUris',
      'secrets.sealingKey',
    ]);
    expect(JSON.stringify(found)).not.toMatch(/hunter2|pw1/);
  });

  it('are those of YAML alone where it is malformed, or the file is absent', () => {
    const folder = folderWith({ 'a.yaml': 'issuer: a\nissuer: b\n', 'b.yaml': '- a\n' });
    expect(faultsOf(() => loadConfig(join(folder, 'a.yaml'), testModules, {}))).toMatchObject([{ line: 2 }]);
    expect(faultsOf(() => loadConfig(join(folder, 'b.yaml'), testModules, {}))).toHaveLength(1);
    expect(faultsOf(() => loadConfig(join(folder, 'none.yaml'), testModules, {}))).toMatchObject([
      { message: "can't be read (ENOENT)" },
    ]);
  });
});

describe('what is refused', () => {
  it.each([
    ['plain http for others', { issuer: 'http://login.example.org' }, 'issuer'],
    ['plain http for a name that only begins like loopback', { issuer: 'http://127.0.0.1.evil.example' }, 'issuer'],
    ['an issuer with a slash at its end', { issuer: 'https://login.example.org/' }, 'issuer'],
    ['an issuer with a password', { issuer: 'https://a:b@login.example.org' }, 'issuer'],
    ['a public management port', { management: { host: '0.0.0.0' } }, 'management.host'],
    ['one port for both', { management: { port: 3000 } }, 'management.port'],
    ['an idle time beyond the lifetime', { sessions: { lifetime: '1h', idle: '2h' } }, 'sessions.idle'],
    ['demo accounts in public', { issuer: 'https://login.example.org', demo: {} }, 'demo'],
    ['more failures than NIST allows', { lockout: { failures: 101 } }, 'lockout.failures'],
    ['a default locale that is not offered', { defaultLocale: 'fr' }, 'defaultLocale'],
    ['no factor at all', { factors: {} }, 'factors'],
    [
      'another meaning of REFEDS MFA',
      { assurance: { acr: { 'https://refeds.org/profile/mfa': 'sfa' } } },
      'assurance.acr["https://refeds.org/profile/mfa"]',
    ],
    ['a reserved id', { applications: { 'sallyport-x': library } }, 'applications.sallyport-x'],
    ['two doors', { applications: { a: { ...library, radio: { secret: 's' } } } }, 'applications.a'],
    [
      'a door that is not served',
      { applications: { a: { name: 'A', radio: { secret: 's' } } } },
      'applications.a.radio',
    ],
    [
      'what the door refuses',
      { applications: { a: { name: 'A', web: { redirectUris: ['http://evil.example'] } } } },
      'applications.a.web.redirectUris',
    ],
    [
      'a homepage that is a script',
      { applications: { a: { ...library, homepage: 'javascript:alert(1)' } } },
      'applications.a.homepage',
    ],
    ['a name without the default language', { name: { fr: 'Université' } }, 'name'],
    ['an IPv4 range in IPv6 clothes', { trustedProxies: ['::ffff:10.0.0.0/104'] }, 'trustedProxies[0]'],
    ['an address with octal parts', { trustedProxies: ['010.0.0.1'] }, 'trustedProxies[0]'],
    ['a missing certificate', { listen: { tls: { cert: 'none.pem', key: 'config.yaml' } } }, 'listen.tls.cert'],
    [
      'a published sealing key',
      { secrets: { sealingKey: 'c2FsbHlwb3J0LWV4YW1wbGUta2V5LWRvLW5vdC11c2U' } },
      'secrets.sealingKey',
    ],
    ['a sealing key of zeros', { secrets: { sealingKey: 'A'.repeat(43) } }, 'secrets.sealingKey'],
    ['a short previous key', { secrets: { previousSealingKeys: [KEY.slice(1)] } }, 'secrets.previousSealingKeys[0]'],
    [
      'a previous key of zeros',
      { secrets: { previousSealingKeys: [KEY, 'A'.repeat(43)] } },
      'secrets.previousSealingKeys[1]',
    ],
    [
      'the sealing key among the previous ones, in other letters',
      { secrets: { sealingKey: KEY, previousSealingKeys: [`${KEY.slice(0, -1)}z`] } },
      'secrets.previousSealingKeys[0]',
    ],
    ['a previous key twice', { secrets: { previousSealingKeys: [KEY, `${KEY}=`] } }, 'secrets.previousSealingKeys[1]'],
    [
      'a rule without its condition',
      { policy: { rules: [{ name: 'a', groups: null, level: 'sfa' }] } },
      'policy.rules[0].groups',
    ],
    [
      'a rule with an empty condition',
      { policy: { rules: [{ name: 'a', groups: [], level: 'sfa' }] } },
      'policy.rules[0].groups',
    ],
    ['a node with a name that a chain of commands could have', { node: 'a.cli' }, 'node'],
    [
      'a rule for an unknown network',
      { policy: { rules: [{ name: 'a', notNetworks: ['x'] }] } },
      'policy.rules[0].notNetworks[0]',
    ],
    [
      'a rule for a factor that is off',
      { policy: { rules: [{ name: 'a', factors: ['whistle'] }] } },
      'policy.rules[0].factors[0]',
    ],
    ['two rules of one name', { policy: { rules: [{ name: 'a' }, { name: 'a' }] } }, 'policy.rules[1].name'],
  ])('%s', (_, sections, path) => {
    expect(paths(sections)).toContain(path);
  });

  it('a sealing key left out where data is kept elsewhere', () => {
    const stores = { durable: { type: 'disk' }, ephemeral: { type: 'remote', url: 'remote://x' } };
    expect(paths({ stores })).toEqual(['secrets.sealingKey']);
    expect(load({ stores, secrets: { sealingKey: KEY } })).toMatchObject({
      secrets: { sealingKey: KEY, previousSealingKeys: [] },
      ownsData: true,
    });
  });

  it('nothing of a public management port that is asked for by its full name', () => {
    const config = load({ management: { host: '0.0.0.0', dangerouslyPublic: true } });
    expect(config.management).toEqual({ host: '0.0.0.0', port: 3003 });
    expect(config.warnings).toHaveLength(1);
  });
});

describe('secrets from files', () => {
  const files = { 'secrets/library': ' s3cret-of-library \n', 'secrets/range': '10.0.0.0/8\n' };
  const application = (clientSecret: string) => ({
    applications: { library: { ...library, web: { ...library.web, clientSecret } } },
  });

  it('are read wherever a placeholder stands, in lists too, relative to the configuration', () => {
    const config = load(
      { ...application(`x-${put('file', 'secrets/library')}`), trustedProxies: [put('file', 'secrets/range')] },
      {},
      files,
    );
    expect(config.applications.get('library')?.settings).toMatchObject({ clientSecret: 'x-s3cret-of-library' });
    expect(config.trustedProxies).toEqual(['10.0.0.0/8']);
  });

  it('are not looked into again', () => {
    const config = load(application(put('file', 'nested')), {}, { nested: put('file', '/etc/passwd') });
    expect(config.applications.get('library')?.settings).toMatchObject({ clientSecret: put('file', '/etc/passwd') });
  });

  it('are faults where the file is absent or the placeholder unknown, once each', () => {
    expect(
      faults({ ...application(put('env', 'HOME')), trustedProxies: [put('file', 'none')] }).map(([path]) => path),
    ).toEqual(['applications.library.web.clientSecret', 'trustedProxies[0]']);
  });

  it('are generated once, readable by their owner alone, and for a demonstration only', () => {
    const sections = application(put('generated', 'library'));
    expect(faults(sections)[0]?.[1]).toMatch(/demo section/);
    const folder = folderWith({ 'a.yaml': configText({ ...sections, demo: {} }) });
    const [first, second] = [0, 1].map(() => loadConfig(join(folder, 'a.yaml'), testModules, {}));
    const file = join(folder, 'data/generated/library');
    const secret = readFileSync(file, 'utf8').trim();
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(first?.applications.get('library')?.settings).toMatchObject({ clientSecret: secret });
    expect(second?.applications.get('library')?.settings).toMatchObject({ clientSecret: secret });
    expect(faults({ ...application(put('generated', '../../x')), demo: {} })[0]?.[1]).toMatch(/needs a name/);
  });
});

describe('warnings', () => {
  const later = { name: 'MFA from spring', applications: ['library'], level: 'mfa', from: '2027-03-01' };
  const today = { name: 'A password until then', applications: ['library'], level: 'sfa' };
  const warnings = (rules: unknown[]) => load({ applications: { library }, policy: { rules } }).warnings;

  it('say that a start date alone delays nothing', () => {
    expect(warnings([later])).toEqual([expect.stringContaining('starts on 2027-03-01')]);
    expect(warnings([later, { ...today, groups: ['students'] }])).toHaveLength(1);
    expect(warnings([later, { ...today, from: '2027-02-01' }])).toHaveLength(2);
  });

  it('are silent where another rule covers the time before', () => {
    expect(warnings([later, today])).toEqual([]);
    expect(
      warnings([
        { ...later, groups: ['staff'] },
        { ...today, groups: ['staff'] },
      ]),
    ).toEqual([]);
    expect(warnings([{ ...later, from: '2026-03-01' }])).toEqual([]);
  });

  it('name languages in which nobody is told how to get help, and words for a pass that nobody can be given', () => {
    const words = { pass: { en: 'Call us.' }, hours: 'Monday', address: { en: 'Desk 3', 'zh-Hant': '3 號櫃台' } };
    expect(load({ applications: { library }, support: words }).warnings).toEqual([
      'support.pass has no text for zh-Hant, zh-Hans',
      'support.address has no text for zh-Hans',
      expect.stringContaining('support.pass is shown nowhere'),
    ]);
  });

  it('name a factor that counts only where it is named, and is named nowhere', () => {
    const factors = { chip: {}, whisper: {} };
    const rule = { name: 'r', applications: ['library'], level: 'mfa' };
    const all = (given: object) => load({ factors, applications: { library }, policy: { rules: [given] } }).warnings;
    expect(all({ ...rule, factors: ['chip'] })).toEqual([
      expect.stringContaining('factors.whisper is offered nowhere'),
    ]);
    expect(all({ ...rule, factors: ['chip', 'whisper'] })).toEqual([]);
  });

  it('name an https issuer that nothing ends TLS for', () => {
    expect(load({ issuer: 'https://login.example.org' }).warnings).toEqual([expect.stringContaining('TLS')]);
    expect(load({ issuer: 'https://login.example.org', trustedProxies: ['192.0.2.1'] }).warnings).toEqual([]);
  });
});
