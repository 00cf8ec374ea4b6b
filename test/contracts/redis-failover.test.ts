import { describe, it } from 'vitest';
import { failOver, openGroup } from '../support/failover.ts';
import { startCluster, startSentinels } from '../support/redis-groups.ts';

const PATIENCE = { patience: 1_500 };

// Several servers fail over at once; what is waited for are events.
describe.concurrent('what was ended or used under load, after the primary is killed', { timeout: 180_000 }, () => {
  it('stays so under Sentinel, with one replica behind the other', async (context) => {
    const group = await startSentinels(PATIENCE);
    context.onTestFinished(() => group.stop());
    await failOver(group, await openGroup({ sentinels: group.sentinels, name: group.name }, context), 'one', 'one');
  });

  it('stays so under Sentinel, and is refused while no replica has it', async (context) => {
    const group = await startSentinels(PATIENCE);
    context.onTestFinished(() => group.stop());
    await failOver(group, await openGroup({ sentinels: group.sentinels, name: group.name }, context), 'all', 'all');
  });

  it('stays so in a cluster', async (context) => {
    const group = await startCluster(PATIENCE);
    context.onTestFinished(() => group.stop());
    await failOver(group, await openGroup({ cluster: group.nodes }, context), 'all', 'cluster');
  });
});
