import { type AuditDeps, createAudit } from '../../audit/index.ts';
import { SallyportError } from '../../core/errors.ts';
import { type Leases, read } from './leases.ts';

export type Survivor = Pick<AuditDeps, 'durable' | 'now' | 'log' | 'sign'> & { leases: Leases; by: string };

/**
 * Closes the chains of nodes that are gone without having done it: each by one of the nodes that are left. Whoever
 * comes back with such a name waits until it is done.
 */
export async function closeOrphans({ leases, by, ...deps }: Survivor): Promise<void> {
  for (const orphan of await leases.over()) {
    if (!(await leases.seize(orphan))) continue;
    const { id: node } = orphan;
    const { host, pid } = read(orphan);
    try {
      await closeChain(node, { by, host, pid }, { leases, by, ...deps });
      deps.log.warn({ node, host, pid }, 'closed the audit chain of a node that is gone');
    } catch (error) {
      // It is tried again, by whoever sees first that this lease is over too.
      deps.log.error({ node, host, pid, err: error }, 'the audit chain of a node that is gone could not be closed');
    }
  }
}

async function closeChain(node: string, facts: Record<string, unknown>, { leases, ...deps }: Survivor): Promise<void> {
  const held = async () => {
    if (await leases.mine(node)) return;
    throw new SallyportError('ERR_STORE_UNAVAILABLE', `the node ${node} is there again`);
  };
  const audit = await createAudit({ ...deps, node, held });
  try {
    await audit.commit({ event: 'node.closed', ...facts });
    await audit.signHead();
  } finally {
    await audit.close();
  }
  await leases.release(node);
}
