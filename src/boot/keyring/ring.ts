import type { LogPort } from '../../core/door.ts';
import {
  KEY_ALGORITHMS,
  type KeyAlgorithm,
  type Keyring,
  type KeyringOptions,
  type SigningKey,
} from '../../core/keyring.ts';
import type { Sealer } from '../../core/seal.ts';
import type { StoredKey } from '../../core/store.ts';
import { openKey } from './key.ts';
import { nextMoment, type Standing, standingOf } from './standing.ts';

/** The keyring of one purpose, over the keys that were last read from the store. */
export interface Ring extends Keyring {
  readonly purpose: string;
  readonly options: KeyringOptions;
  /** Takes over what the store holds now; throws if a key doesn't open, and then all stays as it was. */
  take(stored: readonly StoredKey[]): void;
  standings(): Standing[];
  /** When it answers otherwise by itself, epoch milliseconds. */
  changesAt(): number;
}

interface RingDeps {
  now(): number;
  sealer: Sealer;
  log: LogPort;
}

/** What it answers from `from` until `until`. */
interface View {
  from: number;
  until: number;
  active: ReadonlyMap<KeyAlgorithm, SigningKey>;
  published: readonly SigningKey[];
}

const isAlgorithm = (text: string): text is KeyAlgorithm => KEY_ALGORITHMS.some((known) => known === text);

/** Answers by the clock at every call, so that a timer that fires late can't hold a change up. */
export function createRing(purpose: string, options: KeyringOptions, { now, sealer, log }: RingDeps): Ring {
  const listeners: (() => void)[] = [];
  let stored: readonly StoredKey[] = [];
  let opened = new Map<string, SigningKey>();
  let view: View = { from: 0, until: Number.NEGATIVE_INFINITY, active: new Map(), published: [] };

  const ours = (key: StoredKey): boolean => options.algorithms.some((algorithm) => algorithm === key.algorithm);

  function viewAt(keys: readonly StoredKey[], parsed: ReadonlyMap<string, SigningKey>, at: number): View {
    const standings = standingOf(keys, options.keeps, at);
    const those = (...states: Standing['state'][]) =>
      standings.filter(({ state }) => states.includes(state)).flatMap(({ key }) => parsed.get(nameOf(key)) ?? []);
    const signing = options.algorithms.flatMap((algorithm) =>
      those('signing').filter((key) => key.algorithm === algorithm),
    );
    return {
      from: at,
      until: nextMoment(standings),
      active: new Map(signing.map((key) => [key.algorithm, key])),
      published: [...signing, ...those('next', 'kept')],
    };
  }

  /** The same arrays as before where nothing changed: who compares them sees at once. */
  function show(next: View): void {
    const same =
      next.published.length === view.published.length &&
      next.published.every((key, at) => key === view.published[at]) &&
      next.active.size === view.active.size;
    view = same ? { ...next, active: view.active, published: view.published } : next;
    if (!same) for (const listener of listeners) tell(listener);
  }

  function tell(listener: () => void): void {
    try {
      listener();
    } catch (err) {
      log.error({ err, purpose }, 'a change of signing keys was not taken over');
    }
  }

  function current(): View {
    const at = now();
    if (at < view.from || at >= view.until) show(viewAt(stored, opened, at));
    return view;
  }

  return {
    purpose,
    options,
    take(all) {
      const keys = all.filter(ours);
      const parsed = new Map<string, SigningKey>();
      const at = now();
      for (const { key, state } of standingOf(keys, options.keeps, at)) {
        if (state === 'retired' || !isAlgorithm(key.algorithm)) continue;
        parsed.set(nameOf(key), opened.get(nameOf(key)) ?? openKey(key, key.algorithm, sealer));
      }
      const next = viewAt(keys, parsed, at);
      stored = keys;
      opened = parsed;
      show(next);
    },
    standings: () => standingOf(stored, options.keeps, now()),
    changesAt: () => current().until,
    active(algorithm) {
      const key = current().active.get(algorithm);
      if (key === undefined) throw new Error(`the keyring of ${purpose} has no key for ${algorithm}`);
      return key;
    },
    published: () => current().published,
    onChange(listener) {
      listeners.push(listener);
    },
  };
}

/** A key whose time was moved is another object: its holder sees it. */
const nameOf = ({ id, activeFrom }: StoredKey): string => `${id} ${activeFrom}`;
