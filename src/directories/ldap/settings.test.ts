import { describe, expect, it } from 'vitest';
import { settings } from './settings.ts';

const GIVEN = {
  preset: 'active-directory',
  servers: ['ldaps://dc1.ad.example'],
  bindDn: 'CN=Sallyport,DC=ad,DC=example',
  bindPassword: 'secret',
  base: 'DC=ad,DC=example',
};
const CHILD = { base: 'DC=med,DC=ad,DC=example', servers: ['ldaps://dc1.med.ad.example'] };

/** What is wrong, by its place; none where nothing is. */
function faults(more: Record<string, unknown>): string[] {
  const { error } = settings.safeParse({ ...GIVEN, ...more });
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('a global catalog', () => {
  it('is asked at its own ports where none is given', () => {
    const servers = ['ldaps://dc1.ad.example', 'ldap://dc2.ad.example', 'ldaps://[2001:db8::1]', 'ldaps://dc3:4269'];
    const { globalCatalog } = settings.parse({ ...GIVEN, globalCatalog: { servers, domains: [CHILD] } });
    expect(globalCatalog?.servers).toEqual([
      ...['ldaps://dc1.ad.example:3269', 'ldap://dc2.ad.example:3268'],
      ...['ldaps://[2001:db8::1]:3269', 'ldaps://dc3:4269'],
    ]);
  });

  it('goes with Active Directory alone', () => {
    const globalCatalog = { servers: ['ldaps://dc1.ad.example'] };
    expect(faults({ globalCatalog })).toEqual([]);
    expect(faults({ globalCatalog, preset: 'openldap' })).toEqual([
      'globalCatalog: is for the preset active-directory alone',
    ]);
  });

  it('has each domain once', () => {
    const servers = ['ldaps://dc1.ad.example'];
    const same = { ...CHILD, base: 'dc=ad, dc=example' };
    expect(faults({ globalCatalog: { servers, domains: [CHILD, same] } })).toEqual([
      'globalCatalog.domains: names a base twice',
    ]);
  });

  it('is asked over TLS as its domains are', () => {
    const clear = { tls: 'dangerouslyNone', servers: ['ldap://dc1.ad.example'] };
    const globalCatalog = { servers: ['ldap://dc1.ad.example'], domains: [CHILD] };
    expect(faults({ ...clear, globalCatalog })).toEqual(['tls: dangerouslyNone goes with ldap:// alone']);
  });
});
