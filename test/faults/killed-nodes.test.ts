import { describe, it } from 'vitest';
import { stageCluster } from '../support/cluster.ts';
import { LONG } from '../support/load/endure.ts';
import { killNodes } from '../support/load/kill.ts';
import { ONE_ADDRESS } from '../support/load/people.ts';

describe('nodes that are killed while people sign in', () => {
  // As many that each name has come to its end, or nearly, when it comes round again: nobody waits for long.
  const nodes = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => ({ name }));
  const staged = stageCluster(() => ({ nodes, stopped: true, skipsUnready: true, config: ONE_ADDRESS }));

  it('lose nothing that they acknowledged, ten times', { timeout: LONG }, async () => {
    await killNodes(staged.cluster, 10);
  });
});
