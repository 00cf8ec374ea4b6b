import type { Compilable, CompiledQuery } from 'kysely';
import type { Asked } from '../core/durable-connection.ts';
import type { Database } from './schema.ts';

/** What reads are asked over. */
export interface Reads {
  db: Database;
  ask?: Asked | undefined;
}

/** Stands for the value of this place while the query is compiled; no value is compared with it. */
const placeholder = (place: number): string => `\0${place}`;

/**
 * A query that is asked at every sign-in, built and printed once: `build` is given a stand-in for each of the values
 * that a call brings, in their order. `ask`: the connection's shorter way, where it has one.
 */
export function prepared<Row, Value extends string | number = string>(
  { db, ask }: Reads,
  build: (...values: string[]) => Compilable<Row>,
): (...values: Value[]) => Promise<Row[]> {
  let compiled: CompiledQuery<Row> | undefined;
  let places: (number | undefined)[] = [];
  return async (...values) => {
    if (compiled === undefined) {
      const stand = values.map((_, place) => placeholder(place));
      compiled = build(...stand).compile();
      places = compiled.parameters.map((parameter) => {
        const place = stand.indexOf(String(parameter));
        return place === -1 ? undefined : place;
      });
    }
    const parameters = compiled.parameters.map((fixed, at) => {
      const place = places[at];
      return place === undefined ? fixed : values[place];
    });
    if (ask) return ask(compiled.sql, parameters);
    const { rows } = await db.executeQuery<Row>({ ...compiled, parameters });
    return rows;
  };
}
