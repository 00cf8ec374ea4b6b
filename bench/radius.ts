import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CODE } from '../src/doors/radius/codec/numbers.ts';
import { codeOf, stepAt } from '../src/factors/totp/otp.ts';
import { PASSWORD } from '../test/support/gateway.ts';
import { freePort } from '../test/support/ports.ts';
import { Concentrator, SECRET, stateOf } from '../test/support/radius.ts';
import { startFlags } from '../test/support/start-flags.ts';
import { percentile } from './soak/figures.ts';

const KEY = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const PEOPLE = 100;
const PASSES = 10;
const AT_ONCE = 16;
const PACKETS = 100_000;
/** Ticks of /proc in a second, on every Linux that there is a package for. */
const TICKS = 100;

type Row = Record<string, string | number>;

/** So many things at once, each with a client of its own, until all are done. */
async function shared(
  clients: readonly Concentrator[],
  things: number,
  one: (at: Concentrator, thing: number) => Promise<void>,
) {
  let next = 0;
  const work = async (client: Concentrator) => {
    for (;;) {
      const thing = next;
      next += 1;
      if (thing >= things) return;
      await one(client, thing);
    }
  };
  await Promise.all(clients.map(work));
}

const clientsAt = (port: number) => Promise.all(Array.from({ length: AT_ONCE }, () => Concentrator.at(port)));

interface Rounds {
  /** Of a second of one core. */
  rate: number;
  /** Milliseconds of wall time of each. */
  times: number[];
  seconds: number;
}

/** Rounds of password and challenge, code and Accept, at a gateway that hashes nothing. */
async function gateway(folder: string, passes = PASSES): Promise<Rounds> {
  const server = fileURLToPath(new URL('radius/server.ts', import.meta.url));
  const child: ChildProcess = fork(server, [folder, String(PEOPLE), KEY], { execArgv: startFlags() });
  const failed = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the gateway ended with ${code}`)));
  failed.catch(() => {});
  const [{ port }] = (await Promise.race([once(child, 'message'), failed])) as [{ port: number }];
  const ask = async (what: 'cpu' | 'later') => {
    child.send(what);
    const [answer] = (await once(child, 'message')) as [{ cpu: number; now: number }];
    return answer;
  };
  const clients = await clientsAt(port);
  const times: number[] = [];
  const pass = async () => {
    const { now } = await ask('later');
    const code = codeOf({ secret: KEY, algorithm: 'SHA1', digits: 6 }, stepAt(30, now));
    await shared(clients, PEOPLE, async (at, person) => {
      const name = `person${person}`;
      const began = performance.now();
      const challenge = await at.ask(at.access(name, PASSWORD));
      const answer = await at.ask(at.access(name, code, [stateOf(challenge)]));
      if (answer.code !== CODE.accessAccept) throw new Error(`${name} was answered ${answer.code}`);
      times.push(performance.now() - began);
    });
  };
  try {
    for (let warm = 0; warm < 2; warm += 1) await pass();
    const before = await ask('cpu');
    times.length = 0;
    const began = performance.now();
    for (let counted = 0; counted < passes; counted += 1) await pass();
    const seconds = (performance.now() - began) / 1_000;
    const after = await ask('cpu');
    return { rate: (passes * PEOPLE) / (after.cpu - before.cpu), times, seconds };
  } finally {
    for (const client of clients) client.close();
    child.disconnect();
  }
}

/** What a static user needs, and no more: files and PAP. */
function configuration(folder: string, port: number): string {
  const block = (name: string, ...lines: readonly string[]): string => `${name} {\n${lines.join('\n')}\n}`;
  return [
    ...['prefix = /usr', `logdir = ${folder}`, `raddbdir = ${folder}`, `run_dir = ${folder}`],
    // Each is kept for five seconds.
    ...['libdir = /usr/lib/freeradius', 'max_requests = 1000000'],
    block('log', 'destination = stdout'),
    block('security', 'allow_vulnerable_openssl = yes'),
    block('client local', 'ipaddr = 127.0.0.1', `secret = ${SECRET}`, 'require_message_authenticator = yes'),
    block('modules', block('pap'), block('files', `filename = ${folder}/users`)),
    block(
      'server default',
      block('listen', 'type = auth', 'ipaddr = 127.0.0.1', `port = ${port}`),
      block('authorize', 'files', 'pap'),
      block('authenticate', block('Auth-Type PAP', 'pap')),
    ),
  ].join('\n');
}

/** Access-Requests that FreeRADIUS accepts in a second of one core; undefined where it isn't installed. */
async function freeradius(folder: string): Promise<number | undefined> {
  const port = await freePort();
  writeFileSync(join(folder, 'dictionary'), '');
  writeFileSync(join(folder, 'users'), `static Cleartext-Password := "${PASSWORD}"\n`);
  writeFileSync(join(folder, 'radiusd.conf'), configuration(folder, port), { mode: 0o600 });
  const env = { PATH: `${process.env.PATH}:/usr/sbin` };
  const child = spawn('freeradius', ['-s', '-f', '-l', 'stdout', '-d', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  const missing = once(child, 'error').then(() => undefined);
  const ready = (async () => {
    for await (const part of child.stdout) if (String(part).includes('Ready to process')) return true;
    throw new Error('FreeRADIUS ended');
  })();
  ready.catch(() => {});
  if ((await Promise.race([missing, ready])) === undefined) return undefined;
  child.stdout.resume();
  const used = (): number => {
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  };
  const clients = await clientsAt(port);
  const some = (packets: number) =>
    shared(clients, packets, async (at) => {
      const answer = await at.ask(at.access('static', PASSWORD));
      if (answer.code !== CODE.accessAccept) throw new Error(`FreeRADIUS answered ${answer.code}`);
    });
  try {
    await some(PACKETS / 10);
    const before = used();
    await some(PACKETS);
    return PACKETS / (used() - before);
  } finally {
    for (const client of clients) client.close();
    child.kill();
  }
}

/** One challenge round, as a row beside other flows. */
export async function radiusRound(): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  try {
    const { rate, times, seconds } = await gateway(folder, 5);
    const of = (share: number) => Number(percentile(times, share).toFixed(1));
    return {
      flow: 'RADIUS challenge round, no hash',
      at: 'sallyport-embedded',
      'server, CPU ms': Number((1_000 / rate).toFixed(2)),
      'a second': Math.round(times.length / seconds),
      p50: of(0.5),
      p99: of(0.99),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Sign-ins at a VPN with a code, beside FreeRADIUS with a static user. */
export async function radius(): Promise<Row[]> {
  const [ours, theirs] = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'sallyport-bench-'))) as [string, string];
  try {
    const { rate: rounds } = await gateway(ours);
    const beside = await freeradius(theirs);
    const row = { what: 'a challenge round, of two packets', 'rounds/s of a core': Math.round(rounds) };
    if (beside === undefined) {
      process.stderr.write('FreeRADIUS isn’t installed: apt-get install freeradius\n');
      return [row];
    }
    const ratio = ((2 * rounds) / beside).toFixed(3);
    return [
      { ...row, 'packets/s of a core': Math.round(2 * rounds), 'beside FreeRADIUS': ratio },
      {
        what: 'FreeRADIUS, a static user',
        'rounds/s of a core': '',
        'packets/s of a core': Math.round(beside),
        'beside FreeRADIUS': 1,
      },
    ];
  } finally {
    for (const folder of [ours, theirs]) rmSync(folder, { recursive: true, force: true });
  }
}
