import { contentOf, type PictureContent } from './content.ts';

/** A picture of others', as it is served here. */
export interface Picture {
  body: Buffer;
  type: PictureContent['type'];
}

export interface FetcherNeeds {
  /** Reaches public addresses, and what the operator allows. */
  fetch(url: string, init: { signal: AbortSignal; headers: Record<string, string> }): Promise<Response>;
  now(): number;
  log: { info(fields: object, message: string): void };
}

export const MOST_BYTES = 100_000;
const PATIENCE = 5_000;
/** How long what was found is good for, and what wasn't. */
const KEPT = 86_400_000;
const GIVEN_UP = 600_000;
/** All that is kept; and how many are fetched, or wait for that, at once. */
const MOST_KEPT = 16_000_000;
const AT_ONCE = 8;
const WAITING = 100;
/** What an entry takes beside its picture. */
const ENTRY = 2_000;

interface Entry {
  picture: Picture | undefined;
  until: number;
}

/**
 * The one way to a picture that somebody else serves: raster by its content, at most 100 kB, fetched once for many who
 * ask at the same time, kept in this process for a day, and not asked for again for ten minutes where it wasn't had.
 */
export function createFetcher({ fetch, now, log }: FetcherNeeds) {
  const kept = new Map<string, Entry>();
  const underWay = new Map<string, Promise<Picture | undefined>>();
  const turns: (() => void)[] = [];
  let size = 0;
  let busy = 0;

  const weightOf = ({ picture }: Entry) => ENTRY + (picture?.body.length ?? 0);

  function drop(url: string): void {
    const entry = kept.get(url);
    if (entry === undefined) return;
    kept.delete(url);
    size -= weightOf(entry);
  }

  function keep(url: string, picture: Picture | undefined): void {
    drop(url);
    const entry = { picture, until: now() + (picture === undefined ? GIVEN_UP : KEPT) };
    kept.set(url, entry);
    size += weightOf(entry);
    for (const [oldest] of kept) {
      if (size <= MOST_KEPT) return;
      drop(oldest);
    }
  }

  /** The next that waits has this turn. */
  function done(): void {
    const next = turns.shift();
    if (next === undefined) busy -= 1;
    else next();
  }

  async function fetched(url: string): Promise<Picture | undefined> {
    if (busy < AT_ONCE) busy += 1;
    else if (turns.length >= WAITING) return undefined;
    else await new Promise<void>((resolve) => turns.push(resolve));
    try {
      const picture = await read(
        await fetch(url, { signal: AbortSignal.timeout(PATIENCE), headers: { accept: 'image/*' } }),
      );
      keep(url, picture);
      return picture;
    } catch (error) {
      log.info({ host: new URL(url).host, reason: (error as Error).message }, 'a picture was not had');
      keep(url, undefined);
      return undefined;
    } finally {
      done();
    }
  }

  return {
    /** Undefined where there is none to be had. */
    async get(url: string): Promise<Picture | undefined> {
      const found = kept.get(url);
      if (found !== undefined && found.until > now()) return found.picture;
      const running = underWay.get(url) ?? fetched(url).finally(() => underWay.delete(url));
      underWay.set(url, running);
      return running;
    },
    /** Octets that are kept. */
    size: () => size,
  };
}

/** Throws where it is none. */
async function read(answer: Response): Promise<Picture> {
  if (!answer.ok || answer.body === null) {
    await answer.body?.cancel();
    throw new Error(`answered ${answer.status}`);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer.body) {
    length += chunk.length;
    // Leaving the loop closes the connection.
    if (length > MOST_BYTES) throw new Error(`has more than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  const content = contentOf(body);
  if (content === undefined) throw new Error('is no raster picture, or too large a one');
  return { body, type: content.type };
}
