import { expect, it } from 'vitest';
import type { FactorModule } from '../../src/core/factor.ts';
import type { LocaleFolder } from '../../src/web/i18n.ts';
import type { FactorContract } from './factor-contract.ts';
import { equip, expectTexts, needed } from './factor-steps.ts';

interface About {
  module: FactorModule;
  open: FactorContract['open'];
  folders: readonly LocaleFolder[];
}

/** What a factor owes whose credentials go by several names. */
export function asksSorting({ module, open, folders }: About): void {
  it('sorts: has a name for each sort in all languages, and no two alike', async () => {
    const it = await open();
    await equip(module, it);
    const { sortOf } = needed(it.factor.sorts);
    const keys = needed(it.sorts)(it.held).map((credential) => sortOf(credential) ?? 'method');
    for (const key of keys) expectTexts(module, folders, { key });
    expect(keys.length).toBeGreaterThan(1);
    expect(new Set(keys).size).toBe(keys.length);
  });
}
