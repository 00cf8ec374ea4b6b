import type { AuditEntry, DurableStore } from '../core/store.ts';
import { BEGINNING, type Head, hashOf } from './chain.ts';
import type { Facts } from './facts.ts';

/** The entry that another one follows. */
export type Last = Head & { event?: string };

/** What is to become an entry, once its place in the chain is known. */
export interface Draft {
  id: string;
  at: number;
  /** Undefined where nothing is to be written after all. */
  facts(previous: Last): Facts | undefined;
}

interface Link {
  draft: Draft;
  entry: AuditEntry;
}

/** Rejects while this process may not write the chain; `doubt`: somebody else may have, ask and don't remember. */
export type Held = (doubt: boolean) => Promise<void>;

/** Writes one node's chain: it knows where the chain stands, and finds out where a write's fate is unknown. */
export async function createWriter(durable: Pick<DurableStore, 'audit'>, node: string, held: Held) {
  /** Undefined where the last write's fate is unknown. */
  let head: Last | undefined = (await durable.audit.head(node)) ?? BEGINNING;
  /** Last try that failed: it may have been written all the same, if only the answer got lost. */
  let doubtful: readonly Link[] = [];

  function chain(from: Last, drafts: readonly Draft[]): Link[] {
    let previous = from;
    return drafts.flatMap((draft) => {
      const facts = draft.facts(previous);
      if (facts === undefined) return [];
      const rest = { id: draft.id, node, sequence: previous.sequence + 1, at: draft.at, ...facts };
      const entry: AuditEntry = { ...rest, hash: hashOf(previous.hash, rest) };
      previous = entry;
      return [{ draft, entry }];
    });
  }

  return {
    /** Where the chain stands in the store; `found`: what was in doubt and did get there, not to be written twice. */
    async stand(): Promise<{ last: Last; found: ReadonlySet<Draft> }> {
      await held(head === undefined);
      if (head) return { last: head, found: new Set() };
      const tried = doubtful.at(-1)?.entry;
      const [there] = tried ? await durable.audit.ofNode(node, { after: tried.sequence - 1, limit: 1 }) : [];
      const last = (await durable.audit.head(node)) ?? BEGINNING;
      // One write is all or nothing: if its last entry is there, all of it is.
      const found = new Set(there && there.hash === tried?.hash ? doubtful.map(({ draft }) => draft) : []);
      doubtful = [];
      head = last;
      return { last, found };
    },

    /** Writes behind `last`, all or nothing; where it throws, their fate is unknown until the next `stand`. */
    async append(last: Last, drafts: readonly Draft[]): Promise<void> {
      const links = chain(last, drafts);
      if (links.length > 0) {
        doubtful = links;
        head = undefined;
        await durable.audit.append(links.map(({ entry }) => entry));
      }
      doubtful = [];
      head = links.at(-1)?.entry ?? last;
    },
  };
}

export type Writer = Awaited<ReturnType<typeof createWriter>>;
