import { type AskedOf, type Asking, addAsking, askingIn } from '../asking.ts';

/** How many people of one kind there are: those who are in the same of the groups that are told apart. */
export interface Kind {
  groups: string[];
  people: number;
  /** Of those without a method of their own: whom applications ask already. */
  due: number;
  /** Without one, and from when they are asked, epoch milliseconds; the earliest of each. */
  dates: Record<string, number>;
  /** Without one, and never asked. */
  never: number;
  /** How many have a factor. */
  factors: Record<string, number>;
  /** Of those whom a calendar's date concerns, by application. */
  moves: Record<string, Moving>;
  /** Of those whom a campaign is about, by its name. */
  campaigns: Record<string, Omit<Moving, 'at'>>;
  /** What still lets them in by what ends; nights before it was counted have none. */
  asks?: AskedOf;
}

export interface Moving {
  people: number;
  through: number;
  /** The earliest date, epoch milliseconds. */
  at: number;
}

/** Who had what in one night. Nobody is named: numbers alone. */
export interface Snapshot {
  /** Epoch milliseconds. */
  at: number;
  kinds: Kind[];
  /** People of more kinds than are told apart: they are in nobody's numbers. */
  untold: number;
}

/** What agents read of it: the kinds in their scope, together. */
export type Tally = Omit<Kind, 'groups' | 'asks'> & {
  at: number;
  without: number;
  /** Of one night alone is it asked for: of all that are drawn, it would be counted in vain. */
  asks(): Asking[];
};

export const emptyKind = (groups: string[]): Kind => ({
  ...{ groups, people: 0, due: 0, dates: {}, never: 0, factors: {}, moves: {}, campaigns: {}, asks: {} },
});

export function add(to: Record<string, number>, key: string, count = 1): void {
  to[key] = (to[key] ?? 0) + count;
}

export function addMoving(to: Record<string, Moving>, key: string, { people, through, at }: Moving): void {
  const known = to[key];
  to[key] = {
    people: (known?.people ?? 0) + people,
    through: (known?.through ?? 0) + through,
    at: Math.min(known?.at ?? at, at),
  };
}

/** The kinds of those in scope, and in the group if one is asked for. */
export function tallyOf(
  { at, kinds }: Snapshot,
  inScope: (groups: readonly string[]) => boolean,
  group: string | undefined,
): Tally {
  const all = emptyKind([]);
  const theirs = kinds.filter(({ groups }) => inScope(groups) && (group === undefined || groups.includes(group)));
  for (const kind of theirs) {
    all.people += kind.people;
    all.due += kind.due;
    all.never += kind.never;
    for (const [date, count] of Object.entries(kind.dates)) add(all.dates, date, count);
    for (const [factor, count] of Object.entries(kind.factors)) add(all.factors, factor, count);
    for (const [application, moving] of Object.entries(kind.moves)) addMoving(all.moves, application, moving);
    for (const [name, { people, through }] of Object.entries(kind.campaigns)) {
      const known = all.campaigns[name] ?? { people: 0, through: 0 };
      all.campaigns[name] = { people: known.people + people, through: known.through + through };
    }
  }
  const { groups: _, asks: __, ...rest } = all;
  const asks = () => {
    const asked: AskedOf = {};
    for (const one of theirs.flatMap((kind) => askingIn(kind.asks ?? {}))) addAsking(asked, one);
    return askingIn(asked);
  };
  const dated = Object.values(rest.dates).reduce((sum, count) => sum + count, 0);
  return { ...rest, asks, at, without: rest.due + dated + rest.never };
}
