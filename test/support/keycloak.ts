import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './ports.ts';

const run = promisify(execFile);

const VERSION = '26.7.3';
const ARTIFACT = `org.keycloak:keycloak-quarkus-dist:${VERSION}:tar.gz`;
const FILE = `keycloak-quarkus-dist-${VERSION}.tar.gz`;
const ADMIN = 'admin-of-the-tests';

/** A Keycloak of the tests' own, on this machine. */
export interface Keycloak {
  url: string;
  /** Calls its admin API, with JSON or with XML as text; answers what it says, if anything. */
  admin(method: string, path: string, body?: unknown): Promise<unknown>;
  close(): Promise<void>;
}

/** Fetches the distribution once (Maven verifies its digest, and keeps it), and starts it on memory. A minute, on a quiet machine. */
export async function startKeycloak(): Promise<Keycloak> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-keycloak-'));
  await run('mvn', ['-q', '-B', 'dependency:get', `-Dartifact=${ARTIFACT}`, '-Dtransitive=false']);
  const archive = join(homedir(), '.m2/repository/org/keycloak/keycloak-quarkus-dist', VERSION, FILE);
  await run('tar', ['xzf', archive, '-C', folder]);
  const [port, management] = [await freePort(), await freePort()];
  const ports = ['--http-port', String(port), '--http-management-port', String(management)];
  const where = ['--http-host', '127.0.0.1', '--hostname', `http://127.0.0.1:${port}`];
  const child = spawn(
    join(folder, `keycloak-${VERSION}/bin/kc.sh`),
    ['start-dev', '--db=dev-mem', ...ports, ...where],
    {
      env: { ...process.env, KC_BOOTSTRAP_ADMIN_USERNAME: ADMIN, KC_BOOTSTRAP_ADMIN_PASSWORD: ADMIN },
      // It is a shell that starts Java: both are ended by their group.
      detached: true,
    },
  );
  await started(child);
  const url = `http://127.0.0.1:${port}`;

  async function token(): Promise<string> {
    const fields = { grant_type: 'password', client_id: 'admin-cli', username: ADMIN, password: ADMIN };
    const body = new URLSearchParams(fields);
    const told = await fetch(`${url}/realms/master/protocol/openid-connect/token`, { method: 'POST', body });
    return ((await told.json()) as { access_token: string }).access_token;
  }

  return {
    url,
    async admin(method, path, body) {
      const isXml = typeof body === 'string';
      const type = isXml ? 'application/xml' : 'application/json';
      const headers = { authorization: `Bearer ${await token()}`, 'content-type': type };
      const sent = body === undefined ? {} : { body: isXml ? body : JSON.stringify(body) };
      const told = await fetch(`${url}/admin/realms${path}`, { method, headers, ...sent });
      const text = await told.text();
      if (!told.ok) throw new Error(`${method} ${path}: ${told.status} ${text}`);
      return text === '' ? undefined : JSON.parse(text);
    },
    async close() {
      const gone = once(child, 'exit');
      process.kill(-(child.pid ?? 0), 'SIGTERM');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function started(child: ChildProcess): Promise<void> {
  let said = '';
  return new Promise((resolve, reject) => {
    const hear = (part: Buffer) => {
      said += part;
      if (/Listening on: http/.test(said)) resolve();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('exit', (code) => reject(new Error(`Keycloak ended with ${code}: ${said.slice(-2000)}`)));
  });
}
