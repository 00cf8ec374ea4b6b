import { describe, expect, it } from 'vitest';
import { desk, heldBy, run } from './testing/desk.ts';
import {
  container,
  derivedKey,
  FIGURE_6,
  FIGURE_7,
  macMethod,
  PRE_SHARED,
  packageOf,
  sealedSecret,
} from './testing/pskc.ts';
import { clocked, hotp, pressed, SECRET } from './testing/tokens.ts';

const HEADER = 'serial,secret,type,digits,step';

describe('tokens import', () => {
  it('keeps tokens sealed and held by nobody, and says what it refused', async () => {
    const scene = desk();
    const lines = [
      HEADER,
      `100,${SECRET},totp,6,60`,
      `"101", ${SECRET.toLowerCase()} ,HOTP,8,`,
      '',
      `100,${SECRET},totp,6,30`,
      `102,${SECRET},totp,7,30`,
      `103,not base32!,hotp,6,`,
      `104,${SECRET}`,
      `105,${SECRET},ocra,6,`,
      `=1+1,${SECRET},hotp,6,`,
      `"106,${SECRET},hotp,6,`,
    ];
    const result = await run(scene, 'tokens import', [], {}, lines.join('\r\n'));
    expect(result).toEqual({
      exitCode: 1,
      lines: [
        'refused line 5 (100): this serial number is there already',
        'refused line 6 (102): not supported: the number of digits (6 or 8)',
        'refused line 7 (103): not supported: the secret (16 to 64 bytes)',
        'refused line 8: 2 fields where the header has 5',
        'refused line 9 (105): not supported: the type (hotp or totp)',
        'refused line 10 (=1+1): no serial number, or one that can’t be typed',
        'refused line 11: a quotation mark is out of place or never closed',
        '2 accepted, 7 refused.',
      ],
    });
    expect(scene.audited).toEqual([{ event: 'tokens.imported', accepted: 2, refused: 7 }]);
    expect(JSON.stringify([...scene.records.rows.values()])).not.toContain(SECRET);
    expect(await run(scene, 'tokens list')).toEqual({
      exitCode: 0,
      lines: [
        'serial\ttype\talgorithm\tdigits\tstep\tvalid until\tholder\tmaker',
        '100\ttotp\tSHA1\t6\t60\t\t\t',
        '101\thotp\tSHA1\t8\t\t\t\t',
      ],
    });
  });

  it('reads hexadecimal, counters and algorithms from CSV', async () => {
    const scene = desk();
    const hex = Buffer.from('12345678901234567890').toString('hex');
    const csv = `maker,counter,serial,secretHex,type,digits,algorithm\n"Acme, Inc. ""A""",7,abc-1,${hex},hotp,6,sha-256`;
    expect(await run(scene, 'tokens import', [], { format: 'csv' }, csv)).toMatchObject({ exitCode: 0 });
    const kept = (await scene.tokens.get('ABC-1'))?.token;
    expect(kept).toEqual({ ...hotp('ABC-1'), next: 7, algorithm: 'SHA256', maker: 'Acme, Inc. "A"' });
  });

  it.each([
    ['secret,type,digits', 'the column serial is missing'],
    ['serial,secret,digits', 'the column type is missing'],
    ['serial,type,digits', 'secret (base32)'],
    ['serial,secret,secretHex,type,digits', 'secret (base32)'],
    ['serial,secret,type,digits,pin', 'unknown column "pin"'],
    ['serial,serial,secret,type,digits', 'twice'],
    ['serial,Serial Number,secret,type', 'the column serial is there twice'],
    ['<KeyContainer', 'XML'],
    ['', 'the file is empty'],
  ])('takes nothing from a file that begins with %j', async (text, why) => {
    const result = await run(desk(), 'tokens import', [], {}, `${text}\n`);
    expect(result).toMatchObject({ exitCode: 1, lines: [expect.stringContaining(why)] });
    expect(result.lines[0]).toMatch(/^Nothing was imported: /);
  });

  it('reads the columns of makers’ files for Entra, and gives the tokens to whom they name', async () => {
    const scene = desk();
    const header = 'upn,Serial Number,Secret Key,Time Interval,Manufacturer,Model';
    const lines = [header, `alice,100,${SECRET},30,Deepnet,SafeID`, `bob,101,${SECRET},60,,`, `,102,${SECRET},30,,`];
    const text = [...lines, `nobody,103,${SECRET},30,,`, `alice,2.60012E+12,${SECRET},30,,`].join('\n');
    expect(await run(scene, 'tokens import', [], {}, text)).toEqual({
      exitCode: 1,
      lines: [
        'refused line 6 (2.60012E+12): a spreadsheet has shortened this serial number: format the column as text there',
        'kept line 5 (103), not given to whom it names: There is no account "nobody".',
        '4 accepted, 1 refused, 2 assigned, 0 unchanged.',
      ],
    });
    expect((await scene.tokens.get('100'))?.token).toMatchObject({
      ...{ type: 'totp', digits: 6, period: 30, algorithm: 'SHA1', maker: 'Deepnet SafeID' },
      holder: { account: 'id-alice' },
    });
    expect(heldBy(scene, scene.bob)).toMatchObject([{ data: { serial: '101' } }]);
    expect((await scene.tokens.get('102'))?.token).not.toHaveProperty('holder');
    expect(scene.audited).toContainEqual({ event: 'tokens.imported', accepted: 4, refused: 1, assigned: 2 });

    // Again, once the person is known: nothing is reset, nobody gets one twice, another secret isn't taken for it.
    const again = [
      lines[0],
      lines[1],
      `bob,103,${SECRET},30,,`,
      `bob,100,${SECRET},30,,`,
      `bob,101,${'B'.repeat(32)},60,,`,
    ];
    expect(await run(scene, 'tokens import', [], {}, again.join('\n'))).toEqual({
      exitCode: 1,
      lines: [
        'refused line 5 (101): this serial number is there already',
        "kept line 4 (100), not given to whom it names: 100 is alice's: unassign it first.",
        '0 accepted, 1 refused, 1 assigned, 1 unchanged.',
      ],
    });
    expect(heldBy(scene, scene.bob)).toHaveLength(2);
  });

  it('opens encrypted files with the key or the passphrase given', async () => {
    const six = container(
      packageOf({ data: sealedSecret(FIGURE_6.value, FIGURE_6.valueMac) }),
      `${PRE_SHARED}${macMethod(FIGURE_6.mac)}`,
    );
    const seven = container(
      packageOf({ serial: '7', data: sealedSecret(FIGURE_7.value, FIGURE_7.valueMac) }),
      `${derivedKey()}${macMethod(FIGURE_7.mac)}`,
    );
    const scene = desk();
    expect(await run(scene, 'tokens import', [], {}, six)).toMatchObject({ exitCode: 1 });
    expect(await run(scene, 'tokens import', [], { keyFile: `${FIGURE_6.key}\n` }, six)).toMatchObject({ exitCode: 0 });
    expect(await run(scene, 'tokens import', [], { passphraseFile: 'qwerty\n' }, seven)).toMatchObject({ exitCode: 0 });
    expect((await scene.tokens.get('7'))?.token.secret).toBe(SECRET);
    expect(await run(scene, 'tokens import', [], { keyFile: 'no key' }, six)).toMatchObject({ exitCode: 1 });
    expect(await run(scene, 'tokens import', [], { format: 'xls' }, six)).toMatchObject({ exitCode: 1 });
  });

  it('tells the end of thousands of faults without listing them all', async () => {
    const text = [HEADER, ...Array.from({ length: 5000 }, () => 'x')].join('\n');
    const { lines } = await run(desk(), 'tokens import', [], {}, text);
    expect(lines).toHaveLength(202);
    expect(lines.slice(-2)).toEqual(['refused 4800 more', '0 accepted, 5000 refused.']);
  });
});

