import type { LogPort } from '../../core/log.ts';
import { Connection, type Reaching } from './connection.ts';
import { AwayError, causeOf } from './errors.ts';

/** How long a server that couldn't be reached isn't asked first, milliseconds. */
const REST = 30_000;

interface Wires {
  now(): number;
  log: LogPort;
}

/** The servers of one directory: the first that can be reached is asked, one that couldn't be last. */
export function createServers(urls: readonly string[], reaching: Reaching, { now, log }: Wires) {
  const resting = new Map<string, number>();

  const isResting = (url: string): boolean => (resting.get(url) ?? 0) > now();

  return {
    /** One that can be reached and answers nothing isn't asked first for a while; false where there is no other one. */
    tires(url: string): boolean {
      if (urls.length < 2) return false;
      if (!isResting(url)) log.warn({ server: url }, 'a directory’s server can be reached, and doesn’t answer');
      resting.set(url, now() + REST);
      return urls.some((it) => !isResting(it));
    },

    /** @throws AwayError where none can be reached */
    async open(): Promise<Connection> {
      const order = [...urls.filter((url) => !isResting(url)), ...urls.filter(isResting)];
      let last: unknown;
      for (const url of order) {
        try {
          const connection = await Connection.open(url, reaching);
          if (resting.delete(url)) log.info({ server: url }, 'a directory’s server can be reached again');
          return connection;
        } catch (error) {
          if (!isResting(url))
            log.warn({ server: url, error: causeOf(error) }, 'a directory’s server can’t be reached');
          resting.set(url, now() + REST);
          last = error;
        }
      }
      throw new AwayError('no server of the directory can be reached', last);
    },
  };
}

export type Servers = ReturnType<typeof createServers>;
