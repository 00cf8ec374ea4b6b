import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../src/boot/config.ts';
import { loadModules } from '../src/boot/modules.ts';
import { folderWith } from '../src/boot/testing/folder.ts';
import { ConfigError } from '../src/core/errors.ts';

const NOW = Date.parse('2027-01-01T00:00:00Z');
const modules = await loadModules();

const WEB = 'web: { clientId: DIWEB00000000000WEB1, clientSecret: wwwwwwwwwwSecret0Of0The0Web0Client0ab123 }';
const API = 'api: { integrationKey: DIAPI00000000000API1, secretKey: aaaaaaaaaaSecret0Of0The0Api0Client0ab123 }';

/** A configuration in which Payroll has a browser, and the VPN none; `duo` and the rules as they are written. */
const written = (duo: string, rules: string) => `issuer: http://localhost:3000
name: Example University
data: data
stores: { durable: { type: sqlite }, ephemeral: { type: embedded } }
directories: { local: {} }
factors:
  password: {}
  totp: {}
  fido2: {}
  duo:
    host: api-1b2c3d4e.duosecurity.com
    ${duo}
doors: { oidc: {}, radius: {} }
applications:
  payroll: { name: Payroll, oidc: { redirectUris: ['https://payroll.example/cb'], clientSecret: ${'s'.repeat(40)} } }
  vpn: { name: VPN, radius: { clients: [192.0.2.7], secret: between-us-0123456789-ABCDEFGHIJ } }
policy:
  rules:
${rules}
`;

/** What `config check` would tell: file, line and message. */
function faults(duo: string, rules: string): string[] {
  const folder = folderWith();
  writeFileSync(join(folder, 'sallyport.yaml'), written(duo, rules));
  try {
    loadConfig(join(folder, 'sallyport.yaml'), modules, {}, NOW);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(({ file, line, path, message }) => `${file}:${line} ${path}: ${message}`);
  }
}

const rule = (application: string, factors: string) =>
  `    - name: moving\n      applications: [${application}]\n      level: mfa\n      factors: ${factors}`;

it.each([
  ['a list', '[duo]'],
  ['a period to come', '[{ until: 2027-09-01, use: [totp] }, { from: 2027-09-01, use: [duo] }]'],
])('tells of a VPN whose rule names Duo by %s, and of Duo no way to ask there', (_what, factors) => {
  expect(faults(WEB, rule('vpn', factors))).toEqual([
    expect.stringMatching(
      /sallyport\.yaml:22 policy\.rules\[0\]\.factors: vpn comes by radius, where duo can’t be asked: factors\.duo\.api is missing$/,
    ),
  ]);
  expect(faults(`${WEB}\n    ${API}`, rule('vpn', factors))).toEqual([]);
});

it('tells of what no door without a browser presents, and of nothing where something else does', () => {
  // A browser shows the number as well as any door does.
  expect(faults(API, rule('payroll', '[duo]'))).toEqual([]);
  expect(faults(WEB, rule('vpn', '[fido2]'))).toEqual([
    expect.stringContaining('where fido2 can’t be asked: what fido2 asks by can’t be presented there'),
  ]);
  // Where another one does nobody is locked out.
  expect(faults(WEB, rule('vpn', '[duo, totp]'))).toEqual([]);
  expect(faults(WEB, rule('payroll', '[duo]'))).toEqual([]);
});

it('tells of an application that has people asked on a phone that nobody can have', () => {
  const asking = (factors: string) => {
    const folder = folderWith();
    const desk = `  desk: { name: Desk, oidc: { grants: [ciba], redirectUris: [], clientSecret: ${'s'.repeat(40)} } }`;
    const text = written(WEB, rule('payroll', '[totp]')).replace('applications:\n', `applications:\n${desk}\n`);
    writeFileSync(join(folder, 'sallyport.yaml'), text.replace('  totp: {}\n', `  totp: {}\n${factors}`));
    return () => loadConfig(join(folder, 'sallyport.yaml'), modules, {}, NOW);
  };
  expect(asking('')).toThrow(/applications\.desk\.oidc: has people asked, which no listed factor can do: add .*push/);
  expect(asking('  push: {}\n')).not.toThrow();
});
