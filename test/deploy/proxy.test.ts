import { once } from 'node:events';
import { createServer, get as getPlain, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/folders.ts';
import { startHaproxy } from '../support/haproxy.ts';

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close().closeAllConnections());
  return (server.address() as AddressInfo).port;
}

/** What the proxy of `compose.yaml` does, before two servers that tell what reached them. */
async function behindProxy(respond?: RequestListener) {
  const state = { ready: { north: true, south: true }, seen: [] as string[] };
  async function start(name: 'north' | 'south') {
    const web = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
      state.seen.push(`${name} ${req.method} ${req.url}`);
      if (respond) return respond(req, res);
      res.setHeader('x-node', name);
      res.end(JSON.stringify({ url: req.url, headers: req.headers }));
    });
    const management = createServer((_req, res) => void res.writeHead(state.ready[name] ? 200 : 503).end());
    const close = () => web.close().closeAllConnections();
    return { name, port: await listening(web), management: await listening(management), close };
  }
  const [north, south] = [await start('north'), await start('south')];
  const proxy = await startHaproxy(temporaryFolder(), north, south);
  onTestFinished(proxy.stop);
  async function ask(path: string, headers: Record<string, string> = {}, method = 'GET', body = '') {
    const sent = request({
      ...{ host: '127.0.0.1', port: proxy.https, servername: 'localhost', ca: proxy.ca, agent: false },
      ...{ path, method, headers: { host: 'login.example.edu', ...headers } },
    });
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return response;
  }
  const told = async (response: IncomingMessage) =>
    JSON.parse(await text(response)) as { url: string; headers: Record<string, string> };
  return { state, proxy, ask, told, nodes: { north, south } };
}

it('sends each request of a browser to the next node', async () => {
  const { ask } = await behindProxy();
  const nodes: unknown[] = [];
  for (let left = 4; left > 0; left -= 1) nodes.push((await ask('/')).headers['x-node']);
  expect(nodes.slice(2)).toEqual(nodes.slice(0, 2));
  expect(new Set(nodes)).toEqual(new Set(['north', 'south']));
});

it('forwards nothing that a client says about where it comes from', async () => {
  const { ask, told } = await behindProxy();
  const { headers } = await told(
    await ask('/', {
      forwarded: 'for=192.0.2.1;host=evil.example',
      'x-forwarded-for': '192.0.2.1',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      'x-forwarded-anything': 'else',
      'x-real-ip': '192.0.2.1',
    }),
  );
  expect(Object.entries(headers).filter(([name]) => /forwarded|real/.test(name))).toEqual([
    ['x-forwarded-for', '127.0.0.1'],
    ['x-forwarded-proto', 'https'],
  ]);
  expect(headers.host).toBe('login.example.edu');
});

it('leaves the query as it was sent: signatures are over its octets', async () => {
  const { ask, told } = await behindProxy();
  const path = '/saml/sso?SAMLRequest=a%2fB%2F%2b+%20&&RelayState=%c3%a9~%7E;x=//../';
  expect((await told(await ask(path))).url).toBe(path);
});

it('passes on as many headers as Sallyport reads', async () => {
  const { ask, told } = await behindProxy();
  const cookie = 'c'.repeat(15_500);
  expect((await told(await ask('/', { cookie }))).headers.cookie).toBe(cookie);
});

it('leads from http to https, and to nothing else', async () => {
  const { proxy, state } = await behindProxy();
  const sent = getPlain({
    ...{ host: '127.0.0.1', port: proxy.http, path: '/authorize?a=b', agent: false },
    headers: { host: 'login.example.edu' },
  });
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  expect([response.statusCode, response.headers.location]).toEqual([308, 'https://login.example.edu/authorize?a=b']);
  expect(state.seen).toEqual([]);
});

it('takes no node that is not ready, and its own page of refusal from Sallyport where none is', async () => {
  const { ask, state } = await behindProxy();
  const nodes = async () => {
    const seen = new Set<unknown>();
    for (let left = 4; left > 0; left -= 1) seen.add((await ask('/')).headers['x-node']);
    return [...seen].sort();
  };
  state.ready.north = false;
  await expect.poll(nodes).toEqual(['south']);
  state.ready.south = false;
  await expect.poll(nodes).toEqual(['north', 'south']);
  state.ready.north = true;
  await expect.poll(nodes).toEqual(['north']);
});

it('goes to the other node where one is gone, and sends no request twice that was sent', async () => {
  const { ask, nodes, state } = await behindProxy();
  nodes.north.close();
  for (let left = 4; left > 0; left -= 1) expect((await ask('/')).headers['x-node']).toBe('south');
  expect(state.seen).toHaveLength(4);
});

it('answers for a node that dies over a request, and asks no other', async () => {
  const { ask, state } = await behindProxy((req) => void req.socket.destroy());
  const response = await ask('/sign-in/x', { 'content-type': 'application/x-www-form-urlencoded' }, 'POST', 'code=1');
  response.resume();
  expect([response.statusCode, state.seen.length]).toEqual([502, 1]);
});

it('passes on what a page waits for as it comes', async () => {
  const { ask } = await behindProxy((_req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write('data: first\n\n');
  });
  const response = await ask('/sign-in/x/events');
  const [chunk] = (await once(response, 'data')) as [Buffer];
  expect(String(chunk)).toBe('data: first\n\n');
  response.destroy();
});

it('logs no query: codes and states are in it', async () => {
  const { ask, proxy } = await behindProxy();
  await ask('/callback?code=the-secret-code');
  await expect.poll(proxy.log).toContain('GET /callback 200');
  expect(proxy.log()).not.toContain('the-secret-code');
});
