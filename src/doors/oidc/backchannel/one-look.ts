import { taggedKey } from '../../../core/keys.ts';
import { hashOf } from '../adapter.ts';
import type { OidcPorts } from '../ports.ts';
import type { Look } from './adapter.ts';

/**
 * How long one look may take before another may begin, milliseconds: whoever looks may have stopped in the middle. More
 * than a client waits between two questions: the second would deny what the first, of a slow store, is about to give.
 */
const LONGEST = 20_000;

/**
 * One looks at a time, at whichever node; to the others nothing is known yet. What was approved is there once: who looks
 * while another takes it would find nothing, and end what the other is about to have.
 */
export function oneAtATime({ ephemeral }: Pick<OidcPorts, 'ephemeral'>, look: Look): Look {
  return async (id, payload) => {
    const key = taggedKey('oidc:backchannel-looking', hashOf(id));
    if (!(await ephemeral.add(key, '1', LONGEST))) return undefined;
    try {
      return await look(id, payload);
    } finally {
      await ephemeral.delete(key);
    }
  };
}
