import { expect, it } from 'vitest';
import { createMemo } from './memo.ts';

it('makes each thing once, and anew after it was full', () => {
  const made: string[] = [];
  const memo = createMemo<string, string>(2);
  const ask = (key: string) =>
    memo(key, (it) => {
      made.push(it);
      return it.toUpperCase();
    });
  expect(['a', 'b', 'a', 'b'].map(ask)).toEqual(['A', 'B', 'A', 'B']);
  expect(made).toEqual(['a', 'b']);
  expect(['c', 'a', 'c'].map(ask)).toEqual(['C', 'A', 'C']);
  expect(made).toEqual(['a', 'b', 'c', 'a']);
});

it('keeps what is false as well', () => {
  let asked = 0;
  const memo = createMemo<string, boolean>(1);
  for (let at = 0; at < 3; at += 1)
    memo('a', () => {
      asked += 1;
      return false;
    });
  expect(asked).toBe(1);
});
