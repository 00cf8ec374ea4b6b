import { describe, expect, it } from 'vitest';
import { code, input, key, requirement, secret } from './assess.fixtures.ts';
import { assess } from './assess.ts';

const onlyIfNamed = new Set(['code']);
const allowing = (...factors: string[]) => ({ onlyIfNamed, requirement: requirement({ factors }) });

describe('a factor that a requirement has to name', () => {
  it('counts where that names it', () => {
    expect(assess(input({ ...allowing('key', 'code'), evidence: [secret, code] }))).toMatchObject({ level: 'mfa' });
  });

  it.each([
    ['a list that names others', allowing('key')],
    ['no list', { onlyIfNamed }],
    ['an empty list', allowing()],
  ])('counts for nothing with %s, neither now nor by a remembered device', (_case, given) => {
    const now = assess(input({ ...given, evidence: [secret, code] }));
    expect(now).toMatchObject({ satisfied: false, missing: 'second', level: 'sfa', amr: ['pwd'] });
    const remembered = assess(input({ ...given, evidence: [secret], device: { proofs: [code] } }));
    expect(remembered).toMatchObject({ satisfied: false, remembered: false });
  });

  it('takes nothing from others', () => {
    expect(assess(input({ onlyIfNamed, evidence: [secret, code, key] }))).toMatchObject({
      satisfied: true,
      level: 'phr',
    });
  });
});
