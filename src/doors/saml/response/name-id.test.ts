import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSealer } from '../../../core/seal.ts';
import { NAME_ID_FORMATS, type NameId, STATUSES } from '../../../saml/model.ts';
import { createNameIds, type NameIdWish, nameIdSecret } from './name-id.ts';

const IDP = 'https://idp.example.org';
const SP = 'https://sp.example.org';
const { emailAddress, persistent, transient } = NAME_ID_FORMATS;
const UNSPECIFIED = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified';

const names = createNameIds({ entityId: IDP, secret: 'secret' });
const alice = { account: { id: 'a1', email: 'alice@example.org' }, sessionIndex: 's1' };
const nobody = { account: { id: 'a2' }, sessionIndex: 's2' };
const wish = (change: Partial<NameIdWish> & { formats?: string[] } = {}): NameIdWish => ({
  provider: { entityId: SP, nameIdFormats: change.formats ?? [] },
  ...change,
});
const policy = (format?: string, more: object = {}) => ({ allowCreate: false, ...(format && { format }), ...more });

function issued(...args: Parameters<typeof names.issue>): NameId {
  const { nameId } = names.issue(...args);
  if (!nameId) throw new Error('no name was issued');
  return nameId;
}

describe('the format of a name', () => {
  it.each<[string, NameIdWish, string]>([
    ['that the request names', wish({ policy: policy(persistent), preferred: 'transient' }), persistent],
    ['of the application', wish({ preferred: 'persistent', formats: [transient] }), persistent],
    ['that the metadata names first', wish({ formats: ['urn:unknown', persistent, transient] }), persistent],
    ['transient, where nobody names one', wish(), transient],
    ['transient, where the metadata names unknown ones alone', wish({ formats: ['urn:unknown'] }), transient],
    [
      'of the metadata, where the request leaves it open',
      wish({ policy: policy(UNSPECIFIED), formats: [persistent] }),
      persistent,
    ],
    [
      'of the metadata, where the request names none',
      wish({ policy: policy(), formats: [emailAddress] }),
      emailAddress,
    ],
  ])('is the one %s', (_, asked, format) => {
    expect(issued(asked, alice).format).toBe(format);
  });

  it('is none where the application and the institution agreed on a name, unless the request names one', () => {
    const agreed = { ...alice, named: 'alice' };
    const asked = (change = {}) => wish({ preferred: 'unspecified', formats: [persistent], ...change });
    expect(issued(asked(), agreed)).toEqual({ value: 'alice', format: UNSPECIFIED });
    expect(issued(asked({ policy: policy(UNSPECIFIED) }), agreed)).toEqual({ value: 'alice', format: UNSPECIFIED });
    expect(issued(asked({ policy: policy(persistent) }), agreed).format).toBe(persistent);
    expect(names.issue(asked(), alice)).toEqual({ status: STATUSES.invalidNameIdPolicy });
    expect(names.names({ value: 'alice', format: UNSPECIFIED }, { ...agreed, provider: SP })).toBe(true);
    expect(names.names({ value: 'bob', format: UNSPECIFIED }, { ...agreed, provider: SP })).toBe(false);
  });

  it('is the next one where the person has no address', () => {
    expect(issued(wish({ formats: [emailAddress, persistent] }), nobody).format).toBe(persistent);
  });

  it.each<[string, NameIdWish]>([
    ['an unknown format', wish({ policy: policy('urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName') })],
    ['an encrypted name', wish({ policy: policy('urn:oasis:names:tc:SAML:2.0:nameid-format:encrypted') })],
    ['the realm of another', wish({ policy: policy(persistent, { spNameQualifier: 'https://other.example' }) })],
    ['an address that the person has not', wish({ policy: policy(emailAddress) })],
    ['an address that the application wants and the person has not', wish({ preferred: 'emailAddress' })],
  ])('refuses %s', (_, asked) => {
    expect(names.issue(asked, nobody)).toEqual({ status: STATUSES.invalidNameIdPolicy });
  });

  it('takes the realm of the provider itself, and no permission to create', () => {
    const own = policy(persistent, { spNameQualifier: SP, allowCreate: false });
    expect(issued(wish({ policy: own }), alice)).toMatchObject({ nameQualifier: IDP, spNameQualifier: SP });
  });
});

describe('names', () => {
  const id = fc.string({ minLength: 1, maxLength: 8 });
  const at = (format: string, provider: string, person: typeof alice) =>
    issued({ policy: policy(format), provider: { entityId: provider, nameIdFormats: [] } }, person).value;

  it('that persist are the same in every session, and no two people or providers share one', () => {
    fc.assert(
      fc.property(fc.tuple(id, id), fc.tuple(id, id), id, id, ([a, p], [b, q], s, t) => {
        const first = at(persistent, p, { account: { id: a, email: 'x' }, sessionIndex: s });
        const second = at(persistent, q, { account: { id: b, email: 'y' }, sessionIndex: t });
        expect(first === second).toBe(a === b && p === q);
        expect(first.length).toBeLessThanOrEqual(256);
      }),
      { numRuns: 200 },
    );
  });

  it('that pass are other ones in another session, and the same again in this one', () => {
    expect(at(transient, SP, alice)).toBe(at(transient, SP, alice));
    expect(at(transient, SP, alice)).not.toBe(at(transient, SP, { ...alice, sessionIndex: 's9' }));
    expect(at(transient, SP, alice)).not.toBe(at(transient, 'https://other.example', alice));
    expect(at(transient, SP, alice)).toMatch(/^_[0-9a-f]{64}$/);
  });

  it('are recognised when they come back', () => {
    const bearer = { ...alice, provider: SP };
    for (const format of [persistent, transient, emailAddress]) {
      const name = issued(wish({ policy: policy(format) }), alice);
      expect(names.names(name, bearer)).toBe(true);
      expect(names.names({ value: name.value, format: UNSPECIFIED }, bearer)).toBe(true);
      expect(names.names(name, { ...nobody, provider: SP })).toBe(false);
      expect(names.names({ ...name, value: `${name.value}x` }, bearer)).toBe(false);
      expect(names.names({ ...name, format: 'urn:unknown' }, bearer)).toBe(false);
      expect(names.names({ ...name, nameQualifier: 'https://other.example' }, bearer)).toBe(false);
      expect(names.names({ ...name, spNameQualifier: 'https://other.example' }, bearer)).toBe(false);
    }
  });

  it('are not the identifiers of attributes', () => {
    const unique = [names.uniqueId('a1'), names.uniqueId('a1', SP), names.uniqueId('a1', `${SP}/2`)];
    expect(new Set([...unique, at(persistent, SP, alice)]).size).toBe(4);
    expect(unique.join('')).toMatch(/^[0-9a-f]+$/);
  });
});

describe('the secret of names', () => {
  it('is made once, whoever comes first', async () => {
    const kept = new Map<string, { value: string; version: number }>();
    const sealer = createSealer(randomBytes(32));
    const state = {
      get: async (key: string) => kept.get(key),
      async set(key: string, value: string, version: number) {
        if ((kept.get(key)?.version ?? 0) !== version) return false;
        kept.set(key, { value, version: version + 1 });
        return true;
      },
    };
    const secrets = await Promise.all(Array.from({ length: 100 }, () => nameIdSecret(state, sealer)));
    expect(new Set(secrets).size).toBe(1);
    expect(secrets[0]).toMatch(/^[\w-]{43}$/);
    // Who can only read the database doesn't learn it.
    expect(JSON.stringify([...kept])).not.toContain(secrets[0]);
  });
});
