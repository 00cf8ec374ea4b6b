import { createQueue } from '../core/queue.ts';
import type { SlowHash } from '../reset/index.ts';
import { hashing } from './hashing/index.ts';

/** OWASP's setting for argon2id. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 };
/** At once, and waiting: signing in comes first, which has a queue of its own. */
const [AT_ONCE, LONGEST, PATIENCE] = [1, 60, 5_000];

/** No text is known to give this hash, and a match would count for nothing. */
const DECOY = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** argon2id of what people know, one at a time. Both throw OverloadedError where too much waits. */
export function createSlowHash(): SlowHash {
  const queue = createQueue(AT_ONCE, LONGEST, { patience: PATIENCE });
  return {
    hash: (text) => queue.run(() => hashing.hash(text, COST)),
    async matches(made, text) {
      const same = await queue.run(() => hashing.verify(made ?? DECOY, text));
      return same && made !== undefined;
    },
  };
}
