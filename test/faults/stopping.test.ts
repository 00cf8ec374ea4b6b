import { connect, type Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { type ClusterNode, startCluster } from '../support/cluster.ts';
import { PASSWORD } from '../support/gateway.ts';
import { LONG } from '../support/load/endure.ts';
import { print, signIns } from '../support/load/fault.ts';
import { startLoad } from '../support/load/load.ts';
import { ONE_ADDRESS, people } from '../support/load/people.ts';

/** What a stop may take on a busy machine, milliseconds; what it is made for is half of it. */
const BOUND = 40_000;

async function stopped(node: ClusterNode): Promise<{ code: number | null; took: number }> {
  const asked = Date.now();
  const code = await node.kill('SIGTERM');
  return { code, took: Date.now() - asked };
}

/** A connection that was given these lines, and then nothing. */
function begun(node: ClusterNode, ...lines: string[]): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(node.url);
    const socket = connect(Number(port), hostname, () => socket.write(lines.join('\r\n'), () => resolve(socket)));
    socket.on('error', reject);
    socket.resume();
  });
}

describe('a node that is told to stop', () => {
  it('ends what it has begun, takes no more, and nobody notices', { timeout: LONG }, async () => {
    const config = { ...ONE_ADDRESS, listen: { drain: '2s' } };
    const cluster = await startCluster({ skipsUnready: true, config });
    const [a] = cluster.nodes as [ClusterNode];
    const load = startLoad(cluster, { people: await people(cluster, 200) });
    await signIns(load, 4);
    const stop = stopped(a);
    await vi.waitFor(async () => expect((await fetch(`${a.management}/health/ready`)).status).toBe(503), 10_000);
    const { code, took } = await stop;
    expect(code).toBe(0);
    await signIns(load, 4);
    await a.start();
    await signIns(load, 2);
    await load.stop();
    print('stopped under load', { took });
    expect(load.ledger.breaches).toEqual([]);
    expect([...load.ledger.answers.keys()].filter((status) => status === 0 || status >= 500)).toEqual([]);
    await cluster.command('audit verify');
    expect(load.ledger.givenUp).toEqual([]);
  });
});

// At once: each has nodes of its own, and waits for them to give up.
describe.concurrent('a node that is told to stop, and held up,', () => {
  it('waits for no slow client longer than it has to', { timeout: LONG }, async (test) => {
    const { expect } = test;
    const cluster = await startCluster({ nodes: [{ name: 'a' }] }, test);
    const [a] = cluster.nodes as [ClusterNode];
    const host = `Host: ${new URL(cluster.url).host}`;
    const sockets = [
      await begun(a, 'GET / HTTP/1.1'),
      await begun(
        a,
        'POST /token HTTP/1.1',
        host,
        'Content-Type: application/x-www-form-urlencoded',
        'Content-Length: 100',
        '',
        'a=',
      ),
    ];
    const { code, took } = await stopped(a);
    for (const socket of sockets) socket.destroy();
    print('stopped with clients that hang', { took });
    expect(code).toBe(0);
    expect(took).toBeLessThan(BOUND);
  });

  it('waits for no store that hangs, and for nobody who asks again', { timeout: LONG }, async (test) => {
    const { expect } = test;
    const cluster = await startCluster({ ownRedis: true }, test);
    const [a, b] = cluster.nodes as [ClusterNode, ClusterNode];
    // What it has in its chain is to be signed at the end.
    for (const node of [a, b]) await node.command('user add', [`of-${node.name}`], { name: 'Somebody' }, PASSWORD);
    cluster.redis?.pause();
    cluster.postgres?.pause();
    try {
      const { code, took } = await stopped(a);
      print('stopped with stores that hang', { took });
      expect(code).toBe(0);
      expect(took).toBeLessThan(BOUND);
      const asked = Date.now();
      const end = b.kill('SIGTERM');
      setTimeout(() => b.signal('SIGTERM'), 1_500);
      await end;
      print('asked twice', { took: Date.now() - asked });
      expect(Date.now() - asked).toBeLessThan(took);
    } finally {
      cluster.redis?.resume();
      cluster.postgres?.resume();
    }
    await Promise.all([a.start(), b.start()]);
    await cluster.command('audit verify');
  });
});
