import { setTimeout as pause } from 'node:timers/promises';
import { hashing } from '../../src/boot/hashing/index.ts';

/** Milliseconds. */
const TAKES = 10;

/**
 * Whether a password is that of a hash is worked out once in a process: everybody in tests has the same one, and nothing
 * but the two goes into the answer. Files that look at what hashing takes, or count it, run apart, without this.
 */
if (!('once' in hashing)) {
  const { verify } = hashing;
  const known = new Map<string, boolean>();
  const once: typeof verify = async (phc, password) => {
    const pair = JSON.stringify([phc, password]);
    const answer = known.get(pair) ?? (await verify(phc, password));
    known.set(pair, answer);
    // Nearly as long as another thread would be at it: of a crowd no more come at once than with the hash.
    await pause(TAKES);
    return answer;
  };
  Object.assign(hashing, { verify: once, once: true });
}
