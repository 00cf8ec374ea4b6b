import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ATTRIBUTES, type Draft, draftOf } from './draft.ts';
import { ScimError } from './errors.ts';
import { groupChangeOf } from './group-draft.ts';
import { operationsOf, patched } from './patch.ts';

const ADA: Draft = Object.freeze({
  userName: 'ada',
  active: true,
  displayName: 'Ada',
  givenName: 'Ada',
  email: 'ada@x.example',
  locality: 'London',
});
const patchedBy = (...Operations: object[]): Draft => patched(ADA, operationsOf({ Operations }));

describe('a PATCH', () => {
  it.each<[object, Partial<Draft>]>([
    [{ op: 'Replace', path: 'active', value: 'False' }, { active: false }],
    [{ op: 'replace', path: 'ACTIVE', value: true }, { active: true }],
    [{ op: 'Add', path: 'emails[type eq "work"].value', value: 'b@x.example' }, { email: 'b@x.example' }],
    [{ op: 'replace', path: 'emails[type eq "home"].value', value: 'b@x.example' }, { email: 'ada@x.example' }],
    [{ op: 'add', path: 'emails', value: [{ value: 'a@x' }, { value: 'b@x', primary: 'True' }] }, { email: 'b@x' }],
    [{ op: 'remove', path: 'emails[value eq "ADA@x.example"]' }, { email: undefined }],
    [{ op: 'remove', path: 'emails', value: [{ value: 'other@x.example' }] }, { email: 'ada@x.example' }],
    [{ op: 'remove', path: 'emails', value: [{ value: 'ada@x.example' }] }, { email: undefined }],
    [{ op: 'Add', path: 'phoneNumbers[type eq "work"].value', value: '+1' }, { phone: '+1' }],
    [
      { op: 'replace', path: 'addresses[type eq "work"].streetAddress', value: 'A' },
      { streetAddress: 'A', locality: 'London' },
    ],
    [
      { op: 'replace', path: 'addresses', value: [{ country: 'US' }] },
      { country: 'US', locality: undefined },
    ],
    [
      { op: 'replace', path: 'name', value: { familyName: 'L' } },
      { givenName: 'Ada', familyName: 'L' },
    ],
    [{ op: 'remove', path: 'name.givenName' }, { givenName: undefined }],
    [{ op: 'replace', path: 'displayName', value: null }, { displayName: undefined }],
    [
      { op: 'replace', value: { 'name.givenName': 'G', active: 'false', groups: [{ value: 'x' }] } },
      { givenName: 'G', active: false },
    ],
  ])('%j', (operation, changed) => {
    expect(patchedBy(operation)).toEqual({ ...ADA, ...changed });
  });

  it.each<[object, string | undefined]>([
    [{ op: 'move', path: 'active', value: true }, 'invalidSyntax'],
    [{ op: 'replace', path: 'passwordHash', value: '$argon2id$' }, 'invalidPath'],
    [{ op: 'replace', path: 'status', value: 'disabled' }, 'invalidPath'],
    [{ op: 'replace', path: '__proto__.active', value: true }, 'invalidPath'],
    [{ op: 'replace', path: 'constructor.prototype', value: true }, 'invalidPath'],
    [{ op: 'replace', path: 'id', value: 'x' }, 'mutability'],
    [{ op: 'replace', path: 'groups', value: [] }, 'mutability'],
    [{ op: 'remove', path: 'active' }, 'mutability'],
    [{ op: 'remove' }, 'noTarget'],
    [{ op: 'replace', path: 'active', value: 'perhaps' }, 'invalidValue'],
    [{ op: 'replace', path: 'userName', value: { a: 1 } }, 'invalidValue'],
    [{ op: 'replace', path: 'userName[a pr]', value: 'x' }, 'invalidPath'],
    [{ op: 'add', path: 'emails[', value: 'x' }, 'invalidPath'],
    [{ op: 'add', path: 7, value: 'x' }, 'invalidPath'],
  ])('is refused: %j', (operation, scimType) => {
    expect(() => patchedBy(operation)).toThrow(expect.objectContaining({ status: 400, scimType }));
  });
});

const paths = fc.oneof(
  fc.constantFrom(...ATTRIBUTES.keys(), 'emails[type eq "work"].value', 'name.givenName', '__proto__', 'constructor'),
  fc.string(),
);
const operation = fc.record(
  {
    op: fc.constantFrom('add', 'Replace', 'remove', 'x'),
    path: paths,
    value: fc.oneof(fc.jsonValue(), fc.constantFrom('False', [{ value: 'a@b', type: 'work' }])),
  },
  { requiredKeys: ['op'] },
);

const FIELDS = new Set(
  [...ATTRIBUTES.values()].flatMap((kept) =>
    kept.is === 'one' ? [kept.field] : 'subs' in kept ? [...kept.subs.values()] : [],
  ),
);

describe('whatever comes', () => {
  it('throws nothing but what says so, makes no field of its own, and leaves the draft and every object alone', () => {
    const bodies = fc.oneof(fc.jsonValue(), fc.record({ Operations: fc.array(operation, { maxLength: 6 }) }));
    fc.assert(
      fc.property(bodies, (body) => {
        for (const read of [
          () => patched(ADA, operationsOf(body)),
          () => draftOf(body),
          () => groupChangeOf(operationsOf(body)),
        ]) {
          try {
            const draft: object = read();
            const names = Object.keys(draft).filter((name) => !['anew', 'join', 'leave', 'matching'].includes(name));
            for (const name of names) expect(FIELDS).toContain(name);
            expect(Object.getPrototypeOf(draft)).toBe(Object.prototype);
          } catch (error) {
            expect(error).toBeInstanceOf(ScimError);
          }
        }
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it('touches nothing that it doesn’t name', () => {
    const named = fc.constantFrom('userName', 'displayName', 'locale', 'externalId', 'name.familyName');
    fc.assert(
      fc.property(named, fc.string({ minLength: 1 }), (path, value) => {
        const field = path.split('.').at(-1) ?? '';
        expect(patchedBy({ op: 'replace', path, value })).toEqual({ ...ADA, [field]: value });
      }),
    );
  });
});
