import { stat } from 'node:fs/promises';
import type { Entity } from '../../model.ts';
import type { Compiled } from '../compile.ts';
import { createCopies, originOf } from '../copies.ts';
import { ClaimFault, MetadataFault, reasonOf } from '../fault.ts';
import { Holding } from '../holding.ts';
import { load } from '../load.ts';
import type { Admit, MetadataPorts, Source } from '../ports.ts';
import { fraction, type Schedule, schedule } from '../schedule.ts';
import type { MetadataSource } from '../settings.ts';
import { createStatus } from '../status.ts';

/** How often the file is looked at. */
const INTERVAL = 60_000;

export type FileSettings = Extract<MetadataSource, { file: string }>;

/**
 * Metadata in a file: read again when it has changed. Its writer may be anybody, a toolkit that ends it every other day
 * among them: the last good copy is kept in the durable store, and holds until it ends itself.
 */
export function createFileSource<E extends Entity>(
  owner: string,
  settings: FileSettings,
  ports: MetadataPorts,
  admit: Admit,
): Source<E> {
  const { file, certificate } = settings;
  const { role } = ports;
  const task = { file, ...(certificate !== undefined && { certificate }), ...(role && { role }) };
  const status = createStatus({ owner, kind: 'file', location: file }, ports);
  const copies = createCopies(ports, owner, originOf(settings));
  const stop = new AbortController();
  let timer: Schedule | undefined;
  let holding: Holding<E> | undefined;
  let seen: string | undefined;

  async function read(anew: boolean): Promise<void> {
    const { mtimeMs, size, ino } = await statOf(file);
    const mark = `${mtimeMs} ${size} ${ino}`;
    if (mark === seen && !anew) return;
    // Also where it can't be used: the same file says the same again.
    seen = mark;
    const compiled = await load({ ...task, now: ports.now() }, stop.signal);
    const fresh = new Holding<E>(compiled, ports.now);
    await admit(fresh);
    status.loaded(compiled, holding !== undefined);
    if (fresh.digest !== holding?.digest) await keep(compiled);
    holding = fresh;
    status.succeeded();
  }

  /** A store that is away keeps nobody from signing in: what is lost is the copy for a start without the file. */
  async function keep({ bytes, digest, count, validUntil }: Compiled): Promise<void> {
    const at = ports.now();
    const copy = { digest, count, fetchedAt: at, checkedAt: at, ...(validUntil !== undefined && { validUntil }) };
    await copies.write(copy, bytes).catch((error: unknown) => {
      ports.log.warn({ ...ports.about(owner), reason: reasonOf(error) }, 'no copy of its metadata was kept');
    });
  }

  /** What was good before this process. */
  async function recall(): Promise<void> {
    const kept = await copies.read();
    if (kept === undefined) return;
    const former = new Holding<E>({ ...kept.copy, bytes: kept.bytes }, ports.now);
    await admit(former);
    holding = former;
  }

  function failed(error: unknown): void {
    if (stop.signal.aborted) return;
    // What another claims today it may not claim tomorrow.
    if (error instanceof ClaimFault) seen = undefined;
    status.failed(error);
  }

  let refreshing: Promise<void> | undefined;
  const refresh = ({ anew = false } = {}): Promise<void> => {
    refreshing ??= read(anew)
      .catch(failed)
      .finally(() => {
        refreshing = undefined;
      });
    return refreshing;
  };

  return {
    async start() {
      await refresh();
      if (holding === undefined) await recall().catch(failed);
      timer = schedule(
        refresh,
        () => INTERVAL,
        () => fraction(ports.random),
      );
    },
    find: async (entityId) => holding?.find(entityId),
    held: (entityId) => holding?.find(entityId),
    whole: () => holding,
    endedAt: (entityId) => holding?.endedAt(entityId),
    refresh,
    health: () =>
      status.health({
        ...(holding && { providers: holding.count }),
        ...(holding?.validUntil !== undefined && { validUntil: holding.validUntil }),
      }),
    async close() {
      timer?.close();
      stop.abort();
      await refreshing;
    },
  };
}

async function statOf(file: string) {
  try {
    return await stat(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new MetadataFault(`the file ${file} can't be read: ${code}`, { cause });
  }
}
