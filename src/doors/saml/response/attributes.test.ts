import { describe, expect, it } from 'vitest';
import type { Account } from '../../../core/account.ts';
import { samlSettings } from '../settings.ts';
import { attributeTable } from './attribute-table.ts';
import { attributesOf } from './attributes.ts';
import { createNameIds } from './name-id.ts';
import { type ReleaseApplication, type ReleaseProvider, releasedTo } from './release.ts';

const account: Account = {
  id: 'a1',
  directory: 'd',
  directoryKey: 'k',
  username: 'alice',
  name: 'Alice Ärmel',
  email: 'alice@mail.example.org',
  groups: ['staff', 'students', 'urn:mace:dir:entitlement:common-lib-terms', 'https://example.org/e', 'library'],
  createdAt: 0,
  revokedBefore: 0,
  generation: 0,
  countedTo: 0,
  version: 1,
};
const { uniqueId } = createNameIds({ entityId: 'https://idp.example.org', secret: 'secret' });
const context = { provider: 'https://sp.example.org', scope: 'example.org', isOurs: true, uniqueId };

const configured = (attributes: unknown = {}) => attributeTable(samlSettings.parse({ attributes }).attributes);
const BUILT_IN = configured();

function values(name: string, person: Partial<Account> = {}, table = BUILT_IN): readonly string[] | undefined {
  return attributesOf({ ...account, ...person }, [{ name }], table, context)[0]?.values;
}

describe('values', () => {
  it.each<[string, Partial<Account>, readonly string[] | undefined]>([
    ['uid', {}, ['alice']],
    ['cn', {}, ['Alice Ärmel']],
    ['displayName', {}, ['Alice Ärmel']],
    ['mail', {}, ['alice@mail.example.org']],
    ['mail', { email: '' }, undefined],
    ['eduPersonPrincipalName', {}, ['alice@example.org']],
    ['eduPersonPrincipalName', { username: 'alice@example.org' }, ['alice@example.org']],
    ['eduPersonPrincipalName', { username: 'alice@elsewhere.example' }, undefined],
    ['eduPersonAffiliation', {}, ['staff', 'member']],
    ['eduPersonAffiliation', { groups: ['alum'] }, ['alum']],
    ['eduPersonAffiliation', { groups: ['admins', 'Staff', 'staff@evil.example'] }, undefined],
    ['eduPersonScopedAffiliation', {}, ['staff@example.org', 'member@example.org']],
    ['eduPersonEntitlement', {}, ['urn:mace:dir:entitlement:common-lib-terms', 'https://example.org/e']],
    ['eduPersonAssurance', {}, undefined],
    ['isMemberOf', {}, account.groups],
    ['isMemberOf', { groups: [] }, undefined],
    ['schacHomeOrganization', {}, ['example.org']],
    ['givenName', { profile: { givenName: 'Alice', familyName: 'Ärmel' } }, ['Alice']],
    ['sn', { profile: { givenName: 'Alice', familyName: 'Ärmel' } }, ['Ärmel']],
    ['telephoneNumber', { profile: { phone: '+886212345678' } }, ['+886212345678']],
    ['givenName', {}, undefined],
    ['sn', { profile: {} }, undefined],
    ['telephoneNumber', {}, undefined],
    ['unknown', {}, undefined],
  ])('%s of %j', (name, person, expected) => {
    expect(values(name, person)).toEqual(expected);
  });

  it('subject ids have the syntax of their profile, and pairwise ones differ by provider', () => {
    const syntax = /^[0-9a-z][0-9a-z=-]{0,126}@example\.org$/;
    const [subject, pairwise] = [values('subject-id'), values('pairwise-id')];
    expect(subject?.[0]).toMatch(syntax);
    expect(pairwise?.[0]).toMatch(syntax);
    expect(subject).not.toEqual(pairwise);
    const released = [{ name: 'pairwise-id' }, { name: 'subject-id' }];
    const there = attributesOf(account, released, BUILT_IN, { ...context, provider: 'https://other.example' });
    expect(there[0]?.values).not.toEqual(pairwise);
    expect(there[1]?.values).toEqual(subject);
  });

  it('bear the names of SAML2', () => {
    const all = [...BUILT_IN.keys()].map((name) => ({ name }));
    const sent = attributesOf(account, all, BUILT_IN, context);
    expect(sent.every(({ name }) => /^urn:oid:\d+(?:\.\d+)+$|^urn:oasis:names:tc:SAML:attribute:/.test(name))).toBe(
      true,
    );
    expect(new Set(sent.map(({ name }) => name)).size).toBe(sent.length);
    expect(sent).toContainEqual({
      name: 'urn:oid:1.3.6.1.4.1.5923.1.1.1.6',
      friendlyName: 'eduPersonPrincipalName',
      values: ['alice@example.org'],
    });
  });
});

