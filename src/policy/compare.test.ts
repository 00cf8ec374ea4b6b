import { expect, it } from 'vitest';
import type { Rule } from '../core/policy.ts';
import { createComparison, type Side, type Somebody } from './compare.ts';

const DAY = 86_400_000;
const NOW = 1_800_000_000_000;

function side(rules: Rule[], more: Partial<Side> = {}): Side {
  return { rules, remember: 30 * DAY, networks: [], applications: new Set(['library', 'payroll']), ...more };
}

const somebody = (groups: string[] | undefined, more: Partial<Somebody> = {}): Somebody => ({
  ...{ id: 'x', groups, createdAt: 0, enrolled: { before: true, after: true } },
  ...more,
});

function lines(before: Side, after: Side, people: readonly Somebody[], most?: number): string[] {
  const comparison = createComparison(before, after, NOW);
  for (const person of people) comparison.add(person);
  return comparison.lines(most);
}

const open: Rule = { name: 'all', level: 'sfa' };
const staff: Rule = { name: 'staff', groups: ['staff'], applications: ['payroll'], level: 'mfa', remember: 'never' };

it('says nothing where rules are written otherwise and decide the same', () => {
  const people = [somebody(['staff']), somebody([]), somebody(undefined)];
  expect(lines(side([open, staff]), side([{ ...staff, name: 'other' }, open]), people)).toEqual([]);
});

it('counts people once for each way in which an application changes, with groups and no names', () => {
  const people = [somebody(['staff', 'it']), somebody(['staff', 'it', 'chess']), somebody(['students'], { id: 'ada' })];
  const told = lines(side([open]), side([open, staff]), people);
  expect(told.map((line) => line.split(/ {2,}/))).toEqual([
    ['decisions change for 2 of 3 people known'],
    ['application', 'from', 'to', 'people', 'groups'],
    ['payroll', 'sfa', 'mfa, never remembered', '2', 'it, staff, chess'],
  ]);
  expect(told.join()).not.toContain('ada');
});

it('looks at addresses of every network, by what each side calls them', () => {
  const rule: Rule = { name: 'away', notNetworks: ['campus'], level: 'phr' };
  const networks = (ranges: string[]) => [{ name: 'campus', ranges }];
  const before = side([open, rule], { networks: networks(['10.0.0.0/8', '192.0.2.0/24']) });
  const after = side([open, rule], { networks: networks(['10.0.0.0/8']) });
  expect(lines(before, after, [somebody([])]).slice(2)).toEqual([
    expect.stringMatching(/^library +sfa +phr, never remembered +1/),
    expect.stringMatching(/^payroll +sfa +phr, never remembered +1/),
  ]);
});

it('knows whom grace still spares, and who has no method any more', () => {
  const grace: Rule = { name: 'later', applications: ['library'], level: 'mfa', grace: 10 * DAY };
  const fresh = { createdAt: NOW - DAY, enrolled: { before: false, after: false } };
  const people = [somebody([], fresh), somebody([], { ...fresh, createdAt: NOW - 20 * DAY }), somebody([])];
  expect(lines(side([open]), side([open, grace]), people)[0]).toBe('decisions change for 2 of 3 people known');
  const lost = somebody([], { createdAt: NOW - DAY, enrolled: { before: true, after: false } });
  expect(lines(side([open, grace]), side([open, grace]), [lost])[2]).toMatch(/^library +mfa, never remembered +sfa +1/);
});

it('tells a refusal, factors and freshness, as many lines as are wanted', () => {
  const to: Rule[] = [
    open,
    { name: 'no', applications: ['library'], deny: true },
    { name: 'key', applications: ['payroll'], factors: ['chip'], freshness: 60_000, firstEnrolment: false },
  ];
  const all = lines(side([open]), side(to), [somebody([])]);
  expect(all[2]).toMatch(/^library +sfa +deny +1/);
  expect(all[3]).toMatch(/^payroll +sfa +sfa, by chip, fresh 1m, no first enrolment +1/);
  expect(lines(side([open]), side(to), [somebody([])], 1).at(-1)).toBe('… 1 more');
});

it('keeps no more for many people than for few', () => {
  const comparison = createComparison(side([open]), side([open, staff]), NOW);
  // Each in a group of their own, which no rule names.
  for (let at = 0; at < 50_000; at += 1) comparison.add(somebody(['staff', `own-${at}`]));
  expect(comparison.lines()[2]).toMatch(/^payroll +sfa +mfa, never remembered +50000 +staff, /);
});
