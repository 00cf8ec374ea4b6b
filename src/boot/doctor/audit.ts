import { SIGNED, verifyPart } from '../../audit/chain.ts';
import type { Finding } from '../../core/finding.ts';
import type { AuditEntry, DurableStore } from '../../core/store.ts';
import type { AuditKey } from '../audit-key.ts';
import { fault, good } from './told.ts';

/** Entries that are looked at, of all chains together and of each at least. */
const MOST = 10_000;
const LEAST = 100;
/** Signatures that are looked through for the last one of each chain: each has one an hour. */
const SIGNATURES = 500;
const DAY = 86_400_000;

/**
 * The end of each chain, and what signed it last, in a bounded time: whoever alters what happened lately is found, and
 * all that lies before is for `sallyport audit verify`.
 */
export async function chains(
  durable: Pick<DurableStore, 'audit'>,
  heads: readonly AuditEntry[],
  publicKeyOf: AuditKey['verifyKey'],
  now: number,
): Promise<Finding[]> {
  const each = Math.max(LEAST, Math.floor(MOST / Math.max(1, heads.length)));
  const signed = await durable.audit.ofEvent(SIGNED, { from: now - 31 * DAY, until: now + DAY, limit: SIGNATURES });
  const parts = heads.flatMap(({ node, sequence }) => {
    const end = { node, after: Math.max(0, sequence - each), most: each };
    const last = signed.find((entry) => entry.node === node);
    return last && last.sequence <= end.after ? [{ node, after: last.sequence - 1, most: 1 }, end] : [end];
  });
  const all = await Promise.all(
    parts.map(async (part) => ({ ...part, ...(await verifyPart(durable, part.node, publicKeyOf, part)) })),
  );
  const broken = all.flatMap(({ node, broken: at }): Finding[] =>
    at === undefined
      ? []
      : [
          fault(
            `the audit chain of ${node} is broken at entry ${at.sequence}: ${at.why}`,
            'Keep a copy of the database, run sallyport audit verify, and see who could write to it.',
          ),
        ],
  );
  if (broken.length > 0) return broken;
  const entries = all.reduce((sum, part) => sum + part.entries, 0);
  return entries === 0 ? [] : [good(`the last ${entries} entries are whole, and signed as they should be`)];
}
