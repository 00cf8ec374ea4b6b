import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Attribute, Change, Client } from 'ldapts';
import { selfSigned } from './certificate.ts';

const run = promisify(execFile);

/** A domain controller of Active Directory by Samba. It takes the ports 389 and 636: root, and one at a time. */
export interface DomainController {
  secure: string;
  ca: string;
  base: string;
  settings(more?: Record<string, unknown>): Record<string, unknown>;
  /** samba-tool, on the controller's own data. */
  tool(...words: string[]): Promise<string>;
  person(name: string, more?: Record<string, string>): Promise<string>;
  change(dn: string, attribute: string, value: string): Promise<void>;
  values(dn: string, attribute: string): Promise<string[]>;
  stop(): Promise<void>;
}

export const AD_PASSWORD = 'Directory-Horse-Battery-17';
const ADMIN = 'Of-the-Administrator-17';
const BASE = 'DC=ad,DC=university,DC=example';
const READY_WITHIN = 60_000;

export async function startDomainController(): Promise<DomainController> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-samba-'));
  const conf = join(folder, 'dc/etc/smb.conf');
  await run('samba-tool', [
    ...['domain', 'provision', `--targetdir=${folder}/dc`, '--realm=AD.UNIVERSITY.EXAMPLE', '--domain=UNIVERSITY'],
    ...['--server-role=dc', '--dns-backend=NONE', `--adminpass=${ADMIN}`, '--host-name=dc', '--host-ip=127.0.0.1'],
  ]);
  const { cert, key } = await selfSigned('localhost');
  mkdirSync(join(folder, 'dc/private/tls'), { recursive: true });
  writeFileSync(join(folder, 'dc/private/tls/cert.pem'), cert);
  writeFileSync(join(folder, 'dc/private/tls/ca.pem'), cert);
  writeFileSync(join(folder, 'dc/private/tls/key.pem'), key, { mode: 0o600 });
  const own = [
    'server services = ldap',
    `pid directory = ${folder}`,
    `lock directory = ${folder}`,
    `log file = ${folder}/log`,
  ];
  const replaced = /^\s*(server services|lock directory|log file) = .*\n/gm;
  const configured = readFileSync(conf, 'utf8').replace(replaced, '');
  writeFileSync(conf, configured.replace('[global]\n', `[global]\n${own.join('\n')}\n`));
  const child = spawn('samba', ['-F', '-s', conf, '--no-process-group'], {
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  });
  const url = 'ldaps://localhost';

  async function asAdministrator<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({ url, timeout: 10_000, connectTimeout: 2_000, tlsOptions: { ca: cert } });
    try {
      await client.bind(`CN=Administrator,CN=Users,${BASE}`, ADMIN);
      return await work(client);
    } finally {
      await client.unbind().catch(() => undefined);
    }
  }
  const values: DomainController['values'] = async (dn, attribute) => {
    const read = (client: Client) => client.search(dn, { scope: 'base', attributes: [attribute] });
    const [entry] = (await asAdministrator(read)).searchEntries;
    return [entry?.[attribute] ?? []].flat().map(String);
  };
  async function stop(): Promise<void> {
    if (child.exitCode === null && child.pid !== undefined) {
      const gone = once(child, 'exit');
      process.kill(-child.pid, 'SIGTERM');
      await gone;
    }
    // Samba's own processes write a moment longer than the first one lives.
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  }
  await ready(child, () => values(BASE, 'lockoutThreshold')).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const tool: DomainController['tool'] = async (...words) =>
    (await run('samba-tool', [...words, `--configfile=${conf}`])).stdout;
  return {
    ...{ secure: url, ca: cert, base: BASE, values, tool, stop },
    settings: (more = {}) => ({
      ...{ type: 'ldap', preset: 'active-directory', servers: [url], ca: cert, base: BASE },
      ...{ bindDn: `CN=Administrator,CN=Users,${BASE}`, bindPassword: ADMIN, ...more },
    }),
    async person(name, more = {}) {
      await tool(
        'user',
        'create',
        name,
        AD_PASSWORD,
        ...Object.entries(more).map(([key, value]) => `--${key}=${value}`),
      );
      return `CN=${more['given-name'] ? `${more['given-name']} ${more.surname}` : name},CN=Users,${BASE}`;
    },
    change: (dn, type, value) =>
      asAdministrator((client) =>
        client.modify(dn, new Change({ operation: 'replace', modification: new Attribute({ type, values: [value] }) })),
      ),
  };
}

async function ready(child: ChildProcess, ask: () => Promise<unknown>): Promise<void> {
  let said = '';
  child.stderr?.on('data', (text) => {
    said = `${said}${text}`.slice(-2_000);
  });
  for (const deadline = Date.now() + READY_WITHIN; ; await pause(50)) {
    if (child.exitCode !== null) throw new Error(`samba ended (${child.exitCode}): ${said}`);
    try {
      await ask();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`samba doesn’t answer: ${said}`, { cause: error });
    }
  }
}
