import type { Entry } from 'ldapts';
import { describe, expect, it } from 'vitest';
import { STATES } from './states.ts';

const at = Date.UTC(2026, 10, 30, 8);
const entry = (attributes: Record<string, string>): Entry => ({ dn: 'uid=ada', ...attributes });

describe('when a password was changed', () => {
  it.each([
    ['active-directory', { pwdLastSet: String((BigInt(at) + 11_644_473_600_000n) * 10_000n) }, at],
    // It must be changed: nobody knows how old it is.
    ['active-directory', { pwdLastSet: '0' }, undefined],
    ['openldap', { pwdChangedTime: '20261130080000Z' }, at],
    ['389-ds', { pwdUpdateTime: '20261130080000Z' }, at],
    ['freeipa', { krbLastPwdChange: '20261130080000Z' }, at],
    ['openldap', {}, undefined],
    ['freeipa', { krbLastPwdChange: 'yesterday' }, undefined],
  ] as const)('is told by %s: %j', (server, attributes, expected) => {
    const state = STATES[server];
    expect(state.passwordChangedAt(entry(attributes))).toBe(expected);
    expect(state.attributes).toEqual(expect.arrayContaining(Object.keys(attributes)));
  });
});
