import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openCluster } from '../support/cluster/open.ts';

const FIRST = 5;
const ALL = 50;
const MEBIBYTE = 2 ** 20;
/** What forty-five readings may leave behind: a building that stayed would be some mebibytes each. */
const MORE = 6 * MEBIBYTE;

it('holds after fifty reloads what it held after five', { timeout: 600_000 }, async () => {
  const cluster = await openCluster({ nodes: [{ name: 'a' }] });
  onTestFinished(cluster.close);
  const [node] = cluster.nodes;
  if (node === undefined) throw new Error('there is a node');
  const original = JSON.parse(readFileSync(node.config, 'utf8')) as object;
  const page = async () => (await fetch(`${cluster.url}/`)).text();

  async function reload(number: number): Promise<void> {
    const policy = { rules: [{ name: `rule-${number}`, level: number % 2 === 0 ? 'sfa' : 'mfa' }] };
    writeFileSync(node?.config ?? '', JSON.stringify({ ...original, name: `University ${number}`, policy }));
    expect((await node?.command('config reload'))?.[0]).toBe('reloaded');
    expect(await page()).toContain(`University ${number}`);
  }

  let held = { heap: 0, sockets: 0 };
  for (let number = 1; number <= ALL; number += 1) {
    await reload(number);
    if (number === FIRST) held = await node.memory();
  }
  // What was in use before is taken down once nothing is under way there.
  await vi.waitFor(
    async () => {
      const after = await node.memory();
      process.stdout.write(
        `heap after ${FIRST} reloads ${held.heap / MEBIBYTE} MiB, after ${ALL} ${after.heap / MEBIBYTE} MiB; sockets ${held.sockets}, ${after.sockets}\n`,
      );
      expect(after.heap - held.heap).toBeLessThan(MORE);
      expect(after.sockets).toBeLessThanOrEqual(held.sockets + 4);
    },
    { timeout: 90_000, interval: 5_000 },
  );
});
