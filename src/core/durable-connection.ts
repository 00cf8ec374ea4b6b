/** Asks a statement that reads little, by values in their order; answers its rows. */
export type Asked = <Row>(text: string, values: readonly unknown[]) => Promise<Row[]>;

export interface DurableConnection {
  /** A Kysely dialect (`kysely`'s `Dialect`). */
  dialect: unknown;
  /** A shorter way for what reads little and is often asked; absent where there is none. */
  ask?: Asked;
  /** Another one, where a statement may take as long as it needs; absent where `dialect` itself lets it. */
  patient?: unknown;
  /** Shows that it takes writes, where reading doesn't show it. Throws ERR_STORE_UNAVAILABLE. */
  probe?(): Promise<void>;
  /** How many connections other processes of this program have to it, where that can be told. */
  others?(): Promise<number>;
  /** False: the tables aren't brought up to date when the store is opened. */
  migrates?: boolean;
  close(): Promise<void>;
}
