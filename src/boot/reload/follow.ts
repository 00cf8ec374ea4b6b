import { isDeepStrictEqual } from 'node:util';
import type { AuditPort, LogPort } from '../../core/door.ts';
import { digestsOf } from './digest.ts';
import { reloaded } from './events.ts';
import { type PrepareDeps, prepare, type Ready } from './prepare.ts';
import type { Held, Round, Rounds } from './rounds.ts';

/** How long a round may take, milliseconds: whoever leads one longer isn't there any more. */
export const MOST = 60_000;

export interface FollowDeps extends PrepareDeps {
  /** This node. */
  name: string;
  rounds: Rounds;
  audit: Pick<AuditPort, 'commit'>;
  log: LogPort;
  /** The database's clock. */
  now(): Promise<number>;
  present(): Promise<readonly string[]>;
  /** Puts it in the place of what is in use. Can't fail. */
  replace(ready: Ready): void;
  /** Of what is in use. */
  digests(): Ready['digests'];
}

/** This node's part in every round, whoever leads it. */
export interface Follower {
  /** Does what the round of now asks of this node, once; to be called whenever there may be something. */
  look(): Promise<void>;
  close(): Promise<void>;
}

export function createFollower(deps: FollowDeps): Follower {
  const { name, rounds, log } = deps;
  /** What stands ready, and for which round; undefined where it was refused. */
  let held: { round: string; ready: Ready | undefined } | undefined;
  /** Rounds that were over when this process began, or are over for it. */
  let over: string | undefined;
  let first = true;
  let running: Promise<void> | undefined;
  let again = false;
  let closed = false;

  async function drop(): Promise<void> {
    const { ready } = held ?? {};
    held = undefined;
    await ready?.building.close().catch((err: unknown) => log.error({ err }, 'what stood ready could not be closed'));
  }

  async function takeUp({ round }: Held): Promise<void> {
    await drop();
    const ready = await prepare(deps);
    const isReady = 'building' in ready;
    held = { round: round.id, ready: isReady ? ready : undefined };
    await rounds.answer(name, {
      round: round.id,
      ...(isReady
        ? { state: 'prepared', digests: ready.digests, lines: ready.changes.map(({ text }) => text) }
        : { state: 'refused', lines: [...ready.reasons], ...(ready.roll && { roll: true }) }),
    });
  }

  async function change(round: Round, ready: Ready): Promise<void> {
    const lines = ready.changes.map(({ text }) => text);
    await deps.audit.commit(reloaded({ by: round.by, askedAt: round.leader, changes: lines }));
    held = undefined;
    deps.replace(ready);
    over = round.id;
    log.info({ changes: lines, by: round.by }, 'the configuration was reloaded');
    await rounds.answer(name, { round: round.id, state: 'done', lines: [] });
  }

  /** Others have changed over while this one couldn't be asked. */
  async function catchUp(round: Round): Promise<void> {
    const ready = await prepare(deps);
    if ('building' in ready && isDeepStrictEqual(ready.digests, round.digests)) {
      held = { round: round.id, ready };
      return change(round, ready);
    }
    over = round.id;
    if ('building' in ready) await ready.building.close();
    const reasons = 'building' in ready ? ['its configuration is another than that of the others'] : ready.reasons;
    log.error({ reasons }, 'this node missed a reload, and runs another configuration than the others');
  }

  /** Its leader is gone, or so late that it counts as gone. */
  async function abandoned({ leader, at }: Round): Promise<boolean> {
    return (await deps.now()) - at > MOST || !(await deps.present()).includes(leader);
  }

  /** What was there when this process began was read by it, unless the file has changed since. */
  async function isUpToDate(): Promise<boolean> {
    try {
      return isDeepStrictEqual(digestsOf(await deps.read(), deps.keys), deps.digests());
    } catch {
      return true;
    }
  }

  async function once(): Promise<void> {
    const found = await rounds.last();
    if (found === undefined) return;
    const { round } = found;
    const mine = held?.round === round.id;
    if (first && round.state !== 'preparing' && (await isUpToDate())) over = round.id;
    first = false;
    if (!mine) await drop();
    if (round.id === over) return;
    if (round.state === 'preparing') {
      if (await abandoned(round)) await rounds.decide(found, 'refused');
      else if (!mine) await takeUp(found);
      return;
    }
    if (round.state === 'committed') {
      if (mine && held?.ready) await change(round, held.ready);
      else await catchUp(round);
      return;
    }
    over = round.id;
    await drop();
  }

  return {
    look() {
      again = true;
      running ??= (async () => {
        while (again && !closed) {
          again = false;
          await once();
        }
      })().finally(() => {
        running = undefined;
      });
      return running;
    },
    async close() {
      closed = true;
      await running?.catch(() => {});
      await drop();
    },
  };
}
