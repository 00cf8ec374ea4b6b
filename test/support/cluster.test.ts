import { expect, it } from 'vitest';
import { Client } from './client.ts';
import { startCluster, TO_NODE } from './cluster.ts';
import { Someone } from './scene.ts';

it('starts nodes that share everything, behind an address that sends each request to the next one', async () => {
  const cluster = await startCluster({ skipsUnready: true });
  const [a, b] = [cluster.node('a'), cluster.node('b')];
  await cluster.addUser('ada', { groups: 'students' });
  expect((await b.command('user list')).join('\n')).toContain('ada');

  const ada = new Someone(cluster, 'ada');
  const question = await ada.enrol(await ada.enter('courses'));
  await ada.remember(question, 'no');
  expect(await ada.claims('courses')).toBeDefined();
  const { a: atA = 0, b: atB = 0 } = Object.fromEntries(cluster.proxy.served);
  expect(atA).toBeGreaterThan(5);
  expect(Math.abs(atA - atB)).toBeLessThan(2);
  cluster.advance(30_000);
  expect((await ada.code(await ada.enter('payroll'))).url.pathname).toBe('/payroll');

  expect((await b.memory()).heap).toBeGreaterThan(1_000_000);
  expect((await b.metrics()).get('process_open_fds')).toBeGreaterThan(10);

  a.pause();
  expect(await a.ready()).toBe(false);
  a.resume();
  expect(await a.kill()).toBe(null);
  expect((await new Client().get(cluster.url)).status).toBeLessThan(500);
  expect((await new Client({ headers: { [TO_NODE]: 'a' } }).get(cluster.url)).status).toBe(502);
  await a.start();
  expect(await a.ready()).toBe(true);
  expect(await b.kill('SIGTERM')).toBe(0);
  expect(b.logs.at(-1)).toMatchObject({ level: 'info', message: 'stopped' });
});

it('shows why a node does not start', async () => {
  const wrong = startCluster({ config: { factors: { password: {}, totpp: {} } } });
  await expect(wrong).rejects.toThrow(/the node ended \(1\)[\s\S]*totpp/);
});
