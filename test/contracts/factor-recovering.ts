import { expect, it } from 'vitest';
import type { FactorModule } from '../../src/core/factor.ts';
import type { FactorContract } from './factor-contract.ts';
import { challenge, equip, needed, proved } from './factor-steps.ts';

/** What a factor owes that counts where a password is forgotten. */
export function asksRecovering({ module, open }: { module: FactorModule; open: FactorContract['open'] }): void {
  it('recovers: says what each credential stands on; its codes need no challenge, and no account for the same answer', async () => {
    const it = await open();
    await equip(module, it);
    const { code, standsOn } = needed(it.factor.recovers);
    for (const credential of it.held) {
      const ground = standsOn(credential);
      if (it.factor.moves?.onPhone(credential)) expect(ground).toBe('phone');
      if (code !== undefined) expect([code, undefined]).toContain(ground);
    }
    if (code === undefined) return;
    const pending = module.pending.parse({});
    const asked = await challenge(module, it);
    await proved(it, { ...asked, pending }, await it.answer(asked));
    const wrong = await it.wrong(asked);
    const known = await it.factor.verify(pending, it.held, wrong, it.account);
    expect(await it.factor.verify(pending, [], wrong, undefined)).toEqual(known);
  });
}
