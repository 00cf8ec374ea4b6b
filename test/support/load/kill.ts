import { expect, vi } from 'vitest';
import type { Cluster } from '../cluster.ts';
import { checkLedger } from './check.ts';
import { print, signIns } from './fault.ts';
import { startLoad } from './load.ts';
import { people } from './people.ts';

/** For each time that one is killed. */
const PEOPLE = 40;
/** Doing something at the same moment: a node that starts beside them needs a processor, too. */
const AT_ONCE = 3;
const BUSY = { timeout: 180_000, interval: 200 };

/**
 * Two nodes serve at a time. The one that has served longer is killed in the middle of what it does, when another one
 * is there: under a name that comes round again once its lease is over.
 */
export async function killNodes(cluster: Cluster, times: number): Promise<void> {
  const { nodes } = cluster;
  const at = (turn: number) => nodes[turn % nodes.length] as (typeof nodes)[number];
  await Promise.all([at(0).start(), at(1).start()]);
  const load = startLoad(cluster, { people: await people(cluster, PEOPLE * (times + 4)), atOnce: AT_ONCE });
  await signIns(load, 4);
  for (let turn = 0; turn < times; turn += 1) {
    await at(turn + 2).start();
    await at(turn).kill('SIGKILL');
  }
  const last = Date.now();
  await signIns(load, 4);
  const works = Date.now() - last;
  await load.stop();
  await checkLedger(cluster, load);
  await expectClosed(cluster, times);
  const { 0: cut = 0, 502: broken = 0, 503: refused = 0 } = Object.fromEntries(load.ledger.answers);
  const { signIns: whole, givenUp } = load.ledger;
  print(`${times} nodes killed`, { works, whole: whole.length, begunAnew: givenUp.length, cut, broken, refused });
}

/** Those that are left have closed the chains of those that are gone, or these have gone on by themselves. */
async function expectClosed({ postgres, stores, nodes }: Cluster, times: number): Promise<void> {
  const { url } = stores.durable as { url: string };
  const running = nodes.filter(({ pid }) => pid !== undefined).map(({ name }) => name);
  const gone = nodes.slice(0, times).filter(({ name }) => !running.includes(name));
  await vi.waitFor(async () => {
    for (const { name } of gone) {
      const [end] = (await postgres?.run(
        `select event from audit where node = '${name}' order by sequence desc limit 1`,
        url,
      )) ?? [{}];
      expect(end?.event).toBe('audit.signed');
    }
  }, BUSY);
}
