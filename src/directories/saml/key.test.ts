import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { believed } from '../../core/belief.ts';
import { NAME_ID_FORMATS, type Said, SamlFault } from '../../saml/index.ts';
import { personOf, scopesOf, shownIn } from './attributes.ts';
import { keyOf } from './key.ts';
import { rowsOf } from './redirects.ts';
import { settings } from './settings.ts';

const IDP = 'https://idp.partner.example/idp';
const OURS = 'https://login.example.org/directories/partner/metadata';
const SUBJECT_ID = 'urn:oasis:names:tc:SAML:attribute:subject-id';
const OID = 'http://schemas.microsoft.com/identity/claims/objectidentifier';
const place = { audience: OURS, scopes: new Set(['partner.example']) };

const said = (attributes: Record<string, string[]> = {}, more: Partial<Said> = {}): Said => ({
  assertion: '_1',
  until: 0,
  issuer: IDP,
  attributes: Object.entries(attributes).map(([name, values]) => ({ name, values })),
  authnInstant: 1000,
  authorities: [],
  signed: { response: true, assertion: false },
  encrypted: false,
  ...more,
});

const config = (more: object = {}) =>
  settings.parse({ name: 'Partner', metadata: { file: '/p.xml' }, entityId: IDP, ...more });

/** The fault of a key, or undefined. */
function fault(...of: Parameters<typeof keyOf>): string | undefined {
  try {
    keyOf(...of);
    return undefined;
  } catch (error) {
    return error instanceof SamlFault ? error.fault : String(error);
  }
}

describe('what a person is known by', () => {
  it('is the same however its case is written, and another at another provider or by another identifier', () => {
    const key = keyOf(said({ [SUBJECT_ID]: ['Ada=1@Partner.Example'] }), 'subject-id', place);
    expect(keyOf(said({ [SUBJECT_ID]: ['ada=1@partner.example'] }), 'subject-id', place)).toBe(key);
    const elsewhere = said({ [SUBJECT_ID]: ['ada=1@partner.example'] }, { issuer: `${IDP}2` });
    expect(keyOf(elsewhere, 'subject-id', place)).not.toBe(key);
    const pairwise = { 'urn:oasis:names:tc:SAML:attribute:pairwise-id': ['ada=1@partner.example'] };
    expect(keyOf(said(pairwise), 'pairwise-id', place)).not.toBe(key);
  });

  it.each<[string, Said, Parameters<typeof keyOf>[1], string]>([
    ['of another house’s scope', said({ [SUBJECT_ID]: ['ada@hospital.example'] }), 'subject-id', 'scope'],
    ['of a scope below it', said({ [SUBJECT_ID]: ['ada@evil.partner.example'] }), 'subject-id', 'scope'],
    ['with two scopes', said({ [SUBJECT_ID]: ['ada@partner.example@partner.example'] }), 'subject-id', 'subject'],
    ['without a scope', said({ [SUBJECT_ID]: ['ada'] }), 'subject-id', 'subject'],
    ['there twice', said({ [SUBJECT_ID]: ['a@partner.example', 'b@partner.example'] }), 'subject-id', 'subject'],
    ['not there', said({ mail: ['ada@partner.example'] }), 'subject-id', 'subject'],
    ['empty', said({ [OID]: [''] }), 'objectidentifier', 'subject'],
    [
      'a transient name',
      said({}, { nameId: { value: 'x', format: NAME_ID_FORMATS.transient } }),
      'persistent',
      'subject',
    ],
    [
      'an address',
      said({}, { nameId: { value: 'a@b.c', format: NAME_ID_FORMATS.emailAddress } }),
      'persistent',
      'subject',
    ],
    [
      'a name that another provider made',
      said({}, { nameId: { value: 'x', format: NAME_ID_FORMATS.persistent, nameQualifier: 'https://evil.example' } }),
      'persistent',
      'subject',
    ],
    [
      'a name for somebody else',
      said({}, { nameId: { value: 'x', format: NAME_ID_FORMATS.persistent, spNameQualifier: 'https://sp.example' } }),
      'persistent',
      'subject',
    ],
  ])('is none where it is %s', (_name, it, kind, expected) => {
    expect(fault(it, kind, place)).toBe(expected);
  });

  it('takes qualifiers that are left out for the two of us', () => {
    const bare = said({}, { nameId: { value: 'x', format: NAME_ID_FORMATS.persistent } });
    const qualifiers = { nameQualifier: IDP, spNameQualifier: OURS };
    const whole = said({}, { nameId: { value: 'x', format: NAME_ID_FORMATS.persistent, ...qualifiers } });
    expect(keyOf(bare, 'persistent', place)).toBe(keyOf(whole, 'persistent', place));
  });
});

