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

/** What RFC 8176 has for methods. `mfa` isn't among them: it is for us to say, of what counts in the end. */
const METHODS: ReadonlySet<string> = new Set(
  'face fpt hwk iris kba otp pin pop pwd retina sc sms swk tel user vbm wia'.split(' '),
);

const believedWhen = (when: BeliefRow['when'], values: Said['values']): boolean =>
  Object.entries(when).every(([name, wanted]) => wanted.every((value) => values[name]?.includes(value)));

/**
 * What a table makes of what was said: all lines that hold, together. What no line names adds nothing; where none holds
 * it is somebody's word for who it is, and counts as one proof of knowledge. Pure.
 */
export function believed(table: readonly BeliefRow[], { values }: Pick<Said, 'values'>): Belief {
  const holding = table.filter(({ when }) => believedWhen(when, values));
  const kinds = [...new Set(holding.flatMap((row) => row.kinds))];
  if (kinds.length === 0) return { kinds: ['knowledge'], amr: [], phishingResistant: false, attested: false };
  const phishingResistant = holding.some((row) => row.phishingResistant === true);
  return {
    kinds,
    amr: [...new Set(holding.flatMap(({ when }) => when.amr ?? []))].filter((value) => METHODS.has(value)),
    phishingResistant,
    attested: phishingResistant && holding.some((row) => row.attested === true),
  };
}

/** Why that counts: which lines held, counted from 1, and what was said that none of them names. */
export interface Grounds {
  lines: number[];
  unmapped: string[];
}

/** For operators. Pure. */
export function groundsOf(table: readonly BeliefRow[], { values }: Pick<Said, 'values'>): Grounds {
  const holds = ({ when }: BeliefRow) => believedWhen(when, values);
  const lines = table.flatMap((row, at) => (holds(row) ? [at + 1] : []));
  const named = table.filter(holds).flatMap(({ when }) => Object.entries(when).flatMap(pairsOf));
  return {
    lines,
    unmapped: Object.entries(values)
      .flatMap(pairsOf)
      .filter((pair) => !named.includes(pair)),
  };
}

const pairsOf = ([name, values]: readonly [string, readonly string[]]) => values.map((value) => `${name}=${value}`);

/** The most that a table could make of anything. */
export function mostBelieved(table: readonly BeliefRow[]): Belief {
  const values: Record<string, string[]> = {};
  for (const [name, wanted] of table.flatMap(({ when }) => Object.entries(when))) {
    values[name] = [...(values[name] ?? []), ...wanted];
  }
  return { ...believed(table, { values }), amr: [] };
}
