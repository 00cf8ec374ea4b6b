import type { Entry, SearchOptions } from 'ldapts';
import { SallyportError } from '../../core/errors.ts';
import type { Connection } from './connection.ts';
import { AwayError, causeOf, isSilence, RESULT, resultOf } from './errors.ts';
import { createGate } from './gate.ts';
import type { Servers } from './servers.ts';
import type { Settings } from './settings.ts';

/** A connection that nobody used for so long is closed, milliseconds. */
const IDLE = 60_000;
/** A service account that was refused isn't tried again for so long: the directory would lock it, milliseconds. */
const REST = 60_000;
/** Whoever waits for a connection beyond this number is told to come back. */
const WAITING = 500;

type Waits = Pick<Settings, 'connectWithin' | 'answerWithin'>;
type Bounds = Waits & Pick<Settings, 'connections'>;

/** How long somebody waits for their turn: as long as one who has it waits for an answer. Milliseconds. */
export const patienceOf = ({ connectWithin, answerWithin }: Waits): number => connectWithin + answerWithin;

interface Account {
  dn: string;
  password: string;
}

/**
 * Connections of the service account, each for one search at a time: the library ends a whole connection when one of
 * its answers is late.
 */
export function createPool(
  servers: Servers,
  service: Account,
  { connections: most, ...waits }: Bounds,
  now: () => number,
) {
  const idle: { connection: Connection; timer: NodeJS.Timeout }[] = [];
  const full = 'too many questions to the directory at once';
  const pass = createGate({ most, waiting: WAITING, patience: patienceOf(waits), full });
  let closed = false;
  let refusedUntil = 0;

  async function connect(): Promise<Connection> {
    if (now() < refusedUntil) throw new AwayError('the directory doesn’t take the service account');
    const connection = await servers.open();
    try {
      await connection.bind(service.dn, service.password);
      return connection;
    } catch (error) {
      await connection.close();
      // Asking the others as well would lock the account, where its password is another one by now.
      if (resultOf(error) === RESULT.invalidCredentials) refusedUntil = now() + REST;
      else if (isSilence(error) && servers.tires(connection.url)) return connect();
      throw new AwayError('the directory doesn’t take the service account', error);
    }
  }

  /** One that stands, and whether it has been used before. */
  async function take(): Promise<{ connection: Connection; used: boolean }> {
    for (let found = idle.pop(); found; found = idle.pop()) {
      clearTimeout(found.timer);
      if (found.connection.usable) return { connection: found.connection, used: true };
      await found.connection.close();
    }
    return { connection: await connect(), used: false };
  }

  async function put(connection: Connection): Promise<void> {
    if (closed || !connection.usable) return connection.close();
    const timer = setTimeout(() => {
      idle.splice(
        idle.findIndex((it) => it.connection === connection),
        1,
      );
      void connection.close();
    }, IDLE).unref();
    idle.push({ connection, timer });
  }

  /** Once more on a new connection where an old one had ended: asking changes nothing. */
  async function attempt<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    for (;;) {
      const { connection, used } = await take();
      try {
        const result = await work(connection);
        await put(connection);
        return result;
      } catch (error) {
        if (!isSilence(error)) {
          await put(connection);
          throw error;
        }
        await connection.close();
        if (used) continue;
        servers.tires(connection.url);
        throw error;
      }
    }
  }

  return {
    /** @throws AwayError for whatever is no answer of the server's to the question */
    async run<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
      if (closed) throw new AwayError('the directory is closed');
      try {
        return await pass(() => attempt(work));
      } catch (error) {
        const result = resultOf(error);
        if (result === RESULT.noSuchObject || error instanceof AwayError) throw error;
        if (result !== undefined && ANSWERS.has(result)) throw error;
        throw new AwayError(`the directory doesn’t answer (${causeOf(error)})`, error);
      }
    },

    /** Several questions to one server, on a connection of their own. */
    async own<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
      const connection = await connect();
      try {
        return await work(connection);
      } catch (error) {
        throw error instanceof SallyportError ? error : new AwayError('the directory doesn’t answer', error);
      } finally {
        await connection.close();
      }
    },

    /** Everything that a search finds, a page at a time, on a connection of its own. */
    async *pages(base: string, options: SearchOptions): AsyncGenerator<Entry[]> {
      const connection = await connect();
      try {
        for await (const { searchEntries } of connection.client.searchPaginated(base, options)) yield searchEntries;
      } catch (error) {
        throw new AwayError('the directory doesn’t list its people', error);
      } finally {
        await connection.close();
      }
    },

    async close(): Promise<void> {
      closed = true;
      for (const { connection, timer } of idle.splice(0)) {
        clearTimeout(timer);
        await connection.close();
      }
    },
  };
}

/** Results that say something of what was asked, and not of how the server is. */
const ANSWERS: ReadonlySet<number> = new Set([
  RESULT.noSuchAttribute,
  RESULT.constraintViolation,
  RESULT.insufficientAccess,
  RESULT.unwillingToPerform,
]);

export type Pool = ReturnType<typeof createPool>;