describe('configured attributes', () => {
  const affiliation = {
    name: 'urn:oid:1.3.6.1.4.1.5923.1.1.1.1',
    from: 'groups',
    values: { students: 'student', library: 'library-walk-in' },
  };

  it('take the place of built-in ones, and scoped affiliations follow', () => {
    const table = configured({ eduPersonAffiliation: affiliation });
    expect(values('eduPersonAffiliation', {}, table)).toEqual(['student', 'library-walk-in']);
    expect(values('eduPersonScopedAffiliation', {}, table)).toEqual([
      'student@example.org',
      'library-walk-in@example.org',
    ]);
  });

  it('map, scope and add', () => {
    const table = configured({
      role: { name: 'urn:x:role', from: 'groups', values: { staff: 'S' }, always: ['everybody', 'S'] },
      login: { name: 'urn:x:login', from: 'username', scoped: true },
      address: { name: 'urn:x:address', from: 'email' },
    });
    expect(values('role', {}, table)).toEqual(['S', 'everybody']);
    expect(values('role', { groups: ['constructor', '__proto__'] }, table)).toEqual(['everybody', 'S']);
    expect(values('login', {}, table)).toEqual(['alice@example.org']);
    expect(values('login', { username: 'alice@evil.example' }, table)).toBeUndefined();
    expect(values('address', { email: '' }, table)).toBeUndefined();
  });
});

const RS = 'http://refeds.org/category/research-and-scholarship';
const COCO = 'https://refeds.org/category/code-of-conduct/v2';
const category = (name: string) => `https://refeds.org/category/${name}`;

const provider = (change: Partial<ReleaseProvider> = {}): ReleaseProvider => ({
  entityCategories: [],
  attributeConsumingServices: [],
  ...change,
});
const application = (change: Partial<ReleaseApplication> = {}): ReleaseApplication => ({
  entityCategories: [],
  ...change,
});
type Requested = ReleaseProvider['attributeConsumingServices'][number]['attributes'][number];
const requested = (name: string, change: Partial<Requested> = {}): Requested => ({
  name: BUILT_IN.get(name)?.name ?? name,
  required: false,
  values: [],
  ...change,
});
const service = (index: number, isDefault: boolean, ...attributes: Requested[]) => ({ index, isDefault, attributes });

const released = (sp: ReleaseProvider, app: ReleaseApplication, index?: number) =>
  releasedTo(sp, app, BUILT_IN, index).map(({ name }) => name);

