import { expect, it } from 'vitest';
import { slotOf } from './slots.ts';

/** From the Redis cluster specification, and by `CLUSTER KEYSLOT` of a server. */
it.each([
  ['123456789', 0x31c3],
  ['', 0],
  ['{user1000}.following', 3443],
  ['{user1000}.followers', 3443],
  ['foo{}{bar}', 8363],
  ['foo{{bar}}zap', 4015],
  ['foo{bar}{zap}', 5061],
  ['bar', 5061],
])('finds the slot of %s', (key, slot) => {
  expect(slotOf(key)).toBe(slot);
});
