import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type ClientRequest, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { numberOn, Phone, waitingOn } from '../src/factors/push/testing/phone.ts';
import { Client, type Reply } from '../test/support/client.ts';
import { forms } from '../test/support/forms.ts';
import { PASSWORD } from '../test/support/gateway.ts';
import { startFlags } from '../test/support/start-flags.ts';

/** 2,000 sign-ins with five pages each: as many as one sign-in may have open. */
const PEOPLE = 2_000;
const PAGES = 5;
const AT_ONCE = 16;
const APPROVALS = 50;
/** Others approve, before and while those wait. */
const ALL = PEOPLE + 2 * APPROVALS;
const MEGABYTE = 2 ** 20;

type Row = Record<string, string | number>;

interface Server {
  url: string;
  /** Where the applications would be. */
  site: string;
  /** Resident memory, MB. */
  memory(): Promise<number>;
  /** Stops its clock. */
  hold(): void;
  stop(): void;
}

interface Waiting {
  client: Client;
  page: Reply;
}

async function start(folder: string, people: number, key: object): Promise<Server> {
  const file = fileURLToPath(new URL('push/server.ts', import.meta.url));
  const child: ChildProcess = fork(file, [folder, String(people), JSON.stringify(key)], {
    execArgv: startFlags(),
  });
  const failed = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the gateway ended with ${code}`)));
  failed.catch(() => {});
  const [{ url, site }] = (await Promise.race([once(child, 'message'), failed])) as [{ url: string; site: string }];
  return {
    url,
    site,
    async memory() {
      child.send('memory');
      const [{ rss }] = (await once(child, 'message')) as [{ rss: number }];
      return Math.round(rss / MEGABYTE);
    },
    hold: () => void child.send('hold'),
    stop: () => child.disconnect(),
  };
}

function begin(url: string, site: string, application: string): string {
  const query = {
    client_id: application,
    response_type: 'code',
    scope: 'openid',
    redirect_uri: `${site}/${application}/callback`,
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  };
  return `${url}/authorize?${new URLSearchParams(query)}`;
}

/** Each index once, so many at a time. */
async function together(count: number, work: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const one = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

/** Follows our own redirects alone: nobody listens where the applications would be. */
async function open(client: Client, first: Reply, url: string): Promise<Reply> {
  let reply = first;
  while (reply.location?.origin === url) reply = await client.get(reply.location);
  return reply;
}

/**
 * Pages that wait for an answer, held open at once by one process, and the time from an approval to the redirect
 * without them and beside them. The phones and browsers run in this process, on the same machine.
 */
export async function push(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  let held: number | undefined;
  const phone = new Phone({ now: () => held ?? Date.now() });
  const server = await start(folder, ALL, phone.jwk);
  const { url, site } = server;
  phone.issuer = url;
  const streams = new Set<ClientRequest>();

  const address = (application: string) => begin(url, site, application);

  async function signedIn(at: number): Promise<Client> {
    const client = new Client();
    const page = await open(client, await client.get(address('library')), url);
    const [form] = forms(page.body);
    if (form === undefined) throw new Error(`no form: ${page.text}`);
    const fields = { ...form.fields, username: `person${at}`, password: PASSWORD };
    await open(client, await client.post(new URL(form.action, url), fields), url);
    return client;
  }

  /** As far as the page with the number. */
  async function asked(client: Client): Promise<Waiting> {
    const page = await open(client, await client.get(address('payroll')), url);
    if (numberOn(page) === undefined) throw new Error(`no number: ${page.status} ${page.text}`);
    return { client, page };
  }

  /** From the phone's answer to the redirect to the application, milliseconds. */
  async function approved({ client, page }: Waiting, at: number): Promise<number> {
    phone.device = `device-${at}`;
    const { id } = await phone.request();
    const stream = client.get(waitingOn(page).events);
    const form = forms(page.body).find(({ action }) => !/\/(switch|cancel)$/.test(action));
    const started = performance.now();
    await phone.answer(id, 'approve', numberOn(page) ?? '');
    await stream;
    const reply = await open(client, await client.post(new URL(form?.action ?? '', url), form?.fields), url);
    if (!reply.location?.searchParams.has('code')) throw new Error(`no code: ${reply.status} ${reply.text}`);
    return performance.now() - started;
  }

  try {
    const before = await server.memory();
    const clients = new Map<number, Client>();
    await together(ALL, async (at) => void clients.set(at, await signedIn(at)));
    const idle = await approvals(clients, 0);
    const rested = await server.memory();
    server.hold();
    held = Date.now();
    await together(PEOPLE, async (index) => {
      const at = index + 2 * APPROVALS;
      const client = clients.get(at);
      if (client === undefined) throw new Error('nobody is signed in');
      const { page } = await asked(client);
      // An address may hold so many: these come from ten.
      const from = `127.0.0.${2 + (at % 10)}`;
      await Promise.all(Array.from({ length: PAGES }, () => listen(client, waitingOn(page).events, from)));
    });
    const waiting = streams.size;
    const full = await server.memory();
    const busy = await approvals(clients, APPROVALS);
    return [
      { streams: 0, 'RSS, MB': rested, 'RSS at the start': before, ...idle },
      { streams: waiting, 'RSS, MB': full, 'RSS at the start': '', ...busy },
    ];
  } finally {
    for (const stream of streams) stream.destroy();
    server.stop();
    rmSync(folder, { recursive: true, force: true });
  }

  async function approvals(clients: ReadonlyMap<number, Client>, from: number): Promise<Row> {
    const times: number[] = [];
    for (let at = from; at < from + APPROVALS; at += 1) {
      const client = clients.get(at);
      if (client) times.push(await approved(await asked(client), at));
    }
    times.sort((a, b) => a - b);
    const at = (share: number) => Math.round(times[Math.floor(times.length * share)] ?? 0);
    return { 'approval to redirect, ms (median)': at(0.5), '95 %': at(0.95) };
  }

  async function listen(client: Client, events: URL, localAddress: string): Promise<void> {
    const cookie = client.jar
      .for(events, { method: 'GET', crossSite: false })
      .map(({ name, value }) => `${name}=${value}`);
    const stream = get(events, { headers: { cookie: cookie.join('; ') }, agent: false, localAddress, family: 4 });
    const [response] = await once(stream, 'response');
    if (response.statusCode !== 200) throw new Error(`no stream: ${response.statusCode}`);
    streams.add(stream);
    response.resume();
    response.on('error', () => {});
    response.on('close', () => streams.delete(stream));
    stream.on('error', () => {});
  }
}
