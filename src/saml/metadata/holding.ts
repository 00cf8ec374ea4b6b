import type { Entity, ServiceProvider } from '../model.ts';
import type { Compiled } from './compile.ts';
import { Snapshot } from './snapshot.ts';

/** Parsed entities kept at hand, each some ten kilobytes. */
const MOST = 300;

/** A document in use, and its entities on demand. */
export class Holding<E extends Entity = ServiceProvider> {
  readonly digest: string;
  readonly count: number;
  readonly validUntil: number | undefined;
  readonly publishedAt: number | undefined;
  readonly #snapshot: Snapshot<E>;
  readonly #recent = new Map<string, E>();
  readonly #now: () => number;
  #soleId: string | undefined;

  constructor(from: Pick<Compiled, 'bytes' | 'count' | 'digest' | 'validUntil' | 'publishedAt'>, now: () => number) {
    this.digest = from.digest;
    this.count = from.count;
    this.validUntil = from.validUntil;
    this.publishedAt = from.publishedAt;
    this.#snapshot = new Snapshot<E>(from.bytes, from.count);
    this.#now = now;
  }

  find(entityId: string): E | undefined {
    return this.#current(this.#recent.get(entityId) ?? this.#snapshot.find(entityId));
  }

  /** All that are in force, parsed one at a time and not kept at hand. */
  *entities(): Generator<E> {
    for (let row = 0; row < this.count; row++) {
      const found = this.#snapshot.at(row);
      if (found && !(found.validUntil !== undefined && found.validUntil <= this.#now())) yield found;
    }
  }

  /** Whether it describes an entity, also when that has expired. */
  has(entityId: string): boolean {
    return this.#snapshot.find(entityId) !== undefined;
  }

  /** When what it says of an entity ended; undefined where it is in force, or nothing is said. */
  endedAt(entityId: string): number | undefined {
    const until = this.#snapshot.find(entityId)?.validUntil;
    return until !== undefined && until <= this.#now() ? until : undefined;
  }

  /** Of the only one there is, also when it has expired. */
  soleId(): string | undefined {
    if (this.count === 1) this.#soleId ??= this.#snapshot.at(0)?.entityId;
    return this.#soleId;
  }

  /** Metadata past its time is no metadata (saml-metadata section 2.3.1), also where nothing newer can be had. */
  #current(found: E | undefined): E | undefined {
    if (found === undefined) return undefined;
    this.#recent.delete(found.entityId);
    if (found.validUntil !== undefined && found.validUntil <= this.#now()) return undefined;
    this.#recent.set(found.entityId, found);
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > MOST && oldest !== undefined) this.#recent.delete(oldest);
    return found;
  }
}
