import { randomUUID } from 'node:crypto';
import type { Account } from '../../core/account.ts';
import type { Directory, Person } from '../../core/directory.ts';
import { SallyportError } from '../../core/errors.ts';
import { endAtOnce } from './at-once.ts';
import type { Watched } from './look.ts';
import { adviceOf, end, LASTS, lookOnce, type Pace, type WatchNeeds } from './round.ts';
import { type Kept, OvertakenError, read, type WatchState, write } from './state.ts';

export type { Pace, WatchNeeds } from './round.ts';

/** Why whoever leaves a directory isn't out, or may not be soon. */
export interface WatchTrouble {
  directory: string;
  /** `asks`: far fewer people than before, and nobody's account is ended. `away`: it can't be asked. */
  state: 'asks' | 'away';
  reason: string;
  since: number;
  /** Where it asks: how many of how many people would be out. */
  leaving?: number;
  known?: number;
}

export interface Watch {
  /** Ends what somebody has whom their directory, where it is watched or another house's, has just been found to refuse. */
  refused(account: Account, person: Person): Promise<void>;
  /** Looks at one directory now; false where another node does. Throws what keeps it from being asked. */
  look(directory: string): Promise<boolean>;
  states(): Promise<{ directory: string; state: WatchState }[]>;
  troubles(): Promise<WatchTrouble[]>;
  /** Far fewer people than before are right; answers how many. @throws SallyportError ERR_INPUT where nothing asks */
  confirm(directory: string): Promise<number>;
  start(): void;
  /** Begins no other look. */
  stop(): void;
  /** Ends once what is under way has. */
  close(): Promise<void>;
}

/** Watches directories for those who may not sign in any more; of any number of nodes one looks at each. */
export function createWatch(
  needs: WatchNeeds,
  directories: ReadonlyMap<string, Directory>,
  paceOf: (directory: string) => Pace,
): Watch {
  const { now, durable, log } = needs;
  const store = durable.state('watch');
  const holder = randomUUID();
  const watched = [...directories].flatMap(([id, directory]): Watched[] =>
    directory.changes ? [{ id, directory, changes: directory.changes }] : [],
  );
  const of = (id: string): Watched => {
    const found = watched.find((it) => it.id === id);
    if (found === undefined) throw new SallyportError('ERR_INPUT', `there is no directory ${id} that is watched`);
    return found;
  };

  async function claim(id: string, since: number): Promise<Kept | undefined> {
    const kept = await read(store, id);
    const { holder: other, lookedAt = 0 } = kept.state;
    if ((other && other.until > now()) || lookedAt > since) return undefined;
    return write(store, id, kept, { ...kept.state, holder: { id: holder, until: now() + LASTS } });
  }

  /** `since`: a look that was begun later, by whichever node, does as well. */
  async function lookAt(it: Watched, since: number): Promise<boolean> {
    try {
      const claimed = await claim(it.id, since);
      if (claimed === undefined) return false;
      try {
        await lookOnce(needs, store, it, { pace: paceOf(it.id), claimed, holder });
        if (claimed.state.failing) log.info({ directory: it.id }, 'a directory can be watched again');
        return true;
      } catch (error) {
        if (!(error instanceof OvertakenError)) await failed(it.id, error);
        throw error;
      } finally {
        await change(it.id, ({ holder: own, ...state }) => (own?.id === holder ? state : undefined));
      }
    } catch (error) {
      if (error instanceof OvertakenError) return false;
      throw error;
    }
  }

  /** Told once, by whichever node. */
  async function failed(id: string, error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    const first = await change(id, (state) =>
      state.failing ? undefined : { ...state, failing: { at: now(), reason } },
    );
    if (first) log.warn({ directory: id, err: error }, 'a directory can’t be watched: nobody is gone because of that');
  }

  /** False where there is nothing to change. */
  async function change(id: string, to: (state: WatchState) => WatchState | undefined): Promise<boolean> {
    for (;;) {
      const kept = await read(store, id);
      const next = to(kept.state);
      if (next === undefined) return false;
      try {
        await write(store, id, kept, next);
        return true;
      } catch (error) {
        if (!(error instanceof OvertakenError)) throw error;
      }
    }
  }

  const states: Watch['states'] = () =>
    Promise.all(watched.map(async ({ id }) => ({ directory: id, state: (await read(store, id)).state })));

  const timers: NodeJS.Timeout[] = [];
  const running = new Map<string, Promise<unknown>>();

  const stop = () => {
    for (const timer of timers.splice(0)) clearInterval(timer);
  };

  return {
    states,
    async refused({ id: account, directory }, { key, status, statusReason: reason }) {
      const leaver = { account, key, status, reason };
      // Another house was asked about this very person, who comes back by it.
      if (directories.get(directory)?.redirects) await end(needs, directory, leaver);
      if (!watched.some(({ id }) => id === directory)) return;
      await endAtOnce(needs, store, directory, { pace: paceOf(directory), leaver });
    },
    look: (id) => lookAt(of(id), Number.POSITIVE_INFINITY),
    async troubles() {
      return (await states()).flatMap(({ directory, state: { asking, failing } }): WatchTrouble[] => [
        ...(asking
          ? [
              {
                directory,
                state: 'asks' as const,
                since: asking.at,
                reason: `${askedOf(asking)}: ${adviceOf(directory)}`,
                ...{ leaving: asking.leaving, known: asking.known },
              },
            ]
          : []),
        ...(failing ? [{ directory, state: 'away' as const, since: failing.at, reason: failing.reason }] : []),
      ]);
    },
    async confirm(id) {
      let leaving = 0;
      await change(of(id).id, ({ asking, holder: _, ...state }) => {
        if (asking === undefined) throw new SallyportError('ERR_INPUT', `${id} asks nothing`);
        leaving = asking.leaving;
        return { ...state, asking, confirmed: { at: now(), leaving } };
      });
      await needs.audit.commit({ event: 'directory.confirmed', directory: id, leaving, by: 'cli' });
      return leaving;
    },
    start() {
      for (const it of watched) {
        const { every } = paceOf(it.id);
        const tick = () => {
          if (running.has(it.id)) return;
          const round = lookAt(it, now() - every / 2)
            .catch((err: unknown) => log.debug({ directory: it.id, err }, 'a look at a directory failed'))
            .finally(() => running.delete(it.id));
          running.set(it.id, round);
        };
        timers.push(setInterval(tick, every).unref());
      }
    },
    stop,
    async close() {
      stop();
      await Promise.all(running.values());
    },
  };
}

const askedOf = ({ leaving, known }: { leaving: number; known: number }): string =>
  `${leaving} of ${known} people would be out`;
