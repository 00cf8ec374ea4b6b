import { type FieldDef, Query, types } from 'pg';

/** What a planned statement answers, which stays the same as long as its plan does. */
interface Columns {
  names: readonly string[];
  parsers: readonly ((text: string) => unknown)[];
}

/** By the name of each statement that one connection has planned. */
export type KnownColumns = Map<string, Columns>;

/** What `pg` calls, which its published types lack. */
interface Wire {
  bind(config: { statement: string; values: readonly unknown[]; valueMapper?: unknown }): void;
  execute(config: object): void;
  sync(): void;
}

type Base = new (
  config: object,
  callback: (error: Error | undefined, answer: unknown) => void,
) => { prepare(connection: Wire): void };
const Base = Query as unknown as Base; // as above

const INT8 = 20;

/** 8-byte integers as numbers: times and sequences are below 2^53. */
export const getTypeParser: typeof types.getTypeParser = ((id: number, format: 'text') =>
  id === INT8 ? Number : types.getTypeParser(id, format)) as typeof types.getTypeParser;

/**
 * A planned statement whose answer isn't described anew each time it is asked: what its columns are is known from the
 * first time on this connection. Where a table changes, the plan ends with it, and the connection is left.
 */
export class ShortQuery extends Base {
  readonly #name: string;
  readonly #values: readonly unknown[];
  readonly #known: KnownColumns;
  readonly #done: { rows: Record<string, unknown>[]; failed?: unknown };

  constructor(
    { name, text, values }: { name: string; text: string; values: readonly unknown[] },
    known: KnownColumns,
    done: (error: unknown, rows: Record<string, unknown>[]) => void,
  ) {
    const answer: { rows: Record<string, unknown>[]; failed?: unknown } = { rows: [] };
    super({ name, text, values }, (error) => done(error ?? answer.failed, answer.rows));
    this.#name = name;
    this.#values = values;
    this.#known = known;
    this.#done = answer;
  }

  override prepare(connection: Wire): void {
    // Values are text and numbers; where nothing is known yet it is parsed and described.
    if (!this.#known.has(this.#name)) {
      super.prepare(connection);
      return;
    }
    connection.bind({
      statement: this.#name,
      values: this.#values.map((value) => (value === null ? null : String(value))),
    });
    connection.execute({});
    connection.sync();
  }

  handleRowDescription({ fields }: { fields: readonly FieldDef[] }): void {
    const parsers = fields.map(({ dataTypeID }) => getTypeParser(dataTypeID, 'text'));
    this.#known.set(this.#name, { names: fields.map(({ name }) => name), parsers });
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    const { names, parsers } = this.#known.get(this.#name) as Columns;
    const row: Record<string, unknown> = {};
    try {
      // By place: an iterator would make an object for each column of each row.
      for (let at = 0; at < names.length; at += 1) {
        const text = fields[at];
        row[names[at] ?? ''] = typeof text === 'string' ? parsers[at]?.(text) : null;
      }
    } catch (error) {
      this.#done.failed = error;
    }
    this.#done.rows.push(row);
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    (this as unknown as { callback(error: unknown, answer?: unknown): void }).callback(undefined); // as above
  }
}
