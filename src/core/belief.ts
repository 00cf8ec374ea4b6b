import type { Kind, Proof } from './assurance.ts';
import type { Said } from './said.ts';

/** What is believed of what was said. */
export type Belief = Pick<Proof, 'amr' | 'kinds' | 'phishingResistant' | 'attested'>;

/** One line of a provider's table: where all of these values were said, this counts. */
export interface BeliefRow {
  /** By the provider's name: every value listed must have been said under it. */
  when: Readonly<Record<string, readonly string[]>>;
  kinds: readonly Kind[];
  phishingResistant?: boolean | undefined;
  attested?: boolean | undefined;
}

/**
 * What a table makes of what was said: all lines that hold, together. What no line names adds nothing; where none holds
 * it is somebody's word for who it is, and counts as one proof of knowledge. Pure.
 */
export function believed(table: readonly BeliefRow[], { values }: Pick<Said, 'values'>): Belief {
  const holding = table.filter(({ when }) =>
    Object.entries(when).every(([name, wanted]) => wanted.every((value) => values[name]?.includes(value))),
  );
  const kinds = [...new Set(holding.flatMap((row) => row.kinds))];
  if (kinds.length === 0) return { kinds: ['knowledge'], amr: [], phishingResistant: false, attested: false };
  const phishingResistant = holding.some((row) => row.phishingResistant === true);
  return {
    kinds,
    // `mfa` is for us to say, of what counts in the end.
    amr: [...new Set(holding.flatMap(({ when }) => when.amr ?? []))].filter((value) => value !== 'mfa'),
    phishingResistant,
    attested: phishingResistant && holding.some((row) => row.attested === true),
  };
}

/** The most that a table could make of anything. */
export function mostBelieved(table: readonly BeliefRow[]): Belief {
  const values: Record<string, string[]> = {};
  for (const [name, wanted] of table.flatMap(({ when }) => Object.entries(when))) {
    values[name] = [...(values[name] ?? []), ...wanted];
  }
  return { ...believed(table, { values }), amr: [] };
}
