import { describe, expect, it, vi } from 'vitest';
import redis from '../../src/stores/redis/index.ts';
import { createPrimary } from '../../src/stores/redis/primary.ts';
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

  it('leaves no connection ended by news of a failover that come while it is being made', async (context) => {
    const group = await startSentinels(PATIENCE);
    context.onTestFinished(() => group.stop());
    const settings = redis.settings.parse({ sentinels: group.sentinels, name: group.name });
    const client = createPrimary(settings, undefined);
    context.onTestFinished(() => client.close());
    await client.open();
    const [shared] = client.servers();
    await vi.waitFor(() => expect(shared?.status).toBe('ready'));
    shared?.disconnect(true);
    const comes = (state: 'connecting' | 'end') => new Promise<void>((seen) => shared?.once(state, () => seen()));
    await comes('connecting');
    // What ioredis does to it at `+switch-master`.
    (shared as unknown as { connector: { disconnect(): void } }).connector.disconnect();
    await comes('end');
    await vi.waitFor(() => expect(shared?.status).toBe('ready'), { timeout: 10_000 });
    expect(await client.commands.ping()).toBe('PONG');
  });
});
