/** One at a time for each key, within this process. */
export type InTurn = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/**
 * Whoever comes while another is at work waits for that one, and fails with it: what keeps that one from its end keeps
 * everybody from it, and nobody is to wait for it once more.
 */
export function createTurns(): InTurn {
  const last = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const before = last.get(key);
    const mine = before === undefined ? work() : before.then(work);
    last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (last.get(key) === mine) last.delete(key);
    }
  };
}