describe('tokens assign', () => {
  async function withTokens() {
    const scene = desk();
    for (const token of [hotp('100'), clocked('101')]) await scene.tokens.insert(token);
    return scene;
  }

  it('makes it a method of that person’s, and of nobody else’s', async () => {
    const scene = await withTokens();
    expect(await run(scene, 'tokens assign', ['100', 'alice'])).toMatchObject({ exitCode: 0 });
    expect(heldBy(scene, scene.alice)).toMatchObject([
      { name: 'Hardware token 100', data: { serial: '100', digits: 6 } },
    ]);
    expect(scene.audited).toEqual([{ event: 'tokens.assigned', account: 'id-alice', serial: '100', credential: 'c1' }]);
    for (const who of ['alice', 'bob', 'nobody']) {
      expect(await run(scene, 'tokens assign', ['100', who])).toMatchObject({ exitCode: 1 });
    }
    expect(await run(scene, 'tokens assign', ['999', 'bob'])).toMatchObject({ exitCode: 1 });
    expect(scene.credentials).toHaveLength(1);
  });

  it('gives one of two people the token, however many ask at once', async () => {
    const scene = await withTokens();
    const all = Array.from({ length: 100 }, (_, at) => run(scene, 'tokens assign', ['100', at % 2 ? 'alice' : 'bob']));
    expect((await Promise.all(all)).filter(({ exitCode }) => exitCode === 0)).toHaveLength(1);
    expect(scene.credentials).toHaveLength(1);
  });

  it('frees a token that couldn’t become a method', async () => {
    const scene = await withTokens();
    scene.desk.add = async () => ({ key: 'too-many-methods' });
    expect(await run(scene, 'tokens assign', ['100', 'alice'])).toMatchObject({ lines: [/too many methods/] });
    expect((await scene.tokens.get('100'))?.token).toEqual(hotp('100'));
  });

  it('is undone by unassign: what was used stays used', async () => {
    const scene = await withTokens();
    await run(scene, 'tokens assign', ['100', 'alice']);
    expect(await run(scene, 'tokens resync', ['100', pressed(hotp(), 40), pressed(hotp(), 41)])).toMatchObject({
      lines: ['100 is in step.'],
    });
    expect(await run(scene, 'tokens unassign', ['100'])).toMatchObject({ exitCode: 0 });
    expect(scene.credentials).toEqual([]);
    expect((await scene.tokens.get('100'))?.token).toEqual({ ...hotp('100'), next: 42 });
    expect(await run(scene, 'tokens unassign', ['100'])).toMatchObject({ exitCode: 1 });
    expect(await run(scene, 'tokens assign', ['100', 'bob'])).toMatchObject({ exitCode: 0 });
    expect(scene.audited.map(({ event }) => event)).toEqual([
      'tokens.assigned',
      'tokens.resynchronised',
      'tokens.unassigned',
      'tokens.assigned',
    ]);
  });

  it('ends when the token is removed, and a removed one is nobody’s to assign', async () => {
    const scene = await withTokens();
    await run(scene, 'tokens assign', ['100', 'alice']);
    expect(await run(scene, 'tokens remove', ['100'])).toEqual({
      exitCode: 0,
      lines: ["100 is removed; it was alice's."],
    });
    expect(scene.credentials).toEqual([]);
    expect(await scene.tokens.get('100')).toBeUndefined();
    expect(await run(scene, 'tokens assign', ['100', 'bob'])).toMatchObject({ exitCode: 1 });
    expect(await run(scene, 'tokens remove', ['100'])).toMatchObject({ exitCode: 1 });
    expect(scene.audited.at(-1)).toMatchObject({ event: 'tokens.removed', account: scene.alice.id, serial: '100' });
  });

  it('and its removal exclude each other, whoever is first', async () => {
    const scene = await withTokens();
    const commands = ['tokens remove', 'tokens assign'].map((name) =>
      run(scene, name, name === 'tokens assign' ? ['100', 'bob'] : ['100']),
    );
    await Promise.all(commands);
    const there = (await scene.tokens.get('100'))?.token.holder;
    expect(scene.credentials).toHaveLength(there === undefined ? 0 : 1);
    expect(there?.username).not.toBe('being removed');
  });

  it('goes on being removed where that was interrupted', async () => {
    const scene = await withTokens();
    const { records } = scene.desk;
    await run(scene, 'tokens assign', ['100', 'alice']);
    scene.desk.records = { ...records, remove: () => Promise.reject(new Error('the store is away')) };
    await expect(run(scene, 'tokens remove', ['100'])).rejects.toThrow('away');
    scene.desk.records = records;
    expect(await run(scene, 'tokens assign', ['100', 'bob'])).toMatchObject({ exitCode: 1 });
    expect(await run(scene, 'tokens remove', ['100'])).toMatchObject({ exitCode: 0 });
  });

  it('and unassign go on where they were interrupted', async () => {
    const scene = await withTokens();
    const whole = { ...scene.desk };
    const gone = () => Promise.reject(new Error('the store is away'));
    scene.desk.add = gone;
    await expect(run(scene, 'tokens assign', ['100', 'alice'])).rejects.toThrow('away');
    scene.desk.add = whole.add;
    expect(await run(scene, 'tokens assign', ['100', 'alice'])).toMatchObject({ exitCode: 0 });
    scene.desk.records = { ...whole.records, update: gone };
    await expect(run(scene, 'tokens unassign', ['100'])).rejects.toThrow('away');
    expect(scene.credentials).toEqual([]);
    scene.desk.records = whole.records;
    expect(await run(scene, 'tokens unassign', ['100'])).toMatchObject({ exitCode: 0 });
    expect(await run(scene, 'tokens assign', ['100', 'bob'])).toMatchObject({ exitCode: 0 });
  });

  it('may be repeated for a holder who removed the method', async () => {
    const scene = await withTokens();
    await run(scene, 'tokens assign', ['100', 'alice']);
    await scene.desk.remove(scene.alice, 'c1');
    expect(await run(scene, 'tokens assign', ['100', 'bob'])).toMatchObject({ exitCode: 1 });
    expect(await run(scene, 'tokens assign', ['100', 'alice'])).toMatchObject({ exitCode: 0 });
  });

  it('resync wants two codes in their order, each once', async () => {
    const scene = await withTokens();
    const pair = (a: number, b: number) => run(scene, 'tokens resync', ['100', pressed(hotp(), a), pressed(hotp(), b)]);
    expect(await pair(900, 901)).toMatchObject({ exitCode: 0 });
    expect(await pair(900, 901)).toMatchObject({ exitCode: 1 });
    expect(await pair(903, 902)).toMatchObject({ exitCode: 1 });
    expect(await run(scene, 'tokens resync', ['100', 'abc', '1'])).toMatchObject({ exitCode: 1 });
  });
});
