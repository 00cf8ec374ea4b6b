import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ScimError } from './errors.ts';
import { type Filter, parseFilter } from './filter.ts';
import { matches } from './matching.ts';
import { parsePath } from './patch.ts';

const PERSON = {
  userName: 'bjensen@example.com',
  name: { familyName: "O'Malley", givenName: 'Barbara' },
  title: 'Boss',
  userType: 'Employee',
  active: true,
  emails: [
    { value: 'bjensen@example.com', type: 'work', primary: true },
    { value: 'babs@example.org', type: 'home' },
  ],
  meta: { lastModified: '2011-05-13T04:42:34Z' },
};

describe('a filter', () => {
  // RFC 7644 section 3.4.2.2, figure 2, and what Entra and Okta send.
  it.each<[string, boolean]>([
    ['userName eq "bjensen@example.com"', true],
    ['USERNAME Eq "BJENSEN@example.com"', true],
    ['name.familyName co "O\'Malley"', true],
    ['userName sw "J"', false],
    ['urn:ietf:params:scim:schemas:core:2.0:User:userName sw "b"', true],
    ['title pr', true],
    ['name pr and emails pr', true],
    ['nickName pr', false],
    ['meta.lastModified gt "2011-05-13T04:42:34Z"', false],
    ['meta.lastModified ge "2011-05-13T04:42:34Z"', true],
    ['meta.lastModified le "2011-05-13T04:42:34Z"', true],
    ['title pr and userType eq "Employee"', true],
    ['title pr or userType eq "Intern"', true],
    ['userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")', true],
    ['userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")', false],
    ['userType eq "Employee" and (emails.type eq "work")', true],
    ['userType eq "Employee" and emails[type eq "work" and value co "@example.com"]', true],
    ['emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]', true],
    ['emails[type eq "home"].value eq "babs@example.org"', true],
    ['emails[type eq "home"].value eq "bjensen@example.com"', false],
    ['active eq "True"', true],
    ['active eq false', false],
    ['nickName eq null', true],
    ['title eq "a" or title eq "b" and title eq "c" or title eq "Boss"', true],
    ['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:title pr', false],
  ])('%s', (text, whether) => {
    expect(matches(PERSON, parseFilter(text))).toBe(whether);
  });

  it.each([
    '',
    'userName',
    'userName eq',
    'userName eq bjensen',
    'userName eq "open',
    'userName is "x"',
    'userName eq "x" and',
    'and',
    'not userName eq "x"',
    '(userName eq "x"',
    'userName eq "x")',
    'emails[type eq "work"',
    'a.b.c eq "x"',
    '1a eq "x"',
    'userName eq {"a":1}',
    `${'('.repeat(11)}a pr${')'.repeat(11)}`,
    `${'('.repeat(900)}a pr${')'.repeat(900)}`,
    Array.from({ length: 51 }, () => 'a pr').join(' or '),
    `a eq "${'x'.repeat(2050)}"`,
  ])('is refused as one: %s', (text) => {
    expect(() => parseFilter(text)).toThrow(expect.objectContaining({ status: 400, scimType: 'invalidFilter' }));
  });

  it('finds nothing that an object inherits', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', '__proto__.constructor']) {
      const read = ((): Filter | undefined => {
        try {
          return parseFilter(`${name} pr`);
        } catch (error) {
          expect(error).toBeInstanceOf(ScimError);
          return undefined;
        }
      })();
      if (read) expect(matches(PERSON, read)).toBe(false);
    }
  });
});

const attribute = fc.constantFrom('userName', 'name.givenName', 'EMAILS.value', 'active', 'title', 'x');
const comparison = fc
  .tuple(attribute, fc.constantFrom('eq', 'NE', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'), fc.string({ maxLength: 20 }))
  .map(([name, by, value]) => `${name} ${by} ${JSON.stringify(value)}`);
const { filter } = fc.letrec<{ filter: string; leaf: string }>((tie) => ({
  leaf: fc.oneof(
    comparison,
    attribute.map((name) => `${name} pr`),
  ),
  filter: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    tie('leaf'),
    fc.tuple(tie('filter'), fc.constantFrom('and', 'OR'), tie('filter')).map(([a, by, b]) => `(${a}) ${by} (${b})`),
    tie('filter').map((inner) => `not (${inner})`),
    tie('leaf').map((inner) => `emails[${inner}]`),
  ),
}));

/** Either it can be read, or what is thrown is for whoever sent it. */
function orRefused(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(ScimError);
  }
}

describe('whatever comes', () => {
  it('is read where it follows the grammar, and its opposite is true where it is false', () => {
    fc.assert(
      fc.property(filter, (text) => {
        fc.pre(text.length <= 1900);
        expect(matches(PERSON, parseFilter(`not (${text})`))).toBe(!matches(PERSON, parseFilter(text)));
      }),
    );
  });

  it('throws nothing but what says so', () => {
    const pieces = fc.constantFrom(
      '(',
      ')',
      '[',
      ']',
      '.',
      '"',
      '\\',
      ' ',
      'eq',
      'and',
      'not',
      'pr',
      'a',
      '1',
      ':',
      'urn:',
    );
    const near = fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(near, fc.string({ unit: 'binary' }), filter), (text) => {
        orRefused(() => matches(PERSON, parseFilter(text)));
        orRefused(() => parsePath(text));
      }),
      { numRuns: 2000 },
    );
  });
});
