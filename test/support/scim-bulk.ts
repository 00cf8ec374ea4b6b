import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';
import { GROUP, type scimClient, USER } from './scim.ts';

const OPERATIONS = 1000;

/**
 * Provisions many people by Bulk, a group of the first of them, and reads all of them by pages. What the heap rose by
 * at most from the first thousand on, bytes.
 */
export async function provisionMany(client: ReturnType<typeof scimClient>, many: number): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  // What is held, without what only waits to be collected.
  const held = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const ids: string[] = [];
  let [first, most] = [0, 0];
  for (let from = 0; from < many; from += OPERATIONS) {
    const Operations = Array.from({ length: OPERATIONS }, (_, at) => {
      const name = `bulk${String(from + at).padStart(6, '0')}`;
      const data = { schemas: [USER], userName: `${name}@uni.example`, externalId: name, displayName: name };
      return { method: 'POST', path: '/Users', bulkId: name, data };
    });
    const { status, body } = await client.post('/Bulk', { Operations });
    const done = body.Operations as { status: string; location: string }[];
    expect([status, done.length]).toEqual([200, OPERATIONS]);
    expect(done.filter((one) => one.status !== '201')).toEqual([]);
    ids.push(...done.map(({ location }) => location.split('/').at(-1) ?? ''));
    const now = held();
    if (from === 0) first = now;
    most = Math.max(most, now - first);
  }
  const members = ids.slice(0, OPERATIONS).map((value) => ({ value }));
  const group = await client.post('/Groups?excludedAttributes=members', {
    schemas: [GROUP],
    displayName: 'cs',
    members,
  });
  expect(group.status).toBe(201);
  const seen = new Set<string>();
  for (let startIndex = 1; startIndex <= many; startIndex += 200) {
    const { body } = await client.get(`/Users?startIndex=${startIndex}&count=200&sortBy=userName&attributes=userName`);
    expect(body.totalResults).toBe(many);
    for (const { id } of body.Resources as { id: string }[]) seen.add(id);
    most = Math.max(most, held() - first);
  }
  expect([...seen].sort()).toEqual(ids.sort());
  const { body } = await client.get(`/Groups/${group.body.id}`);
  expect(body.members).toHaveLength(OPERATIONS);
  return most;
}
