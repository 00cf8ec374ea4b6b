import { describe, it } from 'vitest';
import { stageCluster } from '../support/cluster.ts';
import { LONG } from '../support/load/endure.ts';
import { killNodes } from '../support/load/kill.ts';
import { ONE_ADDRESS } from '../support/load/people.ts';

describe('nodes that are killed while people sign in', () => {
  // As many that the first name has come to its end, or nearly, when it comes round again: nobody waits for long.
  const nodes = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name }));
  const staged = stageCluster(() => ({ nodes, stopped: true, skipsUnready: true, config: ONE_ADDRESS }));

  // A hundred times in test/long.
  it('lose nothing that they acknowledged, four times', { timeout: LONG }, async () => {
    await killNodes(staged.cluster, 4);
  });
});
