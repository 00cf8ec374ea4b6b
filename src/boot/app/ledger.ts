import { createAudit, type ListenedAudit, listened } from '../../audit/index.ts';
import type { Strangers } from '../../core/strangers.ts';
import { boundUnproven, createStrangers } from '../../lockout/index.ts';
import type { AuditTarget } from '../audit-commands.ts';
import { auditKey } from '../audit-key.ts';
import type { Config } from '../config.ts';
import { createKeyrings, type Keyrings } from '../keyring.ts';
import { createManagement, type Management } from '../management.ts';
import type { Ground } from './ground.ts';

/** Name of this process's audit chain: with SQLite there is one. */
const NODE = 'main';

/** What is written down and counted, and whatever stands on no more than that. */
export interface Ledger {
  audit: ListenedAudit;
  auditOf: AuditTarget;
  management: Management;
  strangers: Strangers;
  keyrings: Keyrings;
  close(): Promise<void>;
}

export async function openLedger(config: Config, ground: Ground): Promise<Ledger> {
  const { world, log, durable, ephemeral, sealer, ready } = ground;
  const signer = await auditKey(durable, sealer, world.now);
  const chain = await createAudit({ durable, node: NODE, now: world.now, log, sign: signer });
  const audit = listened(boundUnproven(chain, world.now));
  const management = createManagement(ready);
  audit.listen(management.count);
  const strangers = createStrangers({
    ...{ now: world.now, ephemeral, audit, log, strangers: budgetsOf(config), count: management.countStrangers },
  });
  const keyrings = createKeyrings({ ...world, durable, sealer, log, audit });
  const auditOf = { durable, node: NODE, publicKeyOf: signer.verifyKey };
  return {
    ...{ audit, auditOf, management, strangers, keyrings },
    async close() {
      await keyrings.close();
      await chain.close();
    },
  };
}

function budgetsOf({ strangers, networks }: Config) {
  const own = networks.flatMap(({ name, strangers: budget }) =>
    budget === undefined ? [] : [[name, budget] as const],
  );
  return { ...strangers, networks: new Map(own) };
}
