import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { type ClusterNode, stageCluster } from '../support/cluster.ts';

type Tree = Record<string, unknown>;

/** Longer than a lease lasts, which is 15 s, on a machine that has other things to do. */
const PATIENCE = { timeout: 60_000 };

const it_ = stageCluster();
const originals = new Map<string, string>();

/** Writes a node's file, with these sections in the place of its own. */
function write(node: ClusterNode, sections: Tree): void {
  const original = originals.get(node.name) ?? readFileSync(node.config, 'utf8');
  originals.set(node.name, original);
  writeFileSync(node.config, JSON.stringify({ ...(JSON.parse(original) as Tree), ...sections }, undefined, 1));
}

const nodes = (): [ClusterNode, ClusterNode] => [it_.cluster.node('a'), it_.cluster.node('b')];
const reload = (node: ClusterNode) => node.command('config reload');

/** What it calls itself, as a page of its own says. */
async function nameAt(node: ClusterNode): Promise<string> {
  const page = await fetch(`${node.url}/`, { headers: { host: new URL(it_.cluster.url).host } });
  return /University of \w+/.exec(await page.text())?.[0] ?? '';
}

it('reaches every node from one, by SIGHUP, and no request fails meanwhile', async () => {
  const [a, b] = nodes();
  let going = true;
  const statuses = new Map<number | string, number>();
  const load = Array.from({ length: 8 }, async () => {
    while (going) {
      const status = await fetch(`${it_.cluster.url}/.well-known/openid-configuration`).then(
        async (answer) => (await answer.text()) && answer.status,
        (error: Error) => `${error.message}: ${String(error.cause)}`,
      );
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      // Nodes that read their configuration need the processors.
      await pause(20);
    }
  });
  for (const name of ['University of Load', 'University of More', 'University of Most']) {
    for (const node of [a, b]) write(node, { name });
    a.signal('SIGHUP');
    await vi.waitFor(async () => expect(await Promise.all([nameAt(a), nameAt(b)])).toEqual([name, name]), PATIENCE);
  }
  going = false;
  await Promise.all(load);
  expect([...statuses.keys()]).toEqual([200]);
  expect(statuses.get(200)).toBeGreaterThan(20);
});

it('changes nothing anywhere where one node has a fault, and says which', async () => {
  const [a, b] = nodes();
  const before = await nameAt(a);
  write(a, { name: 'University of Faults' });
  write(b, { name: 'University of Faults', locales: [] });
  await expect(reload(a)).rejects.toThrow(/^nothing was reloaded\nb: \S+config\.yaml:\d+: locales: must have at least/);
  expect([await nameAt(a), await nameAt(b)]).toEqual([before, before]);
});

it('changes nothing anywhere where nodes would have different configurations', async () => {
  const [a, b] = nodes();
  const before = await nameAt(a);
  write(a, { name: 'University of One' });
  write(b, { name: 'University of Other' });
  await expect(reload(b)).rejects.toThrow('nothing was reloaded\na: name would differ from what b has');
  expect([await nameAt(a), await nameAt(b)]).toEqual([before, before]);
});

it('isn’t held up by a node that hangs for longer than its lease, which changes over once it goes on', async () => {
  const [a, b] = nodes();
  for (const node of [a, b]) write(node, { name: 'University of Patience' });
  b.pause();
  try {
    expect(await reload(a)).toEqual(['reloaded', expect.stringMatching(/^name: .* → University of Patience$/)]);
    expect(await nameAt(a)).toBe('University of Patience');
  } finally {
    b.resume();
  }
  await vi.waitFor(async () => expect(await nameAt(b)).toBe('University of Patience'), PATIENCE);
});

it('isn’t held up by a leader that was killed: its round is over, and another reload goes on', async () => {
  const [a, b] = nodes();
  for (const node of [a, b]) write(node, { name: 'University of Leaders' });
  b.pause();
  const asked = reload(a).catch(() => {});
  await vi.waitFor(() => expect(a.logs.length).toBeGreaterThan(0));
  await a.kill();
  b.resume();
  await asked;
  await a.start();
  expect((await reload(b))[0]).toBe('reloaded on a, b');
  expect([await nameAt(a), await nameAt(b)]).toEqual(['University of Leaders', 'University of Leaders']);
});
