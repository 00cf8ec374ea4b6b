import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Attribute, Change, Client } from 'ldapts';
import { selfSigned } from './certificate.ts';
import { freePort } from './ports.ts';
import { EndedError, startedAtLast } from './started.ts';

/** A real slapd of a test's own on the loopback address, with password policies and memberOf. */
export interface Slapd {
  /** Upgraded by StartTLS, and over TLS from the first octet. */
  plain: string;
  secure: string;
  /** Certificate that both present, PEM. */
  ca: string;
  suffix: string;
  root: { dn: string; password: string };
  /** Settings of the directory plug-in that read it. */
  settings(more?: Record<string, unknown>): Record<string, unknown>;
  add(dn: string, attributes: Record<string, string | string[]>): Promise<void>;
  change(dn: string, operation: 'add' | 'delete' | 'replace', attribute: string, values: string[]): Promise<void>;
  rename(dn: string, next: string): Promise<void>;
  remove(dn: string): Promise<void>;
  /** Below ou=people, with a password. */
  person(uid: string, more?: Record<string, string | string[]>): Promise<string>;
  group(cn: string, members: readonly string[]): Promise<string>;
  /** A password policy, and the people whom it holds for. */
  policy(cn: string, rules: Record<string, string>, people: readonly string[]): Promise<string>;
  /** What it has done so far, by its own count; this question isn't in it. */
  operations(): Promise<{ searches: number; binds: number }>;
  /** Values of an attribute of an entry, operational ones too. */
  values(dn: string, attribute: string): Promise<string[]>;
  kill(): Promise<void>;
  restart(): Promise<void>;
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

export const LDAP_PASSWORD = 'directory horse battery staple';
const SUFFIX = 'dc=university,dc=example';
const ROOT = { dn: `cn=reader,${SUFFIX}`, password: 'secret of the service account' };
const READY_WITHIN = 30_000;

/** Starts a server and answers once it takes questions. */
export function startSlapd(): Promise<Slapd> {
  return startedAtLast(start);
}

async function start(): Promise<Slapd> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-slapd-'));
  const [port, securePort] = [await freePort(), await freePort()];
  const [plain, secure] = [`ldap://localhost:${port}`, `ldaps://localhost:${securePort}`];
  const { cert, key } = await selfSigned('localhost');
  prepare(folder, cert, key);
  const words = ['-f', join(folder, 'slapd.conf'), '-h', `${plain}/ ${secure}/`, '-d', '0'];
  const launch = () =>
    spawn('slapd', words, { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: `${process.env.PATH}:/usr/sbin` } });
  let child = launch();
  const cleanUp = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', cleanUp);

  async function asRoot<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({ url: plain, timeout: 10_000, connectTimeout: 2_000 });
    try {
      await client.bind(ROOT.dn, ROOT.password);
      return await work(client);
    } finally {
      await client.unbind().catch(() => undefined);
    }
  }
  let asked = 0;
  const add: Slapd['add'] = (dn, attributes) => asRoot((client) => client.add(dn, attributes));
  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    await gone;
  }
  const answers = () => asRoot((client) => client.search(SUFFIX, { scope: 'base' }).catch(() => undefined));

  const server: Slapd = {
    ...{ plain, secure, ca: cert, suffix: SUFFIX, root: ROOT, add, kill },
    settings: (more = {}) => ({
      ...{ type: 'ldap', preset: 'openldap', servers: [secure], ca: cert, base: `ou=people,${SUFFIX}` },
      ...{ bindDn: ROOT.dn, bindPassword: ROOT.password, groups: { base: `ou=groups,${SUFFIX}` } },
      ...more,
    }),
    change: (dn, operation, type, values) =>
      asRoot((client) => client.modify(dn, new Change({ operation, modification: new Attribute({ type, values }) }))),
    rename: (dn, next) => asRoot((client) => client.modifyDN(dn, next)),
    remove: (dn) => asRoot((client) => client.del(dn)),
    async person(uid, more = {}) {
      const dn = `uid=${uid},ou=people,${SUFFIX}`;
      const attributes = { objectClass: 'inetOrgPerson', uid, cn: uid, sn: uid, userPassword: LDAP_PASSWORD };
      await add(dn, { ...attributes, ...more });
      return dn;
    },
    async group(cn, members) {
      const dn = `cn=${cn},ou=groups,${SUFFIX}`;
      await add(dn, { objectClass: 'groupOfNames', cn, member: [...members] });
      return dn;
    },
    async policy(cn, rules, people) {
      const dn = `cn=${cn},ou=policies,${SUFFIX}`;
      await add(dn, { objectClass: ['device', 'pwdPolicy'], cn, pwdAttribute: 'userPassword', ...rules });
      for (const person of people) await server.change(person, 'replace', 'pwdPolicySubentry', [dn]);
      return dn;
    },
    operations: () =>
      asRoot(async (client) => {
        const count = async (kind: string) => {
          const dn = `cn=${kind},cn=Operations,cn=Monitor`;
          const { searchEntries } = await client.search(dn, { scope: 'base', attributes: ['monitorOpCompleted'] });
          return Number(searchEntries[0]?.monitorOpCompleted);
        };
        const [searches, binds] = [await count('Search'), await count('Bind')];
        // The two questions of one call, and its bind, are what lies between two of them.
        asked += 1;
        return { searches: searches - 2 * asked, binds: binds - asked };
      }),
    async values(dn, attribute) {
      const read = (client: Client) => client.search(dn, { scope: 'base', attributes: [attribute] });
      const [entry] = (await asRoot(read)).searchEntries;
      return [entry?.[attribute] ?? []].flat().map(String);
    },
    async restart() {
      await kill();
      child = launch();
      await ready(child, answers);
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async stop() {
      process.off('exit', cleanUp);
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await ready(child, answers);
  } catch (error) {
    await server.stop();
    throw error;
  }
  await add(SUFFIX, { objectClass: ['dcObject', 'organization'], dc: 'university', o: 'University' });
  for (const ou of ['people', 'groups', 'policies'])
    await add(`ou=${ou},${SUFFIX}`, { objectClass: 'organizationalUnit', ou });
  await add(`cn=default,ou=policies,${SUFFIX}`, {
    objectClass: ['device', 'pwdPolicy'],
    ...{ cn: 'default', pwdAttribute: 'userPassword', pwdMinLength: '10', pwdCheckQuality: '2', pwdInHistory: '2' },
    ...{ pwdMustChange: 'TRUE', pwdAllowUserChange: 'TRUE', pwdLockout: 'TRUE', pwdMaxFailure: '20' },
  });
  return server;
}

function prepare(folder: string, cert: string, key: string): void {
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key, { mode: 0o600 });
  const schemas = ['core', 'cosine', 'inetorgperson', 'nis'].map((name) => `include /etc/ldap/schema/${name}.schema`);
  const lines = [
    ...schemas,
    ...['modulepath /usr/lib/ldap', 'moduleload back_mdb', 'moduleload ppolicy', 'moduleload memberof'],
    `pidfile ${folder}/slapd.pid`,
    `TLSCertificateFile ${folder}/cert.pem`,
    `TLSCertificateKeyFile ${folder}/key.pem`,
    ...['sizelimit unlimited', 'database monitor', 'database mdb', 'maxsize 1073741824', `suffix "${SUFFIX}"`],
    ...[`rootdn "${ROOT.dn}"`, `rootpw "${ROOT.password}"`, `directory ${folder}/data`, 'dbnosync'],
    ...['index objectClass,uid,mail,entryUUID,member eq'],
    ...['access to attrs=userPassword by self write by anonymous auth by * none', 'access to * by * read'],
    ...['overlay ppolicy', `ppolicy_default "cn=default,ou=policies,${SUFFIX}"`, 'overlay memberof'],
    ...['memberof-refint true'],
  ];
  writeFileSync(join(folder, 'slapd.conf'), `${lines.join('\n')}\n`, { mode: 0o600 });
}

/** Waits until the server answers; fails at once if it ends before. */
async function ready(child: ChildProcess, ask: () => Promise<unknown>): Promise<void> {
  let said = '';
  child.stderr?.on('data', (text) => {
    said = `${said}${text}`.slice(-2_000);
  });
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code, name) => reject(new EndedError(`slapd ended (${code ?? name}): ${said}`)));
  });
  ended.catch(() => undefined);
  const answering = async () => {
    for (const deadline = Date.now() + READY_WITHIN; ; await pause(20)) {
      try {
        return await ask();
      } catch (error) {
        if (Date.now() > deadline) throw new Error(`slapd doesn't answer: ${said}`, { cause: error });
      }
    }
  };
  await Promise.race([ended, answering()]);
}
