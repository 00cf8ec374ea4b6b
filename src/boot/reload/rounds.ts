import { z } from 'zod';
import type { DataRecord, DurableStore } from '../../core/store.ts';

/** How it was asked for. */
const by = z.enum(['cli', 'signal']);
export type By = z.output<typeof by>;

const round = z.strictObject({
  id: z.string(),
  by,
  /** The node at which it was asked for, and its process. */
  leader: z.string(),
  process: z.string(),
  /** By the database's clock. */
  at: z.number(),
  state: z.enum(['preparing', 'committed', 'refused']),
  /** Of what was committed. */
  digests: z.record(z.string(), z.string()).optional(),
});
/** One reload, of all nodes. */
export type Round = z.output<typeof round>;

const answer = z.strictObject({
  round: z.string(),
  state: z.enum(['prepared', 'refused', 'done']),
  digests: z.record(z.string(), z.string()).optional(),
  lines: z.array(z.string()),
  roll: z.literal(true).optional(),
});
/** What a node says to it. */
export type Answer = z.output<typeof answer>;

export interface Held {
  round: Round;
  record: DataRecord;
}

export interface Rounds {
  /** The last one that there was. */
  last(): Promise<Held | undefined>;
  /** Puts it in the place of the last one, if that is still the same: of any number one gets it. */
  begin(next: Round, before: Held | undefined): Promise<boolean>;
  /** Ends one: of a commit and a refusal at the same moment one holds. */
  decide(held: Held, state: 'committed' | 'refused', digests?: Round['digests']): Promise<boolean>;
  answer(node: string, said: Answer): Promise<void>;
  answerOf(node: string): Promise<Answer | undefined>;
}

const ROUND = 'round';
const idOf = (node: string) => `node:${node}`;

/** Kept in the durable store, so that whoever missed the word finds it, and a decision is one compare-and-set. */
export function createRounds(durable: Pick<DurableStore, 'records'>): Rounds {
  const records = durable.records('reloads');

  async function put(id: string, data: string): Promise<void> {
    for (;;) {
      const present = await records.get(id);
      const done = present ? await records.update(id, present.version, data) : await records.insert({ id, data });
      if (done) return;
    }
  }

  return {
    async last() {
      const record = await records.get(ROUND);
      return record && { record, round: round.parse(JSON.parse(record.data)) };
    },
    begin(next, before) {
      const data = JSON.stringify(next);
      return before ? records.update(ROUND, before.record.version, data) : records.insert({ id: ROUND, data });
    },
    decide: ({ round: present, record }, state, digests) =>
      records.update(ROUND, record.version, JSON.stringify({ ...present, state, ...(digests && { digests }) })),
    answer: (node, said) => put(idOf(node), JSON.stringify(said)),
    async answerOf(node) {
      const record = await records.get(idOf(node));
      return record && answer.parse(JSON.parse(record.data));
    },
  };
}
