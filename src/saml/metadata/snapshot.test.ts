import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { openDurable } from '../../../test/support/durable.ts';
import { serviceProvider } from '../testing/parties.ts';
import { type Copy, createCopies } from './copies.ts';
import { schedule } from './schedule.ts';
import { Snapshot, SnapshotBuilder } from './snapshot.ts';
import { metadataPorts, NOW } from './testing/ports.ts';

it('finds every service provider that was put in, and no other', () => {
  const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }), { maxLength: 40 });
  fc.assert(
    fc.property(ids, fc.string({ minLength: 1 }), fc.string(), (entityIds, other, description) => {
      const builder = new SnapshotBuilder();
      const providers = entityIds.map((entityId) => serviceProvider([], { entityId, description }));
      for (const provider of providers) builder.add(provider);
      const snapshot = new Snapshot(builder.bytes(), builder.count);
      for (const provider of providers) expect(snapshot.find(provider.entityId)).toEqual(provider);
      if (!entityIds.includes(other)) expect(snapshot.find(other)).toBeUndefined();
      const all = entityIds.map((_, row) => snapshot.at(row)?.entityId);
      expect(all.toSorted()).toEqual(entityIds.toSorted());
      expect(snapshot.at(entityIds.length)).toBeUndefined();
    }),
    { numRuns: 100 },
  );
});

function copyOf(digest: string, fetchedAt: number): Copy {
  return { digest, count: 1, fetchedAt, checkedAt: fetchedAt };
}

it('keeps a copy in pieces, the one in use whole until the next one is', async () => {
  const { durable } = await openDurable();
  const { ports } = metadataPorts(durable);
  const copies = createCopies(ports, 'fed', 'origin');
  const [large, small] = [randomBytes(300_000), randomBytes(10)];
  const digestOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  await copies.write(copyOf(digestOf(large), NOW), large);
  expect((await copies.read())?.bytes).toEqual(large);
  // A process that is killed while it writes the next one.
  const records = durable.records('saml-metadata');
  await records.insert({ id: 'fed:b:00000', data: randomBytes(99).toString('base64') });
  expect((await copies.read())?.bytes).toEqual(large);
  await copies.write(copyOf(digestOf(small), NOW + 1), small);
  expect((await copies.read())?.bytes).toEqual(small);
  expect((await records.list({ limit: 100 })).map(({ id }) => id)).toEqual(['fed:b:00000']);
  // An older one of a node that was slow.
  await copies.write(copyOf(digestOf(large), NOW), large);
  expect((await copies.look())?.digest).toBe(digestOf(small));
  await copies.touch(digestOf(small), NOW + 5);
  await copies.touch('another', NOW + 9);
  expect((await copies.look())?.checkedAt).toBe(NOW + 5);
});

it('runs again and again, a little earlier or later than planned, until it is closed', async () => {
  vi.useFakeTimers();
  try {
    const run = vi.fn(async () => {});
    const timer = schedule(
      run,
      () => 1_000,
      () => 0.5,
    );
    await vi.advanceTimersByTimeAsync(999);
    expect(run).toHaveBeenCalledTimes(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(run).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(run).toHaveBeenCalledTimes(4);
    timer.close();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(run).toHaveBeenCalledTimes(4);
  } finally {
    vi.useRealTimers();
  }
});
