import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Attribute, Change, Client } from 'ldapts';
import { freePort } from './ports.ts';

const run = promisify(execFile);

/** A 389 Directory Server of a test's own. It is made in the system's folders for such servers: root alone can. */
export interface DirectoryServer {
  secure: string;
  suffix: string;
  settings(more?: Record<string, unknown>): Record<string, unknown>;
  add(dn: string, attributes: Record<string, string | string[]>): Promise<void>;
  replace(dn: string, attributes: Record<string, string>): Promise<void>;
  append(dn: string, attribute: string, values: string[]): Promise<void>;
  rename(dn: string, next: string): Promise<void>;
  values(dn: string, attribute: string): Promise<string[]>;
  /** Below ou=people, with a password that its owner has chosen. */
  person(uid: string, more?: Record<string, string | string[]>): Promise<string>;
  /** A bind from somewhere else, and whether it was taken. */
  binds(dn: string, password: string): Promise<boolean>;
  stop(): Promise<void>;
}

export const DS_PASSWORD = 'directory horse battery staple';
const SUFFIX = 'dc=university,dc=example';
const MANAGER = { dn: 'cn=Directory Manager', password: 'secret of the manager' };
const SERVICE = { dn: `uid=sallyport,ou=services,${SUFFIX}`, password: 'secret of the service account' };

/** Its installer asks systemd to start what it made, by what it was built with and not by what there is. */
const INSTALL = `
import runpy, sys
from lib389 import DirSrv
DirSrv.with_systemd = lambda self: False
sys.argv = ['dscreate', 'from-file', sys.argv[1]]
runpy.run_path('/usr/sbin/dscreate', run_name='__main__')
`;

export async function startDirectoryServer(): Promise<DirectoryServer> {
  const [port, securePort] = [await freePort(), await freePort()];
  const name = `sallyport${port}`;
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-dirsrv-'));
  const answers = join(folder, 'answers.inf');
  const lines = [
    ...['[general]', 'config_version = 2', 'strict_host_checking = False', 'full_machine_name = localhost'],
    ...['[slapd]', `instance_name = ${name}`, `port = ${port}`, `secure_port = ${securePort}`],
    ...[`root_dn = ${MANAGER.dn}`, `root_password = ${MANAGER.password}`, 'self_sign_cert = True'],
    ...['[backend-userroot]', `suffix = ${SUFFIX}`, 'create_suffix_entry = True', 'sample_entries = no'],
  ];
  writeFileSync(answers, `${lines.join('\n')}\n`, { mode: 0o600 });
  async function stop(): Promise<void> {
    const pid = readOr(`/run/dirsrv/slapd-${name}.pid`);
    if (pid) await gone(Number(pid));
    for (const place of ['/etc', '/var/lib', '/var/log', '/run/lock'])
      rmSync(`${place}/dirsrv/slapd-${name}`, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  }
  await run('/usr/bin/python3', ['-c', INSTALL, answers], { timeout: 240_000 }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const secure = `ldaps://localhost:${securePort}`;
  const ca = readFileSync(`/etc/dirsrv/slapd-${name}/ca.crt`, 'utf8');

  async function as<T>(who: { dn: string; password: string }, work: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({ url: secure, timeout: 10_000, connectTimeout: 5_000, tlsOptions: { ca } });
    try {
      await client.bind(who.dn, who.password);
      return await work(client);
    } finally {
      await client.unbind().catch(() => undefined);
    }
  }
  const modify = (dn: string, operation: 'add' | 'replace', type: string, values: string[]) =>
    as(MANAGER, (client) =>
      client.modify(dn, new Change({ operation, modification: new Attribute({ type, values }) })),
    );

  const server: DirectoryServer = {
    ...{ secure, suffix: SUFFIX, stop },
    settings: (more = {}) => ({
      ...{ type: 'ldap', preset: '389-ds', servers: [secure], ca, base: `ou=people,${SUFFIX}` },
      ...{ bindDn: SERVICE.dn, bindPassword: SERVICE.password, groups: { base: `ou=groups,${SUFFIX}` }, ...more },
    }),
    add: (dn, attributes) => as(MANAGER, (client) => client.add(dn, attributes)),
    async replace(dn, attributes) {
      for (const [type, value] of Object.entries(attributes)) await modify(dn, 'replace', type, [value]);
    },
    append: (dn, attribute, values) => modify(dn, 'add', attribute, values),
    rename: (dn, next) => as(MANAGER, (client) => client.modifyDN(dn, next)),
    async values(dn, attribute) {
      const read = (client: Client) => client.search(dn, { scope: 'base', attributes: [attribute] });
      const [entry] = (await as(MANAGER, read)).searchEntries;
      return [entry?.[attribute] ?? []].flat().map(String);
    },
    async person(uid, more = {}) {
      const dn = `uid=${uid},ou=people,${SUFFIX}`;
      const attributes = { objectClass: 'inetOrgPerson', uid, cn: uid, sn: uid, userPassword: DS_PASSWORD };
      await server.add(dn, { ...attributes, ...more });
      return dn;
    },
    binds: (dn, password) => as({ dn, password }, async () => true).catch(() => false),
  };
  await furnish(server).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return server;
}

/** Units, a service account that reads, people who may change their own passwords, and memberOf. */
async function furnish({ add, append, replace }: DirectoryServer): Promise<void> {
  for (const ou of ['people', 'groups', 'services'])
    await add(`ou=${ou},${SUFFIX}`, { objectClass: 'organizationalUnit', ou });
  const { dn, password: userPassword } = SERVICE;
  await add(dn, { objectClass: ['account', 'simpleSecurityObject'], uid: 'sallyport', userPassword });
  await append(SUFFIX, 'aci', [
    `(targetattr != "userPassword")(version 3.0; acl "gateway"; allow (read, search, compare) userdn = "ldap:///${dn}";)`,
    '(targetattr = "userPassword")(version 3.0; acl "own"; allow (write) userdn = "ldap:///self";)',
  ]);
  await replace('cn=config', { 'nsslapd-dynamic-plugins': 'on' });
  await replace('cn=MemberOf Plugin,cn=plugins,cn=config', { 'nsslapd-pluginEnabled': 'on' });
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

/** Ends a process that isn't a child. */
async function gone(pid: number): Promise<void> {
  const command = `kill ${pid}; timeout 60 tail --pid=${pid} -f /dev/null || kill -9 ${pid}`;
  await run('sh', ['-c', command]).catch(() => undefined);
}
