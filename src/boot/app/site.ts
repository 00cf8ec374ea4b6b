import type { RequestListener } from 'node:http';
import type { CommandResult } from '../../core/directory.ts';
import type { LogPort } from '../../core/door.ts';
import type { Arrival, Work } from '../../core/listening.ts';
import type { CommandRequest } from '../commands.ts';
import type { Building } from './building.ts';

/** How long what has begun in a building may go on once another one has taken its place, milliseconds. */
const LINGER = 30_000;

/** Where the building of now stands. */
export interface Site {
  readonly now: Building;
  /** How many stand, those that are being taken down among them. */
  readonly standing: number;
  answer: RequestListener;
  /** What is to be done for it is done where `held` doesn't throw. */
  arrive(door: string, arrival: Arrival, held: () => Promise<void>): Work | undefined;
  run(request: CommandRequest): Promise<CommandResult>;
  /** Whatever begins from here on begins in this one; the one before is closed when all that has begun there is over. */
  replace(next: Building): void;
  close(): Promise<void>;
}

/** A building, and what is under way in it. */
interface Occupied {
  building: Building;
  under: number;
  /** Called when nothing is any more. */
  empty(): void;
}

const occupied = (building: Building): Occupied => ({ building, under: 0, empty: () => {} });

/** Opens the first one. */
export function createSite(first: Building, log: LogPort): Site {
  let now = occupied(first);
  const closing = new Set<Promise<void>>();
  first.open();

  function begin(): { building: Building; end(): void } {
    const at = now;
    at.under += 1;
    return {
      building: at.building,
      end() {
        at.under -= 1;
        if (at.under === 0) at.empty();
      },
    };
  }

  async function takeDown(old: Occupied): Promise<void> {
    if (old.under > 0) {
      const left = Promise.withResolvers<void>();
      old.empty = left.resolve;
      const over = setTimeout(left.resolve, LINGER).unref();
      await left.promise;
      clearTimeout(over);
    }
    await old.building
      .close()
      .catch((err: unknown) => log.error({ err }, 'what was in use before could not be closed'));
  }

  return {
    get now() {
      return now.building;
    },
    get standing() {
      return 1 + closing.size;
    },
    answer(req, res) {
      const { building, end } = begin();
      res.once('close', end);
      building.web(req, res);
    },
    arrive(door, arrival, held) {
      const work = now.building.arrive(door, arrival);
      if (work === undefined) return undefined;
      const { end } = begin();
      return () => held().then(work).finally(end);
    },
    async run(request) {
      const { building, end } = begin();
      try {
        return await building.host.run(request);
      } finally {
        end();
      }
    },
    replace(next) {
      const old = now;
      now = occupied(next);
      next.open();
      old.building.leave();
      const closed = takeDown(old).finally(() => closing.delete(closed));
      closing.add(closed);
    },
    async close() {
      now.building.leave();
      await Promise.all(closing);
      await now.building.close();
    },
  };
}