describe('what is released', () => {
  const mail = application({ attributes: ['mail', 'uid', 'no-such'] });
  const all = [RS, category('anonymous'), category('pseudonymous'), category('personalized'), COCO];

  it.each<[string, ReleaseProvider, ReleaseApplication, string[]]>([
    ['nothing by itself', provider({ entityCategories: all }), application(), []],
    ['what the application names', provider(), mail, ['uid', 'mail']],
    ['nothing for a category that it is not in', provider(), application({ entityCategories: ['anonymous'] }), []],
    [
      'research and scholarship',
      provider({ entityCategories: [RS] }),
      application({ entityCategories: ['research-and-scholarship'] }),
      ['displayName', 'givenName', 'sn', 'mail', 'eduPersonPrincipalName', 'eduPersonScopedAffiliation'],
    ],
    [
      'research and scholarship, with an identifier that is required',
      provider({ entityCategories: [RS], subjectIdRequirement: 'any' }),
      application({ entityCategories: ['research-and-scholarship'] }),
      ['displayName', 'givenName', 'sn', 'mail', 'eduPersonPrincipalName', 'eduPersonScopedAffiliation', 'pairwise-id'],
    ],
    [
      'anonymous access, whatever identifier is required',
      provider({ entityCategories: [category('anonymous')], subjectIdRequirement: 'any' }),
      application({ entityCategories: ['anonymous'] }),
      ['eduPersonScopedAffiliation', 'schacHomeOrganization'],
    ],
    [
      'pseudonymous access: never subject-id',
      provider({ entityCategories: [category('pseudonymous')], subjectIdRequirement: 'subject-id' }),
      application({ entityCategories: ['pseudonymous'] }),
      ['eduPersonScopedAffiliation', 'eduPersonAssurance', 'schacHomeOrganization'],
    ],
    [
      'pseudonymous access',
      provider({ entityCategories: [category('pseudonymous'), RS] }),
      application({ entityCategories: ['pseudonymous'] }),
      ['eduPersonScopedAffiliation', 'eduPersonAssurance', 'schacHomeOrganization', 'pairwise-id'],
    ],
    [
      'personalized access, with the lesser identifier',
      provider({ entityCategories: [category('personalized')], subjectIdRequirement: 'pairwise-id' }),
      application({ entityCategories: ['personalized'] }),
      [
        'displayName',
        'givenName',
        'sn',
        'mail',
        'eduPersonScopedAffiliation',
        'eduPersonAssurance',
        'schacHomeOrganization',
        'pairwise-id',
      ],
    ],
    [
      'no identifier to whom wants none',
      provider({ subjectIdRequirement: 'none' }),
      application({ attributes: ['subject-id', 'pairwise-id', 'uid'] }),
      ['uid'],
    ],
    [
      'what the code of conduct covers: the required ones',
      provider({
        entityCategories: [COCO],
        attributeConsumingServices: [service(1, true, requested('mail', { required: true }), requested('uid'))],
      }),
      application({ entityCategories: ['code-of-conduct'] }),
      ['mail'],
    ],
    [
      'of a bundle what is requested',
      provider({
        entityCategories: [RS],
        attributeConsumingServices: [service(1, true, requested('mail'), requested('isMemberOf'))],
      }),
      application({ entityCategories: ['research-and-scholarship'] }),
      ['mail'],
    ],
  ])('%s', (_, sp, app, names) => {
    expect(new Set(released(sp, app))).toEqual(new Set(names));
  });

  it('follows the index of the request, else the default service', () => {
    const services = [service(1, false, requested('uid')), service(2, true, requested('mail')), service(3, false)];
    const sp = provider({ attributeConsumingServices: services });
    expect(released(sp, mail, 1)).toEqual(['uid']);
    expect(released(sp, mail)).toEqual(['mail']);
    expect(released(sp, mail, 9)).toEqual(['mail']);
    expect(released(sp, mail, 3)).toEqual(['uid', 'mail']);
  });

  it('keeps to the values that are requested', () => {
    const only = ['urn:mace:dir:entitlement:common-lib-terms', 'urn:other'];
    const entitlement = requested('eduPersonEntitlement', { values: only });
    const sp = provider({ attributeConsumingServices: [service(1, true, entitlement)] });
    const names = releasedTo(sp, application({ attributes: ['eduPersonEntitlement'] }), BUILT_IN);
    expect(attributesOf(account, names, BUILT_IN, context)).toEqual([
      expect.objectContaining({ friendlyName: 'eduPersonEntitlement', values: [only[0]] }),
    ]);
  });

  it('includes what an operator configured in the place of a bundle’s', () => {
    const table = configured({ givenName: { name: 'urn:oid:2.5.4.42', from: 'name' } });
    const sp = provider({ entityCategories: [RS] });
    const names = releasedTo(sp, application({ entityCategories: ['research-and-scholarship'] }), table);
    expect(names).toContainEqual({ name: 'givenName' });
    expect(values('givenName', { profile: { givenName: 'Al' } }, table)).toEqual(['Alice Ärmel']);
  });

  it.each([
    ['givenName', 'Al'],
    ['familyName', 'Ärmel'],
    ['phone', '+886212345678'],
    ['locale', 'de'],
  ])('takes %s from what the directory knows', (from, value) => {
    const table = configured({ own: { name: 'urn:own', from } });
    const profile = { givenName: 'Al', familyName: 'Ärmel', phone: '+886212345678', locale: 'de' };
    expect(values('own', { profile }, table)).toEqual([value]);
    expect(values('own', {}, table)).toBeUndefined();
  });
});
