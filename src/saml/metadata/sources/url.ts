import type { Entity } from '../../model.ts';
import { LARGEST } from '../compile.ts';
import { type Copies, type Copy, createCopies, originOf } from '../copies.ts';
import { ask, type Fetched, withFile } from '../download.ts';
import { MetadataFault } from '../fault.ts';
import { Holding } from '../holding.ts';
import { load } from '../load.ts';
import { refuseEndless, refuseOlder } from '../order.ts';
import type { Admit, MetadataPorts, Source } from '../ports.ts';
import { fraction, type Schedule, schedule } from '../schedule.ts';
import type { MetadataSource } from '../settings.ts';
import { createStatus } from '../status.ts';

/** How long a start waits for metadata that it has no copy of. */
const START_PATIENCE = 10_000;
const SHORTEST = 5 * 60_000;
const RETRY = 60_000;

export type UrlSettings = Extract<MetadataSource, { url: string }>;

/** Metadata at an address: fetched on a schedule, its signature checked; the last good copy is kept in the durable store. */
export function createUrlSource<E extends Entity>(
  owner: string,
  settings: UrlSettings,
  ports: MetadataPorts,
  admit: Admit,
): Source<E> {
  return new UrlSource<E>(owner, settings, ports, admit);
}

class UrlSource<E extends Entity> implements Source<E> {
  readonly #settings: UrlSettings;
  readonly #ports: MetadataPorts;
  readonly #admit: Admit;
  readonly #copies: Copies;
  readonly #status: ReturnType<typeof createStatus>;
  readonly #stop = new AbortController();
  #holding: Holding<E> | undefined;
  #copy: Copy | undefined;
  #failures = 0;
  #schedule: Schedule | undefined;
  #refreshing: Promise<void> | undefined;

  constructor(owner: string, settings: UrlSettings, ports: MetadataPorts, admit: Admit) {
    this.#settings = settings;
    this.#ports = ports;
    this.#admit = admit;
    this.#copies = createCopies(ports, owner, originOf(settings));
    this.#status = createStatus({ owner, kind: 'url', location: settings.url }, ports);
  }

  async start(): Promise<void> {
    await this.#adopted();
    const random = () => fraction(this.#ports.random);
    this.#schedule = schedule(
      () => this.#turn(),
      () => this.#wait(),
      random,
    );
    if (this.#holding === undefined) await patient(this.refresh(), START_PATIENCE);
  }

  async find(entityId: string) {
    return this.#holding?.find(entityId);
  }

  held(entityId: string) {
    return this.#holding?.find(entityId);
  }

  whole() {
    return this.#holding;
  }

  endedAt(entityId: string) {
    return this.#holding?.endedAt(entityId);
  }

  /** One at a time. */
  refresh({ anew = false } = {}): Promise<void> {
    this.#refreshing ??= this.#refresh(anew).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  health() {
    const { count, validUntil } = this.#holding ?? {};
    const loadedAt = this.#copy?.fetchedAt;
    return this.#status.health({
      ...(loadedAt !== undefined && { loadedAt }),
      ...(count !== undefined && { providers: count }),
      ...(validUntil !== undefined && { validUntil }),
    });
  }

  async close(): Promise<void> {
    this.#schedule?.close();
    this.#stop.abort();
    await this.#refreshing;
  }

  /** A scheduled turn: another node may have asked meanwhile. */
  async #turn(): Promise<void> {
    await this.#adopted();
    if (this.#wait() > 0 && this.#failures === 0) return;
    await this.refresh();
  }

  /** Milliseconds until the next turn is due. */
  #wait(): number {
    if (this.#failures > 0) return Math.min(RETRY * 2 ** Math.min(this.#failures - 1, 10), this.#settings.refresh);
    const { cacheDuration = Number.POSITIVE_INFINITY, checkedAt = 0, validUntil } = this.#copy ?? {};
    // Early enough for a second try before it expires.
    const valid = validUntil === undefined ? Number.POSITIVE_INFINITY : (validUntil - checkedAt) / 2;
    const interval = Math.max(SHORTEST, Math.min(this.#settings.refresh, cacheDuration, valid));
    return Math.max(0, checkedAt + interval - this.#ports.now());
  }

  async #adopted(): Promise<void> {
    try {
      await this.#adopt();
    } catch (error) {
      this.#status.failed(error);
    }
  }

  /** Takes over what the durable store holds, where it is newer than what is held here. */
  async #adopt(): Promise<void> {
    const there = await this.#copies.look();
    if (there === undefined || there.fetchedAt < (this.#copy?.fetchedAt ?? 0)) return;
    if (there.digest === this.#holding?.digest) {
      this.#copy = there;
      return;
    }
    const read = await this.#copies.read();
    if (read === undefined) return;
    refuseEndless(read.copy, this.#settings.maxValidity, this.#ports.now());
    const kept = new Holding<E>({ ...read.copy, bytes: read.bytes }, this.#ports.now);
    await this.#admit(kept);
    this.#copy = read.copy;
    this.#holding = kept;
    this.#status.succeeded();
  }

  async #refresh(anew: boolean): Promise<void> {
    try {
      const known = anew ? {} : this.#known();
      const fetched = await ask(this.#ports.fetch, this.#settings.url, known, this.#stop.signal);
      if (fetched.response.status === 304) await this.#unchanged();
      else await this.#changed(fetched, anew);
      this.#failures = 0;
      this.#status.succeeded();
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#failures++;
      this.#status.failed(error);
    }
  }

  #known() {
    const { etag, lastModified } = this.#copy ?? {};
    return { ...(etag !== undefined && { etag }), ...(lastModified !== undefined && { lastModified }) };
  }

  async #unchanged(): Promise<void> {
    if (this.#copy === undefined) throw new MetadataFault('the server says that nothing has changed since nothing');
    const { validUntil } = this.#copy;
    if (validUntil !== undefined && validUntil <= this.#ports.now()) {
      throw new MetadataFault('nothing newer is offered, and what is there has expired');
    }
    this.#copy = { ...this.#copy, checkedAt: this.#ports.now() };
    await this.#copies.touch(this.#copy.digest, this.#copy.checkedAt);
  }

  async #changed({ response, etag, lastModified }: Fetched, anew: boolean): Promise<void> {
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new MetadataFault(`${this.#settings.url} answered ${response.status}`);
    }
    const now = this.#ports.now();
    const { certificate } = this.#settings;
    const { role } = this.#ports;
    const task = { certificate, now, ...(role && { role }) };
    const compiled = await withFile(response, LARGEST, (file) => load({ file, ...task }, this.#stop.signal));
    refuseEndless(compiled, this.#settings.maxValidity, now);
    if (!anew) refuseOlder(compiled, this.#copy, now);
    const fresh = new Holding<E>(compiled, this.#ports.now);
    await this.#admit(fresh);
    const { digest, count, validUntil, publishedAt, cacheDuration } = compiled;
    const copy: Copy = {
      ...{ digest, count, fetchedAt: now, checkedAt: now },
      ...(validUntil !== undefined && { validUntil }),
      ...(publishedAt !== undefined && { publishedAt }),
      ...(cacheDuration !== undefined && { cacheDuration }),
      ...(etag !== undefined && { etag }),
      ...(lastModified !== undefined && { lastModified }),
    };
    const changed = digest !== this.#holding?.digest;
    if (changed) this.#holding = fresh;
    this.#copy = copy;
    this.#status.loaded(compiled, changed);
    await this.#copies.write(copy, compiled.bytes);
  }
}

/** Waits for something, but not longer than so many milliseconds. */
async function patient(work: Promise<void>, most: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, most);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
