import { stat } from 'node:fs/promises';
import { MetadataFault } from '../fault.ts';
import { Holding } from '../holding.ts';
import { load } from '../load.ts';
import type { MetadataPorts, Source } from '../ports.ts';
import { fraction, type Schedule, schedule } from '../schedule.ts';
import { createStatus } from '../status.ts';

/** How often the file is looked at. */
const INTERVAL = 60_000;

export interface FileSettings {
  /** Absolute. */
  file: string;
  /** PEM. */
  certificate?: string;
}

/** Metadata in a file of the operator's: read again when it has changed. */
export function createFileSource(application: string, settings: FileSettings, ports: MetadataPorts): Source {
  const status = createStatus({ application, kind: 'file', location: settings.file }, ports);
  const stop = new AbortController();
  let timer: Schedule | undefined;
  let holding: Holding | undefined;
  let seen: string | undefined;
  let revision = 0;

  async function read(): Promise<void> {
    const { mtimeMs, size, ino } = await statOf(settings.file);
    const mark = `${mtimeMs} ${size} ${ino}`;
    if (mark === seen) return;
    // Also where it can't be used: the same file says the same again.
    seen = mark;
    const compiled = await load({ ...settings, now: ports.now() }, stop.signal);
    status.loaded(compiled, holding !== undefined);
    holding = new Holding(compiled, ports.now);
    revision++;
    status.succeeded();
  }

  let refreshing: Promise<void> | undefined;
  const refresh = (): Promise<void> => {
    refreshing ??= read()
      .catch((error: unknown) => {
        if (!stop.signal.aborted) status.failed(error);
      })
      .finally(() => {
        refreshing = undefined;
      });
    return refreshing;
  };

  return {
    async start() {
      await read();
      timer = schedule(
        refresh,
        () => INTERVAL,
        () => fraction(ports.random),
      );
    },
    find: async (entityId) => holding?.find(entityId),
    sole: async () => holding?.sole(),
    soleId: () => holding?.soleId(),
    revision: () => revision,
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
