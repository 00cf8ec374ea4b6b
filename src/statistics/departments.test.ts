import { describe, expect, it } from 'vitest';
import { departmentsBy } from './departments.ts';

describe('departments', () => {
  const rows: [string, string | undefined, Parameters<ReturnType<typeof departmentsBy>>[0], string[]][] = [
    ['what the directory says', undefined, { groups: ['dept-a'], profile: { department: ' Surgery ' } }, ['Surgery']],
    ['nothing where it says none', undefined, { groups: ['dept-a'] }, []],
    ['a blank is none', undefined, { profile: { department: '  ' } }, []],
    ['groups of the prefix', 'dept-', { groups: ['staff', 'dept-a', 'dept-b', 'dept-a'] }, ['a', 'b']],
    ['no attribute beside a prefix', 'dept-', { groups: ['staff'], profile: { department: 'Surgery' } }, []],
    ['no name beside the prefix is no department', 'dept-', { groups: ['dept-', 'dept- '] }, []],
    ['groups that nobody says', 'dept-', {}, []],
  ];
  it.each(rows)('%s', (_, prefix, person, expected) => {
    expect(departmentsBy(prefix)(person)).toEqual(expected);
  });
});
