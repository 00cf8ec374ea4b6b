import { expect, it } from 'vitest';
import { oneByOne } from './one-by-one.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('begins one in each turn, in the order in which they came, and whoever comes alone at once', async () => {
  const begin = oneByOne();
  const begun: number[] = [];
  for (let at = 0; at < 5; at += 1) begin(() => void begun.push(at));
  expect(begun).toEqual([0]);
  for (let at = 1; at < 5; at += 1) {
    await turn();
    expect(begun).toHaveLength(at + 1);
  }
  expect(begun).toEqual([0, 1, 2, 3, 4]);
  await turn();
  begin(() => void begun.push(5));
  expect(begun).toHaveLength(6);
});

it('lets what comes meanwhile have its turn between two of them', async () => {
  const begin = oneByOne();
  const order: string[] = [];
  for (const name of ['first', 'second', 'third']) begin(() => void order.push(name));
  await turn();
  order.push('meanwhile');
  await turn();
  expect(order).toEqual(['first', 'second', 'meanwhile', 'third']);
});

it('keeps no more waiting than may be, and goes on where one throws', async () => {
  const begin = oneByOne(2);
  const begun: number[] = [];
  for (let at = 0; at < 5; at += 1) begin(() => void begun.push(at));
  expect(begun).toEqual([0, 3, 4]);
  await turn();
  await turn();
  expect(begun).toEqual([0, 3, 4, 1, 2]);
  await turn();
  expect(() =>
    begin(() => {
      throw new Error('no');
    }),
  ).toThrow('no');
  begin(() => void begun.push(5));
  await turn();
  expect(begun.at(-1)).toBe(5);
});
