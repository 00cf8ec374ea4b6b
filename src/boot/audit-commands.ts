import type { KeyObject } from 'node:crypto';
import { type Verdict, verifyChain } from '../audit/chain.ts';
import type { CommandInput, CommandResult } from '../core/directory.ts';
import type { DurableStore } from '../core/store.ts';

/** What the commands about the audit work on. */
export interface AuditTarget {
  durable: Pick<DurableStore, 'audit'>;
  /** This node. */
  node: string;
  publicKeyOf(kid: string): KeyObject | undefined;
  /** Learns of keys that other nodes have made since. */
  refresh?(): Promise<void>;
}

/** Checks the chain that is named, or all of them, for altered and missing entries. */
export async function verify(
  { durable, node, publicKeyOf, refresh }: AuditTarget,
  { options }: CommandInput,
): Promise<CommandResult> {
  const nodes = await durable.audit.nodes();
  // A chain that is gone as a whole, and a name that nobody has, must not pass for one that is whole.
  if (typeof options.node === 'string' && !nodes.includes(options.node)) {
    const others = nodes.length > 0 ? `; there are chains of ${nodes.join(', ')}` : '';
    return { lines: [`${options.node}: no entries${others}`], exitCode: 1 };
  }
  const chosen = typeof options.node === 'string' ? [options.node] : nodes;
  if (chosen.length === 0) chosen.push(node);
  await refresh?.();
  const results: CommandResult[] = [];
  for (const one of chosen) results.push(told(one, await verifyChain(durable, one, publicKeyOf), chosen.length > 1));
  return {
    lines: results.flatMap(({ lines }) => lines),
    exitCode: Math.max(...results.map(({ exitCode }) => exitCode)),
  };
}

function told(
  node: string,
  { entries, first, broken, signedUpTo, head }: Verdict,
  amongOthers: boolean,
): CommandResult {
  const lines: string[] = [];
  if (head === undefined && broken === undefined) lines.push(`${node}: no entries`);
  if (head) lines.push(`${node}: entries ${first} to ${head.sequence} are whole (${entries})`);
  if (signedUpTo !== undefined) lines.push(`signed up to entry ${signedUpTo}`);
  else if (head) lines.push('nothing is signed yet');
  // To be kept elsewhere: only so does it show whether somebody cut the chain at its end.
  if (head) lines.push(`last: ${head.sequence} ${head.hash} ${new Date(head.at).toISOString()}`);
  if (broken) lines.push(`${amongOthers ? `${node}: ` : ''}BROKEN at entry ${broken.sequence}: ${broken.why}`);
  return { lines, exitCode: broken ? 1 : 0 };
}
