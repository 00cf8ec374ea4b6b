import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadModules } from '../modules.ts';
import { folderWith } from '../testing/folder.ts';
import { testModules } from '../testing/modules.ts';
import { namesOf, readEnvironment, wordsOf } from './environment.ts';
import { jsonSchemaOf } from './schema.ts';

const schema = jsonSchemaOf(testModules);
const read = (env: Record<string, string>, folder = '/') => readEnvironment(env, schema, folder);
const one = (name: string, value: string) => {
  const { settings, faults } = read({ [name]: value });
  return faults[0]?.message ?? [settings[0]?.path.join('.'), settings[0]?.value];
};

describe('variables', () => {
  it.each([
    ['SALLYPORT_LISTEN_PORT', '8080', 'listen.port', 8080],
    ['SALLYPORT_TRUSTED_PROXIES', '10.0.0.0/8, 192.0.2.1', 'trustedProxies', ['10.0.0.0/8', '192.0.2.1']],
    ['SALLYPORT_TRUSTED_PROXIES', '[10.0.0.0/8]', 'trustedProxies', ['10.0.0.0/8']],
    ['SALLYPORT_TRUSTED_PROXIES', '', 'trustedProxies', []],
    ['SALLYPORT_MANAGEMENT_DANGEROUSLY_PUBLIC', 'true', 'management.dangerouslyPublic', true],
    ['SALLYPORT_LOCKOUT_PER_ADDRESS_FAILURES', '5', 'lockout.perAddress.failures', 5],
    ['SALLYPORT_NAME', '12', 'name', '12'],
    ['SALLYPORT_NAME', '{en: A, zh-Hant: B}', 'name', { en: 'A', 'zh-Hant': 'B' }],
    ['SALLYPORT_SECRETS_SEALING_KEY', '0123', 'secrets.sealingKey', '0123'],
    ['SALLYPORT_STORES_EPHEMERAL_URL', 'remote://x', 'stores.ephemeral.url', 'remote://x'],
    ['SALLYPORT_STORES_DURABLE_FILE', '/x.db', 'stores.durable.file', '/x.db'],
    ['SALLYPORT_FACTORS_CHIP_DIGITS', '8', 'factors.chip.digits', 8],
    ['SALLYPORT_APPLICATIONS__MY_APP__WEB_CLIENT_SECRET', 's', 'applications.my-app.web.clientSecret', 's'],
    ['SALLYPORT_APPLICATIONS__MY_APP__NAME', 'N', 'applications.my-app.name', 'N'],
    ['SALLYPORT_NETWORKS__CAMPUS', '192.0.2.0/24', 'networks.campus', ['192.0.2.0/24']],
    ['SALLYPORT_NETWORKS__CAMPUS__SHARED', 'true', 'networks.campus.shared', true],
    ['SALLYPORT_POLICY_RULES', '[{name: a, level: sfa}]', 'policy.rules', [{ name: 'a', level: 'sfa' }]],
  ])('%s=%s sets %s', (name, value, path, expected) => {
    expect(one(name, value)).toEqual([path, expected]);
  });

  it.each([
    'SALLYPORT_LISTEN__PORT',
    'SALLYPORT_LISTEN_PORT_',
    'SALLYPORT_LISTENPORT',
    'SALLYPORT_APPLICATIONS_MY_APP_NAME',
    'SALLYPORT_APPLICATIONS__MY_APP_NAME__',
    'SALLYPORT_APPLICATIONS____NAME',
    'SALLYPORT___PROTO__',
    'SALLYPORT_',
    'SALLYPORT_NONSENSE_FILE',
  ])('%s sets nothing, and that is a fault', (name) => {
    expect(one(name, 'x')).toMatch(/^sets nothing that is known/);
  });

  it('of others are left alone, and so is the one that names the file', () => {
    expect(read({ SALLYPORT_CONFIG: 'x', SALLYPORTX: 'y', PATH: 'z' })).toEqual({ settings: [], faults: [] });
  });

  it('ending in _FILE give the contents of a file, in the type that is due', () => {
    const folder = folderWith({ secret: ' 42 \n' });
    const { settings } = read(
      { SALLYPORT_LISTEN_PORT_FILE: 'secret', SALLYPORT_NAME_FILE: join(folder, 'secret') },
      folder,
    );
    expect(settings.map(({ value }) => value)).toEqual([42, '42']);
  });

  it('are faults where the file is absent, or the value given twice', () => {
    const { faults } = read({ SALLYPORT_NAME_FILE: '/none', SALLYPORT_ISSUER: 'a', SALLYPORT_ISSUER_FILE: '/none' });
    expect(faults.map(({ file, message }) => `${file} ${message}`)).toEqual([
      "SALLYPORT_NAME_FILE the file /none can't be read: ENOENT",
      'SALLYPORT_ISSUER_FILE SALLYPORT_ISSUER is set as well: leave one of them out',
    ]);
  });
});

describe('names', () => {
  it('of the plug-ins that there are name one place each', async () => {
    const real = jsonSchemaOf(await loadModules());
    for (const current of [schema, real]) {
      const names = namesOf(current);
      expect(names.length).toBeGreaterThan(40);
      expect(new Set(names).size).toBe(names.length);
      const { faults } = readEnvironment(Object.fromEntries(names.map((name) => [name, 'x'])), current, '/');
      expect(faults).toEqual([]);
    }
  });

  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,3}$/);
  const key = fc
    .tuple(word, fc.array(fc.stringMatching(/^[A-Z][a-z]{1,3}$/), { maxLength: 2 }))
    .map(([first, more]) => first + more.join(''));
  const ident = fc
    .array(fc.stringMatching(/^[a-z0-9]{1,3}$/), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join('-'));
  const leaf = { type: 'string' };

  it('bring any id and any key back, or say that they are ambiguous', () => {
    const tree = fc.dictionary(key, fc.dictionary(key, fc.constant(leaf), { minKeys: 1, maxKeys: 3 }), {
      minKeys: 1,
      maxKeys: 3,
    });
    fc.assert(
      fc.property(tree, ident, (shape, id) => {
        const object = (properties: object) => ({ type: 'object', properties });
        const inner = Object.fromEntries(Object.entries(shape).map(([name, keys]) => [name, object(keys)]));
        const schema = object({ things: { type: 'object', additionalProperties: object(inner) } });
        for (const [outer, keys] of Object.entries(shape)) {
          for (const last of Object.keys(keys)) {
            const name = `SALLYPORT_THINGS__${id.toUpperCase().replaceAll('-', '_')}__${wordsOf(outer)}_${wordsOf(last)}`;
            const { settings, faults } = readEnvironment({ [name]: 'v' }, schema, '/');
            if (faults.length > 0) expect(faults[0]?.message).toMatch(/^could mean/);
            else expect(settings).toEqual([{ path: ['things', id, outer, last], value: 'v', variable: name }]);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('never throw, whatever the environment holds', () => {
    const name = fc.string().map((rest) => `SALLYPORT_${rest}`);
    fc.assert(
      fc.property(name, fc.string(), (variable, value) => {
        const { settings, faults } = read({ [variable]: value });
        expect(settings.length + faults.length).toBe(variable === 'SALLYPORT_CONFIG' ? 0 : 1);
      }),
    );
  });
});
