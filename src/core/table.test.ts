import { describe, expect, it } from 'vitest';
import { readTable } from './table.ts';

const COLUMNS = { username: ['upn'], serialNumber: ['serial no'], passwordHash: [] } as const;

describe('readTable', () => {
  it.each(['Username;Serial Number', 'UPN,serial_number', 'sep=\t\nuserName\tSERIAL-NO', '"upn", Ｓerial　Number'])(
    'reads the header %j',
    (header) => {
      const separator = /[;\t]/.exec(header)?.[0] ?? ',';
      const { rows, header: faults } = readTable(`${header}\n ann ${separator}1`, COLUMNS, ['username']);
      expect(faults).toEqual([]);
      expect(rows).toMatchObject([{ cells: { username: ' ann ', serialNumber: '1' } }]);
    },
  );

  it('says all that is wrong with a header, and reads no row then', () => {
    const { rows, header } = readTable('\nUPN,username,role\na,b,c', COLUMNS, ['username', 'passwordHash']);
    expect(rows).toEqual([]);
    expect(header).toEqual([
      { line: 2, message: 'unknown column "role"; known are username, serialNumber, passwordHash' },
      { line: 2, message: 'the column username is there twice' },
      { line: 2, message: 'the column passwordHash is missing' },
    ]);
  });

  it('keeps rows that can be read, and reports the others with their lines', () => {
    const { rows, faults } = readTable('upn,serialno\na,1\nb\n"c,2\nd,3', COLUMNS);
    expect(rows.map(({ line }) => line)).toEqual([2, 5]);
    expect(faults.map(({ line }) => line)).toEqual([3, 4]);
  });
});
