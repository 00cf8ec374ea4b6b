import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadModules } from '../../src/boot/modules.ts';
import type { FactorContract } from './factor-contract.ts';
import { factorSuite } from './factor-suite.ts';

const { factors } = await loadModules();
const contractOf = (id: string) => new URL(`../../src/factors/${id}/testing/contract.ts`, import.meta.url);

it.each([...factors.keys()])('%s says what the suite is to ask it by', (id) => {
  expect(existsSync(contractOf(id))).toBe(true);
});

for (const [id, module] of factors) {
  if (!existsSync(contractOf(id))) continue;
  const { default: contract }: { default: FactorContract } = await import(contractOf(id).href);
  describe(`factor ${id}`, () => factorSuite(module, contract));
}
