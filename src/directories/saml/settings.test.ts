import { describe, expect, it } from 'vitest';
import { settings } from './settings.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';
const whole = { name: 'All', metadata: { file: '/f.xml' }, federation: {} };

describe('a federation', () => {
  it.each([
    ['entityId', { entityId: 'https://idp.partner.example/' }],
    ['metadata', { metadata: { mdq: 'https://mdq.example/', certificate: PEM } }],
    ['scopes', { scopes: ['partner.example'] }],
    ['linking', { linking: 'owner' }],
  ])('is not described by %s', (path, more) => {
    const { error } = settings.safeParse({ ...whole, ...more });
    expect(error?.issues.map((issue) => issue.path[0])).toEqual([path]);
  });

  it.each([{}, { linking: 'operator' }, { linking: 'never' }])('is described by the rest: %o', (more) => {
    expect(settings.safeParse({ ...whole, ...more }).error).toBeUndefined();
  });
});
