import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openDurable } from '../../test/support/durable.ts';
import { person } from '../../test/support/people.ts';
import { createHolds } from '../accounts/holds.ts';
import { createValidity } from '../assurance/validity.ts';
import type { Stamped } from '../core/account.ts';
import { createEnding } from './ending.ts';

/** Two nodes over one store, each with its own clock. */
const offset = fc.integer({ min: -600_000, max: 600_000 });
const step = fc.record({
  node: fc.nat(1),
  does: fc.constantFrom('read', 'write', 'end', 'use'),
  /** Whichever of what was read, or written. */
  which: fc.nat(20),
  /** Milliseconds that pass before. */
  after: fc.nat(5_000),
});

it('uses nothing that was ended after it was read, whenever and wherever it is written, and all that was not', async () => {
  const { durable } = await openDurable();
  let accounts = 0;
  await fc.assert(
    fc.asyncProperty(fc.tuple(offset, offset), fc.array(step, { maxLength: 40 }), async (offsets, steps) => {
      accounts += 1;
      const { revokedBefore: _r, generation: _g, countedTo: _c, version: _v, ...about } = person(`a${accounts}`);
      const { id } = await durable.accounts.link({ ...about, directoryKey: about.id });
      let time = 1_000_000;
      const nodes = offsets.map((by) => {
        const now = () => time + by;
        const deps = { durable, now, audit: { commit: async () => {}, note: () => {} } };
        const endEverything = createEnding(
          { ...deps, endSessions: async () => {} },
          { devices: { revoke: async () => 0 } },
        );
        return { now, endEverything, validityNow: createValidity(durable.accounts, createHolds(deps)) };
      });
      type Item = Stamped & { ended: boolean };
      const read: Item[] = [];
      const written: Item[] = [];
      for (const { node: at, does, which, after } of steps) {
        time += after;
        const node = nodes[at] as (typeof nodes)[number];
        const validity = await node.validityNow(id);
        if (does === 'read') read.push({ at: node.now(), generation: validity.mark.generation, ended: false });
        if (does === 'write' && read.length > 0) written.push(read[which % read.length] as Item);
        if (does === 'end') {
          await node.endEverything(id);
          for (const item of read) item.ended = true;
        }
        const used = does === 'use' ? written[which % written.length] : undefined;
        if (used) expect(validity.stands(used)).toBe(!used.ended);
      }
      for (const { validityNow } of nodes) {
        const { stands } = await validityNow(id);
        for (const item of written) expect(stands(item)).toBe(!item.ended);
      }
    }),
    { numRuns: 200 },
  );
});
