import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCKLISTS, type Blocklist } from '../profile.ts';
import { isHabit } from './chinese.ts';
import { isCommon } from './common.ts';
import { listedOn, type Owner } from './index.ts';

const drawn = fc.string({ unit: fc.constantFrom(...'23456789abcdefghjkmnpqrstuvwxyz-'), minLength: 20, maxLength: 24 });

describe('what many people choose', () => {
  it.each([
    ...[
      'password',
      'PASSWORD',
      'P@ssw0rd',
      'passwordpassword',
      'Passw0rd2026!',
      'football1234567',
      '!!!sunshine1999!!!',
    ],
    ...[
      'aaaaaaaaaaaaaaaaaa',
      'abcabcabcabcabcabc',
      '123456789012345',
      '987654321098765',
      'qwertyuiopasdfg',
      '1qaz2wsx3edc4rfv',
    ],
    ...[
      'QWERTYUIOP12345',
      'zxcvbnm,./zxcvbnm',
      'ｐａｓｓｗｏｒｄ１２３',
      'dragondragondragon',
      'abcdefghijklmno',
      'Monkey-2024',
    ],
  ])('%j is that', async (password) => {
    expect(await isCommon(password)).toBe(true);
  });

  it.each([
    ...[
      'correct horse battery staple',
      'dragon football monkey sunshine',
      'four words of mine',
      'password rules are a nuisance',
    ],
    ...['吃飯睡覺打豆豆然後回家', 'vT7#qLp0', 'my dog ate 1234 bones', 'xkqvz-mpwtr-hgbnd-cfjls', 'Dragon8391746250'],
  ])('%j isn’t', async (password) => {
    expect(await isCommon(password)).toBe(false);
  });

  it('takes no time worth telling, whatever is typed', async () => {
    for (const text of ['a'.repeat(4096), 'ab'.repeat(2048), '1qaz2wsx'.repeat(512)]) await isCommon(text);
  });
});

describe('what Chinese speakers choose', () => {
  it.each([
    ...[
      'woaini1314',
      'woaini5201314',
      'zhangwei19900101',
      'Zhang Wei 1990-01-01',
      'lixiaoming520',
      'wxm19871224',
      'wangfang5201314!',
    ],
    ...[
      '19900101520',
      '13812345678',
      'zhangwei13812345678',
      '5201314woaini',
      'chenjiahao20010923',
      'ji32k7au4a83',
      'ji394su3520',
    ],
    ...[
      '我愛你1314',
      '我爱你5201314',
      '110101199003071234',
      'lihuaaiwangfang1314',
      'abc19991231abc',
      'laopo520laogong1314',
      'ouyangxiaofeng88',
    ],
  ])('%j is that', (password) => {
    expect(isHabit(password)).toBe(true);
  });

  it.each([
    ...[
      'jintiantianqizhenhao',
      'wo xihuan chi hong shao rou',
      'correct horse battery staple',
      '今天天氣真好我們去爬山',
      'four words of mine',
    ],
    ...['vT7#qLp0', 'kaixin de xiaoxiong chi fengmi', '', 'mountain 1987 river', '1314 reasons to smile'],
  ])('%j isn’t', (password) => {
    expect(isHabit(password)).toBe(false);
  });

  it('is answered for any text', () => {
    const parts = fc.constantFrom('a', 'n', 'wang', 'xiao', '1', '19', '520', 'li', 'ang', '0101', 'z');
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 40 }), (text) => {
        expect(isHabit(text.join(''))).toBeTypeOf('boolean');
      }),
      { numRuns: 300 },
    );
  });
});

describe('the lists together', () => {
  const owner: Owner = {
    username: 'mlovelace',
    name: 'Maria Lovelace',
    email: 'm.lovelace@mail.example',
    profile: { givenName: 'Maria', familyName: 'Lovelace', phone: '+886912345678' },
  };
  const on = (password: string, wanted: readonly Blocklist[] = BLOCKLISTS) =>
    listedOn(password, owner, wanted, { names: ['Example University', '示範大學', 'EXU2'] });

  it.each([
    ['m.lovelace 2026', 'username'],
    ['Maria Lovelace 1', 'personal'],
    ['LovelaceMaria123', 'personal'],
    ['0912345678 abc', 'personal'],
    ['m.lovelace@mail.example', 'personal'],
    ['example university', 'service'],
    ['示範大學示範大學示範大學', 'service'],
    ['zhangwei19900101', 'chinese'],
    ['passwordpassword', 'common'],
    ['Maria ate seven oranges', undefined],
  ])('%j: %s', async (password, expected) => {
    expect(await on(password)).toBe(expected);
    expect(await on(password, [])).toBeUndefined();
  });

  it('hold none that is drawn at random', async () => {
    await fc.assert(
      fc.asyncProperty(drawn, async (password) => {
        // fast-check likes short and repeated ones as well.
        fc.pre(new Set(password).size > 10);
        expect(await on(password)).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });
});
