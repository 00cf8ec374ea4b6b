import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { guardedFetch } from './guarded-fetch.ts';

async function listening(): Promise<{ port: number; requests: () => number }> {
  let requests = 0;
  const server = createServer((req, res) => {
    requests += 1;
    if (req.url === '/away') res.writeHead(302, { location: '/' });
    res.end('here');
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, requests: () => requests };
}

it.each([[['127.0.0.0/8']], [['127.0.0.1']], [['192.0.2.1', '::/0', '127.0.0.1/32']]])(
  'calls a private address that %j allows',
  async (allowed) => {
    const { port } = await listening();
    expect(await (await guardedFetch(allowed)(`http://127.0.0.1:${port}/`)).text()).toBe('here');
  },
);

it.each([
  ['127.0.0.1', []],
  ['127.0.0.1', ['127.0.0.2', '10.0.0.0/8', '::/0']],
  ['localhost', []],
  ['[::ffff:127.0.0.1]', []],
  ['2130706433', []],
])('calls nothing at %s, where %j is allowed', async (host, allowed) => {
  const { port, requests } = await listening();
  await expect(guardedFetch(allowed)(`http://${host}:${port}/`)).rejects.toThrow();
  expect(requests()).toBe(0);
});

it('follows no redirect', async () => {
  const { port, requests } = await listening();
  const response = await guardedFetch(['127.0.0.1'])(`http://127.0.0.1:${port}/away`);
  expect([response.status, requests()]).toEqual([302, 1]);
});
