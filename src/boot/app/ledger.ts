import { createAudit, type ListenedAudit, listened } from '../../audit/index.ts';
import { boundUnproven } from '../../lockout/index.ts';
import { type Counter, createCounter } from '../../statistics/index.ts';
import type { AuditTarget } from '../audit-commands.ts';
import { auditKey } from '../audit-key.ts';
import type { Config } from '../config.ts';
import { createHealth, type Health } from '../health/index.ts';
import { createKeyrings, type Keyrings } from '../keyring.ts';
import { createManagement, type Management } from '../management.ts';
import { type Membership, type Node, openNode } from '../nodes/index.ts';
import type { Ground } from './ground.ts';
import { knownIn } from './known.ts';

/** What is written down and counted, and whatever stands on no more than that. */
export interface Ledger {
  audit: ListenedAudit;
  auditOf: AuditTarget;
  management: Management;
  health: Health;
  keyrings: Keyrings;
  counter: Counter;
  node: Node;
  /** This process is a command's, which does nothing by itself. */
  command: boolean;
  /** Rejects with ERR_STORE_UNAVAILABLE where this process may not be the node any more that it was started as. */
  held(): Promise<void>;
  /** Throws while a store is away, or this process isn't that node. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

export async function openLedger(config: Config, ground: Ground, membership: Membership): Promise<Ledger> {
  const { world, log, durable, ephemeral, sealer } = ground;
  const signer = await auditKey(durable, sealer, world.now);
  const written = { durable, now: world.now, log, sign: signer };
  const node = await openNode(config, { ...written, measure: async () => ground.clock?.measure() }, membership);
  const chain = await createAudit({ ...written, node: node.name, held: node.held });
  const audit = listened(boundUnproven(chain, world.now));
  const ready = async () => {
    await ground.ready();
    node.check();
  };
  const health = createHealth(
    { durable: () => durable.ping(), ephemeral: () => ephemeral.ping(), node: node.check },
    { name: node.name, now: world.now },
  );
  ground.metrics.watch({ audit: chain.waiting });
  const management = createManagement(health, ground.metrics);
  audit.listen(ground.metrics.count);
  const counter = createCounter({ ...world, durable, log, known: knownIn(config) });
  audit.listen(counter.hear);
  const keyrings = createKeyrings({ ...world, durable, ephemeral, sealer, log, audit });
  const auditOf = { durable, node: node.name, publicKeyOf: signer.verifyKey, refresh: signer.refresh };
  return {
    ...{
      audit,
      auditOf,
      health,
      management,
      keyrings,
      counter,
      node,
      command: membership.command === true,
      held: () => node.held(false),
      ready,
    },
    async close() {
      await keyrings.close();
      await chain.close();
      await counter.close();
      // Last: whoever takes the name then goes on behind the signature.
      await node.close();
    },
  };
}
