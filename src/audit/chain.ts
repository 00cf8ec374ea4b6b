import { createHash, type KeyObject, verify } from 'node:crypto';
import type { AuditEntry, DurableStore } from '../core/store.ts';

/** Entries read at a time. */
const PAGE = 500;

/** Event of the entry that signs the chain up to the entry before it. */
export const SIGNED = 'audit.signed';

/** The last entry of a chain, or what stands for it where there is none yet. */
export type Head = Pick<AuditEntry, 'sequence' | 'hash'>;

export const BEGINNING: Head = { sequence: 0, hash: '' };

/** One text for one JSON value: keys sorted by UTF-16 code units, no spaces (as RFC 8785 section 3.2). */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
  return `{${members.join(',')}}`;
}

/** SHA-256 over the previous entry's hash and this entry, hex. */
export function hashOf(previous: string, entry: Omit<AuditEntry, 'hash'>): string {
  return createHash('sha256').update(previous).update(canonical(entry)).digest('hex');
}

/** What a head's signature is made over. */
export function signedData(node: string, { sequence, hash }: Head): string {
  return `sallyport audit 1\n${node}\n${sequence}\n${hash}`;
}

export type Fault = 'missing' | 'altered' | 'bad signature' | 'unknown key';

export interface Verdict {
  /** Entries that were found good. */
  entries: number;
  /** Sequence of the oldest: above 1 where retention has cut. */
  first?: number;
  /** The first entry that isn't, and why; nothing after it was looked at. */
  broken?: { sequence: number; why: Fault };
  /** Up to which entry the chain is signed; who can write to the database could still have rewritten what follows. */
  signedUpTo?: number;
  /** The last good entry: kept elsewhere, it shows whether the chain was cut at its end. */
  head?: Head & { at: number };
}

type Chains = Pick<DurableStore, 'audit'>;
type PublicKeyOf = (kid: string) => KeyObject | undefined;

/**
 * Reads one node's chain from its oldest entry and checks each hash and each signature. Where retention has cut,
 * the oldest entry must be a signature over the one before it.
 */
export const verifyChain = (durable: Chains, node: string, publicKeyOf: PublicKeyOf): Promise<Verdict> =>
  verifyPart(durable, node, publicKeyOf, { after: 0, most: Number.POSITIVE_INFINITY });

/** The same of `most` entries behind one, which is believed as it stands there. */
export async function verifyPart(
  durable: Chains,
  node: string,
  publicKeyOf: PublicKeyOf,
  { after, most }: { after: number; most: number },
): Promise<Verdict> {
  const verdict: Verdict = { entries: 0 };
  let previous: Head | undefined =
    after > 0 ? (await durable.audit.ofNode(node, { after: after - 1, limit: 1 }))[0] : undefined;
  for (;;) {
    const limit = Math.min(PAGE, most - verdict.entries);
    const page = limit > 0 ? await durable.audit.ofNode(node, { after: previous?.sequence ?? 0, limit }) : [];
    for (const entry of page) {
      const before: Head = previous ?? startOf(entry);
      const why = faultOf(node, before, entry, publicKeyOf);
      if (why)
        return { ...verdict, broken: { sequence: why === 'missing' ? before.sequence + 1 : entry.sequence, why } };
      verdict.entries += 1;
      verdict.first ??= entry.sequence;
      verdict.head = { sequence: entry.sequence, hash: entry.hash, at: entry.at };
      if (entry.event === SIGNED) verdict.signedUpTo = before.sequence;
      previous = entry;
    }
    if (page.length < PAGE) return verdict;
  }
}

function startOf({ event, sequence, detail }: AuditEntry): Head {
  if (sequence === 1 || event !== SIGNED || typeof detail.hash !== 'string') return BEGINNING;
  return { sequence: sequence - 1, hash: detail.hash };
}

function faultOf(node: string, before: Head, entry: AuditEntry, publicKeyOf: PublicKeyOf): Fault | undefined {
  if (entry.sequence !== before.sequence + 1) return 'missing';
  const { hash, ...rest } = entry;
  if (hash !== hashOf(before.hash, rest)) return 'altered';
  return entry.event === SIGNED ? signatureFault(node, before, entry.detail, publicKeyOf) : undefined;
}

function signatureFault(
  node: string,
  before: Head,
  { sequence, hash, kid, signature }: AuditEntry['detail'],
  publicKeyOf: PublicKeyOf,
): Fault | undefined {
  const key = publicKeyOf(String(kid));
  if (key === undefined) return 'unknown key';
  if (sequence !== before.sequence || hash !== before.hash) return 'bad signature';
  const good = verify(null, Buffer.from(signedData(node, before)), key, Buffer.from(String(signature), 'base64url'));
  return good ? undefined : 'bad signature';
}
