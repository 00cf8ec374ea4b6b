import { describe, expect, it } from 'vitest';
import type { FactorModule } from '../../core/factor.ts';
import { testModules } from '../testing/modules.ts';
import { jsonSchemaOf, sectionsOf } from './schema.ts';

const written = (factors: ReadonlyMap<string, FactorModule>) =>
  JSON.stringify(jsonSchemaOf({ ...testModules, factors }));

describe('the schema', () => {
  it('is composed once for the same modules, in whatever maps they come', () => {
    const { factors } = testModules;
    const [first, copied] = [testModules, { ...testModules, factors: new Map(factors) }];
    expect(sectionsOf(copied)).toBe(sectionsOf(first));
    expect(jsonSchemaOf(copied)).toBe(jsonSchemaOf(first));
  });

  it('is another one as soon as a module came, went, or is under its name another one', () => {
    const [[id, chip] = []] = testModules.factors;
    if (id === undefined || chip === undefined) throw new Error('the tests’ modules have no factor');
    const factors = new Map(testModules.factors);
    const before = written(factors);
    expect(written(factors.set('late', { ...chip, id: 'late' }))).toContain('"late"');
    factors.delete('late');
    expect(written(factors)).toBe(before);
    const kept = sectionsOf({ ...testModules, factors });
    factors.set(id, { ...chip });
    expect(sectionsOf({ ...testModules, factors })).not.toBe(kept);
  });
});
