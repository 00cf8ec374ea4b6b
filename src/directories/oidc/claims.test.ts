import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describes, identified, keyOf } from './claims.ts';

const settings = { issuer: 'https://id.partner.example', claims: {} };
const ways = {
  subject: 'sub',
  requires: {},
  groups: {
    claim: 'groups',
    map: { nurses: 'staff', doctors: 'staff' } as Record<string, string>,
    always: ['partner'],
  },
};
const personIn = (claims: Record<string, unknown>, more: Partial<typeof ways> = {}) => {
  const who = identified({ sub: 'ada', ...claims }, settings, { ...ways, ...more });
  if ('reason' in who) throw new Error(who.reason);
  return who.person;
};

describe('whom claims are of', () => {
  it('is the issuer’s and the subject’s, whatever name, mail or other claim comes with it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.anything()), (claims) => {
        const { sub: _, ...others } = claims;
        expect(personIn(others).key).toBe(keyOf(settings.issuer, 'sub', 'ada'));
      }),
    );
  });

  it('is somebody else by another issuer, another claim or another value, however they are cut', () => {
    const parts = fc.tuple(fc.string(), fc.string(), fc.string());
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        expect(keyOf(...one)).not.toBe(keyOf(...other));
      }),
    );
  });

  it('is nobody without the claim, with one that isn’t a text, or of another tenant', () => {
    for (const sub of [undefined, 7, null, ['ada'], {}]) {
      expect(identified({ sub, email: 'ada@partner.example' }, settings, ways)).toEqual({ reason: 'no claim sub' });
    }
    const pinned = { ...ways, requires: { tid: ['one'] } };
    for (const tid of [undefined, 'two', 'ONE', ['two'], { one: true }]) {
      expect(identified({ sub: 'ada', tid }, settings, pinned)).toEqual({ reason: 'tid is another' });
    }
    expect(identified({ sub: 'ada', tid: 'one' }, settings, pinned)).toHaveProperty('person');
  });
});

describe('groups', () => {
  it('are those of the map, once each, beside those of everybody', () => {
    expect(personIn({ groups: ['nurses', 'doctors', 'staff', 'admins', 'constructor'] }).groups).toEqual([
      'partner',
      'staff',
    ]);
    expect(personIn({ groups: [] }).groups).toEqual(['partner']);
    expect(personIn({ groups: 'nurses' }).groups).toEqual(['partner', 'staff']);
  });

  it('are unknown, and not none, where the claim is missing, says where to read them, or names too many', () => {
    const overage = {
      _claim_names: { groups: 'src1' },
      _claim_sources: { src1: { endpoint: 'https://graph.example' } },
    };
    const many = Array.from({ length: 2_001 }, (_, index) => `group-${index}`);
    for (const claims of [
      {},
      overage,
      { ...overage, groups: ['nurses'] },
      { hasgroups: true, groups: [] },
      { groups: many },
    ]) {
      expect(personIn(claims)).not.toHaveProperty('groups');
    }
  });

  it('are those of everybody alone where nothing is mapped', () => {
    expect(personIn({ groups: ['staff'] }, { groups: { ...ways.groups, map: undefined as never } }).groups).toEqual([
      'partner',
    ]);
  });
});

it('a token that names nobody describes nobody', () => {
  expect(describes({ sub: 'ada', groups: ['nurses'] }, settings)).toBe(false);
  expect(describes({ sub: 'ada', preferred_username: 'ada' }, settings)).toBe(true);
  expect(describes({ sub: 'ada', upn: 'ada' }, { claims: { username: 'upn' } })).toBe(true);
});