describe('what a provider says of a person', () => {
  it('is taken by the names that products use, scoped values only within the provider’s scopes', () => {
    const { map } = { map: { 'cn=physicians': 'physicians' } };
    const it = said({
      'urn:oid:2.16.840.1.113730.3.1.241': ['Ada Lovelace'],
      'urn:oid:1.3.6.1.4.1.5923.1.1.1.6': ['root@hospital.example', 'ada@partner.example'],
      'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress': ['ada@partner.example'],
      'urn:oid:1.3.6.1.4.1.5923.1.5.1.1': ['cn=physicians', 'admins', '__proto__'],
    });
    const options = config({ groups: { map, always: ['guests'] } });
    expect(personOf(it, 'k', options, scopesOf({ scopes: ['Partner.Example'] }, options))).toEqual({
      key: 'k',
      username: 'ada@partner.example',
      name: 'Ada Lovelace',
      email: 'ada@partner.example',
      groups: ['guests', 'physicians'],
      status: 'active',
    });
  });

  it('names them within the scopes of a federation’s house alone, by whichever attribute', () => {
    const many = settings.parse({ name: 'All', metadata: { file: '/f.xml' }, federation: {} });
    const mail = 'urn:oid:0.9.2342.19200300.100.1.3';
    const named = (attributes: Record<string, string[]>) => {
      const { username, email, profile } = personOf(said(attributes), 'k', many, new Set(['partner.example']));
      return [username, email, profile?.emails?.length];
    };
    const uid = 'urn:oid:0.9.2342.19200300.100.1.1';
    expect(named({ [uid]: ['ceo'] })).toEqual(['k', undefined, undefined]);
    expect(named({ [uid]: ['ceo', 'ada@partner.example'] })).toEqual(['ada@partner.example', undefined, undefined]);
    expect(named({ [mail]: ['ceo@our.example', 'a@x.partner.example'] })).toEqual([
      'k',
      'a@x.partner.example',
      undefined,
    ]);
    expect(named({ [mail]: ['ceo@evilpartner.example', 'ceo@our.example,x.partner.example'] })).toEqual([
      'k',
      undefined,
      undefined,
    ]);
  });

  it('without groups leaves them unknown where they are mapped', () => {
    const link = said({ 'http://schemas.microsoft.com/claims/groups.link': ['https://graph.example'] });
    const person = personOf(link, 'k', config({ groups: { map: { a: 'b' } } }), new Set());
    expect(person).not.toHaveProperty('groups');
  });

  it('adds no kind that the table doesn’t name, whatever it is', () => {
    const table = [
      { class: ['https://refeds.org/profile/mfa'], kinds: ['knowledge', 'possession'] },
      { methods: ['http://schemas.microsoft.com/claims/multipleauthn'], kinds: ['knowledge', 'possession'] },
    ];
    const rows = rowsOf(config({ assurance: table }));
    const named = new Set(table.flatMap((row) => [...(row.class ?? []), ...(row.methods ?? [])]));
    const value = fc
      .oneof(fc.string(), fc.constantFrom('https://refeds.org/profile/MFA', 'mfa'))
      .filter((it) => !named.has(it));
    fc.assert(
      fc.property(value, fc.array(value, { maxLength: 5 }), (contextClass, methods) => {
        const it = said({ 'http://schemas.microsoft.com/claims/authnmethodsreferences': methods }, { contextClass });
        expect(believed(rows, shownIn(it)).kinds).toEqual(['knowledge']);
      }),
    );
    const entra = said({ 'http://schemas.microsoft.com/claims/authnmethodsreferences': [...named] });
    expect(believed(rows, shownIn(entra)).kinds).toEqual(['knowledge', 'possession']);
    expect(believed(rowsOf(config({ assurance: table, repeatsUs: true })), shownIn(entra)).kinds).toEqual([
      'knowledge',
    ]);
  });
});
