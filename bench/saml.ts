import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createIdentity, type Identity } from '../src/saml/testing/identity.ts';
import { authnRequest, post, redirect, sign } from '../src/saml/testing/messages.ts';
import { Client } from '../test/support/client.ts';
import { forms } from '../test/support/forms.ts';
import { PASSWORD } from '../test/support/gateway.ts';
import { startRedis } from '../test/support/redis.ts';
import { startFlags } from '../test/support/start-flags.ts';
import { metadata } from './beside/saml.ts';
import { signatures } from './rates.ts';
import { alone } from './saml/alone.ts';

const ENTITY = 'http://127.0.0.1:9/plain';
const VISITS = 6_000;
const WARM_UP = 2_000;
/** Visits between two looks at the processor's speed. */
const ROUND = 200;
const AT_ONCE = 8;
const SIGN_INS = 100;

type Row = Record<string, string | number>;

/** A second of wall time, and a second of the server's processor. */
interface Measured {
  perSecond: number;
  perCore: number;
  /** RSA-2048 signatures, a second of the same processor. */
  beside: number;
}

/** Requests of one kind, each used once: nothing is signed while it is measured. */
type Visit = { method: 'GET' | 'POST'; path: string; body?: string };

interface Server {
  url: string;
  /** Processor seconds used so far. */
  cpu(): Promise<number>;
  /** Signs for a while. */
  sign(): Promise<{ count: number; cpu: number }>;
  stop(): void;
}

async function start(folder: string, redis: string): Promise<Server> {
  const child: ChildProcess = fork(fileURLToPath(new URL('saml/server.ts', import.meta.url)), [folder, redis], {
    execArgv: startFlags(),
  });
  const failed = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the gateway ended with ${code}`)));
  failed.catch(() => {});
  const [{ url }] = (await Promise.race([once(child, 'message'), failed])) as [{ url: string }];
  async function ask(what: 'cpu' | 'sign'): Promise<{ count: number; cpu: number }> {
    child.send(what);
    const [answer] = (await once(child, 'message')) as [{ count: number; cpu: number }];
    return answer;
  }
  return {
    url,
    cpu: async () => (await ask('cpu')).cpu,
    sign: () => ask('sign'),
    stop: () => child.disconnect(),
  };
}

/** A whole sign-in in a new browser, as far as the form that goes to the service provider: where nobody listens. */
async function signIn(url: string): Promise<Client> {
  const client = new Client();
  const xml = authnRequest({ issuer: ENTITY, instant: Date.now(), destination: `${url}/saml/sso` });
  const page = await client.open(`${url}/saml/sso?${redirect(xml)}`);
  const [form] = forms(page.body);
  if (form === undefined) throw new Error(`no form: ${page.text}`);
  const fields = { ...form.fields, username: 'alice', password: PASSWORD };
  let reply = await client.post(new URL(form.action, page.url), fields);
  while (reply.location) reply = await client.get(reply.location);
  if (!reply.body.includes('SAMLResponse')) throw new Error(`not signed in: ${reply.text}`);
  return client;
}

/** The cookies of a session that satisfies policy. */
async function cookiesOf(url: string): Promise<string> {
  const cookies = (await signIn(url)).jar.for(new URL(url));
  return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}

async function visit(url: URL, cookie: string, agent: Agent, { method, path, body }: Visit): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const headers = { cookie, ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }) };
  const sent = request(url, { agent, method, path, headers }, (res) => {
    let text = '';
    res.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    res.on('end', () => (text.includes('SAMLResponse') ? resolve() : reject(new Error(`${res.statusCode} ${text}`))));
  });
  sent.on('error', reject);
  sent.end(body);
  await promise;
}

/**
 * Visits a second of wall time, and a second of the server's processor. The server signs in between, so that both
 * are measured in the same process and at the same moments: a machine that is busy for a while slows both.
 */
async function measure(server: Server, cookie: string, visits: Visit[]): Promise<Measured> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const url = new URL(server.url);
  for (const it of visits.splice(0, WARM_UP)) await visit(url, cookie, agent, it);
  const sum = { visits: visits.length, seconds: 0, cpu: 0, signatures: 0, signing: 0 };
  while (visits.length > 0) {
    const round = visits.splice(0, ROUND);
    const [cpu, began] = [await server.cpu(), performance.now()];
    const worker = async () => {
      for (let it = round.pop(); it; it = round.pop()) await visit(url, cookie, agent, it);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    sum.seconds += (performance.now() - began) / 1000;
    sum.cpu += (await server.cpu()) - cpu;
    const { count, cpu: signing } = await server.sign();
    sum.signatures += count;
    sum.signing += signing;
  }
  agent.destroy();
  return {
    perSecond: sum.visits / sum.seconds,
    perCore: sum.visits / sum.cpu,
    beside: sum.signatures / sum.signing,
  };
}

/** Runs something on each ephemeral store, over a server in a process of its own that knows one service provider. */
async function onEachStore(signer: Identity, run: (store: string, server: Server) => Promise<Row[]>): Promise<Row[]> {
  const redis = await startRedis();
  const rows: Row[] = [];
  for (const store of ['embedded', 'redis']) {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
    writeFileSync(join(folder, 'plain.xml'), metadata(ENTITY, signer));
    const server = await start(folder, store === 'redis' ? redis.url : '');
    rows.push(...(await run(store, server)));
    server.stop();
    rmSync(folder, { recursive: true });
  }
  await redis.stop();
  return rows;
}

function row(store: string, request: string, { perSecond, perCore, beside }: Measured): Row {
  return {
    store,
    request,
    'responses/s': Math.round(perSecond),
    'per core': Math.round(perCore),
    'RSA-2048/s': Math.round(beside),
    ratio: (perCore / beside).toFixed(2),
  };
}

/**
 * From AuthnRequest to signed Response with a session that satisfies policy, whole requests over HTTP. The server is
 * a process of its own; `per core` counts its processor time alone.
 */
export async function samlSso(): Promise<Row[]> {
  const signer = await createIdentity();
  const rows = await onEachStore(signer, async (store, server) => {
    const cookie = await cookiesOf(server.url);
    const fresh = () => authnRequest({ issuer: ENTITY, instant: Date.now(), destination: `${server.url}/saml/sso` });
    const kinds: Record<string, () => Visit> = {
      'redirect, unsigned': () => ({ method: 'GET', path: `/saml/sso?${redirect(fresh())}` }),
      'redirect, signed': () => ({ method: 'GET', path: `/saml/sso?${redirect(fresh(), { signer })}` }),
      'post, signed': () => ({ method: 'POST', path: '/saml/sso', body: post(sign(fresh(), signer)) }),
    };
    const measured: Row[] = [];
    for (const [kind, make] of Object.entries(kinds)) {
      const visits = Array.from({ length: VISITS }, make);
      measured.push(row(store, kind, await measure(server, cookie, visits)));
    }
    return measured;
  });
  return [...rows, ...(await alone(await signatures()))];
}

/** The same in a new browser each time, with user name and password: most of it is the password's hash. */
export async function samlFull(): Promise<Row[]> {
  return onEachStore(await createIdentity(), async (store, server) => {
    const beside = await signatures();
    const [cpu, began] = [await server.cpu(), performance.now()];
    for (let left = SIGN_INS; left > 0; left -= 1) await signIn(server.url);
    const perSecond = (SIGN_INS * 1_000) / (performance.now() - began);
    const perCore = SIGN_INS / ((await server.cpu()) - cpu);
    return [row(store, 'sign-in with a password', { perSecond, perCore, beside })];
  });
}
