import type { EphemeralStore } from '../../src/core/store.ts';

/** A store at whose writes something else can happen first. */
export interface Interrupted {
  /** What the gateway is given in the place of its store. */
  over(store: EphemeralStore): EphemeralStore;
  /**
   * Does this before the next write at a key that begins so, which then goes on as if nothing had been; answers
   * whether it came to that.
   */
  before(prefix: string, act: () => Promise<void>): () => boolean;
}

const WRITES: ReadonlySet<PropertyKey> = new Set(['set', 'add', 'swap', 'addMember']);

export function interrupted(): Interrupted {
  let armed: { prefix: string; act: () => Promise<void> } | undefined;
  return {
    over: (store) =>
      new Proxy(store, {
        get(target, name) {
          const value = Reflect.get(target, name, target) as unknown;
          if (typeof value !== 'function') return value;
          return async (...given: unknown[]) => {
            const due = armed;
            if (due && WRITES.has(name) && String(given[0]).startsWith(due.prefix)) {
              armed = undefined;
              await due.act();
            }
            return Reflect.apply(value, target, given) as unknown;
          };
        },
      }),
    before(prefix, act) {
      const mine = { prefix, act };
      armed = mine;
      return () => {
        const came = armed !== mine;
        if (!came) armed = undefined;
        return came;
      };
    },
  };
}
