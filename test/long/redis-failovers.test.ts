import { describe, it } from 'vitest';
import { type Behind, failOver, openGroup } from '../support/failover.ts';
import { startCluster, startSentinels } from '../support/redis-groups.ts';

const ROUNDS: readonly Behind[] = ['none', 'one', 'all', 'one', 'all', 'none'];
const LONG = 600_000;

describe('what was ended or used under load, after one primary upon the other is killed and comes back', () => {
  it('stays so under Sentinel', { timeout: LONG }, async (context) => {
    const group = await startSentinels({ patience: 2_000 });
    context.onTestFinished(() => group.stop());
    const store = await openGroup({ sentinels: group.sentinels, name: group.name }, context);
    for (const [round, behind] of ROUNDS.entries()) {
      const comeBack = await failOver(group, store, behind, `round ${round}`);
      await comeBack();
    }
  });

  it('stays so in a cluster', { timeout: LONG }, async (context) => {
    const group = await startCluster({ patience: 2_000 });
    context.onTestFinished(() => group.stop());
    const store = await openGroup({ cluster: group.nodes }, context);
    for (const [round, behind] of ROUNDS.entries()) {
      const comeBack = await failOver(group, store, behind, `round ${round}`);
      await comeBack();
    }
  });
});
