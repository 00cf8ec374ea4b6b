import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { selfSigned } from '../shared/certificate.ts';

/**
 * `npm run demo:ldap`: the demonstration's people in an OpenLDAP of their own on this machine, for `config/ldap.yaml`.
 * It needs Debian's package slapd, and keeps everything in one folder.
 */
const SUFFIX = 'dc=university,dc=example';
const { values: given } = parseArgs({
  options: {
    folder: { type: 'string', default: 'data/ldap/directory' },
    port: { type: 'string', default: '3636' },
  },
});
const folder = resolve(given.folder);
const url = `ldaps://localhost:${given.port}`;
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` };

if (spawnSync('slapd', ['-VV'], { env }).error) {
  process.stderr.write('slapd isn’t here. On Debian: sudo apt-get install --no-install-recommends slapd\n');
  process.exit(1);
}
const made = existsSync(join(folder, 'data')) ? [] : await make();
forward(spawn('slapd', ['-f', join(folder, 'slapd.conf'), '-h', `${url}/`, '-d', '0'], { env, stdio: 'inherit' }));
await answers();
say(made);

/** Makes the folder, and the people with a password each; answers what to say of that. */
async function make(): Promise<string[]> {
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(join(draft, 'data'), { recursive: true, mode: 0o700 });
  const { cert, key } = await selfSigned('localhost', 3_650);
  writeFileSync(join(draft, 'certificate.pem'), cert);
  writeFileSync(join(draft, 'key.pem'), key, { mode: 0o600 });
  const said: string[] = [];
  const text = readFileSync(new URL('people.ldif', import.meta.url), 'utf8').replace(
    /^dn: uid=(\w+),.*$/gm,
    (line, uid) => {
      const password = newPassword();
      said.push(`  ${uid.padEnd(8)}${password}`);
      return `${line}\nuserPassword: ${hashed(password)}`;
    },
  );
  writeFileSync(join(draft, 'people.ldif'), text, { mode: 0o600 });
  writeFileSync(join(draft, 'slapd.conf'), configuration(draft));
  const loaded = spawnSync('slapadd', ['-f', join(draft, 'slapd.conf'), '-l', join(draft, 'people.ldif')], { env });
  if (loaded.status !== 0) throw new Error(`slapadd doesn't take the people: ${loaded.stderr}`);
  writeFileSync(join(draft, 'slapd.conf'), configuration(folder));
  renameSync(draft, folder);
  return said;
}

function configuration(at: string): string {
  const lines = [
    ...['core', 'cosine', 'inetorgperson'].map((schema) => `include /etc/ldap/schema/${schema}.schema`),
    ...['modulepath /usr/lib/ldap', 'moduleload back_mdb', 'moduleload ppolicy'],
    `TLSCertificateFile "${at}/certificate.pem"`,
    `TLSCertificateKeyFile "${at}/key.pem"`,
    ...['database mdb', `suffix "${SUFFIX}"`, `directory "${at}/data"`, 'maxsize 104857600'],
    'index objectClass,uid,mail,entryUUID,member eq',
    'access to attrs=userPassword by self =xw by anonymous auth by * none',
    `access to * by dn.exact="cn=sallyport,${SUFFIX}" read by self read by * none`,
    ...['overlay ppolicy', `ppolicy_default "cn=default,ou=policies,${SUFFIX}"`, 'ppolicy_hash_cleartext'],
  ];
  return `${lines.join('\n')}\n`;
}

/** 20 letters and digits that can't be mistaken for one another. */
function newPassword(): string {
  const letters = '23456789abcdefghjkmnpqrstuvwxyz';
  const all = Array.from({ length: 20 }, () => letters[randomInt(letters.length)]).join('');
  return all.replace(/.{5}(?=.)/g, '$&-');
}

/** As slapd keeps it, salted SHA-1: enough for passwords of this length. */
function hashed(password: string): string {
  const salt = randomBytes(16);
  const digest = createHash('sha1').update(password).update(salt).digest();
  return `{SSHA}${Buffer.concat([digest, salt]).toString('base64')}`;
}

/** Once it takes connections; if it doesn't, it ends by itself and says why. */
async function answers(): Promise<void> {
  for (;;) {
    const socket = connect(Number(given.port), 'localhost');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await pause(50);
    } finally {
      socket.destroy();
    }
  }
}

function say(people: readonly string[]): void {
  const lines = [
    '',
    `The directory is at  ${url}, with everything in ${folder}`,
    'Now, beside it      npm start -- --config config/ldap.yaml',
    '',
    ...(people.length > 0
      ? ['People, their passwords shown this once (erin has to choose another):', ...people]
      : ['The people are there already. For new passwords delete the folder, and start again.']),
    '',
    '',
  ];
  process.stdout.write(lines.join('\n'));
}

/** Ends with the server, and the server with this. */
function forward(server: ChildProcess): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void server.kill(signal));
  process.on('exit', () => void server.kill());
  server.once('exit', (code) => process.exit(code ?? 1));
}
