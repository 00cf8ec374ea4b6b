import { expect, it } from 'vitest';
import { underChange, underHold } from '../../src/assurance/requirements.ts';
import { underAbsence } from '../../src/assurance/without-directory.ts';
import { policy } from '../../src/boot/config/sections/policy.ts';
import type { Requirement, Rule } from '../../src/core/policy.ts';
import { decide } from '../../src/policy/index.ts';
import { told } from '../../src/web/pages/help-desk/refusal.ts';
import { galleryRenderer, LOCALES, samples } from '../support/gallery.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2027, 6, 10);

/** What a rule is about, and from when it holds: shown in columns of their own, or not at all. */
const CONDITIONS = ['name', 'applications', 'groups', 'notGroups', 'networks', 'notNetworks', 'from', 'grace'] as const;

type Demanding = Omit<Rule, (typeof CONDITIONS)[number]>;
/** Every demand, in each form in which it may be written. */
const DEMANDS: { [Key in keyof Demanding]-?: NonNullable<Demanding[Key]>[] } = {
  level: ['sfa', 'mfa', 'phr', 'phrh'],
  freshness: [90_000, 12 * 3_600_000, 365 * DAY],
  factors: [['totp'], ['push', 'fido2']],
  calendar: [
    [{ use: ['duo'], until: NOW + DAY }],
    [
      { use: ['duo'], until: NOW + DAY },
      { use: ['push', 'fido2'], from: NOW, until: NOW + 2 * DAY },
      { use: ['totp'], from: NOW },
    ],
  ],
  remember: ['never', 30 * DAY],
  connection: ['never', 12 * 3_600_000],
  firstEnrolment: [false],
  deny: [true],
  dangerouslyWithoutDirectory: ['never', 7 * DAY],
};

const facts = { now: NOW, application: 'library', networks: [] };
const { html } = galleryRenderer();
const person = samples.find(({ name }) => name === 'help-desk-person');

/** What the help desk reads of a refusal with these reasons, as the audit keeps them. */
function shown(
  { reasons }: Pick<Requirement, 'reasons'>,
  locale: string,
): { raw: string[]; rules: string; said: string[] } {
  const detail = JSON.parse(JSON.stringify({ reason: 'unmet', rules: reasons }));
  const refusal = { at: NOW, ...told({ event: 'sign-in.denied', detail } as never) };
  if (person?.page !== 'help-desk-person') throw new Error('no such page');
  const page = html({ ...person, model: { ...person.model, refusal } } as never, locale);
  const [, rules = ''] = /<table role="table" aria-labelledby="rules">(.*?)<\/table>/s.exec(page) ?? [];
  const listed = [...rules.matchAll(/<ul class="demands">(.*?)<\/ul>/gs)].map(([, list = '']) => list);
  return {
    raw: [...rules.matchAll(/<code>(.*?)<\/code>/g)].map(([, code = '']) => code),
    rules: rules.replace(/<[^>]+>/g, ' '),
    said: listed.flatMap((list) => [...list.matchAll(/<li>(.*?)<\/li>/gs)].map(([, one = '']) => one)),
  };
}

it('know every demand that the policy’s schema has', () => {
  const [rule] = [policy.unwrap().shape.rules.unwrap().element.shape];
  const known = [...CONDITIONS, ...Object.keys(DEMANDS).filter((key) => key !== 'calendar')];
  expect(Object.keys(rule).sort()).toEqual(known.sort());
});

it.each(LOCALES)('say each in words, none as the configuration has it, in %s', (locale) => {
  const rules = Object.entries(DEMANDS).flatMap(([key, values]) =>
    values.map((value) => ({ name: 'r', [key]: value })),
  );
  for (const rule of rules) {
    const { raw, rules: text, said } = shown(decide([rule as Rule], facts), locale);
    expect(raw, JSON.stringify(rule)).toEqual([]);
    expect(said.length, JSON.stringify(rule)).toBeGreaterThan(0);
    // No key of a text, no name of a setting, no time as programs write it.
    expect(text).not.toMatch(/[a-z]\.[a-z-]+|\bfactors\b|\d{4}-\d\d-\d\dT|\{\{|firstEnrolment|freshness:/);
    if (locale !== 'en') expect(said.join().replace(/Duo|PIN|VPN/g, '')).not.toMatch(/[A-Za-z]{3,}/);
  }
});

it.each(LOCALES)('say what the gateway itself adds, and what its own rules are called, in %s', (locale) => {
  const plain = {
    deny: false,
    level: 'sfa',
    remember: 0,
    perRequest: false,
    firstEnrolment: true,
    reasons: [],
  } as const;
  for (const add of [underHold, underChange, underAbsence]) {
    const requirement = add(plain);
    const { raw, rules } = shown(requirement, locale);
    expect(raw).toEqual([]);
    if (locale !== 'en') expect(rules).not.toMatch(/[A-Za-z]{4,}/);
  }
});

it('show as it is what a version to come will say, and a factor that is gone', () => {
  const reason = {
    rule: 'r',
    effect: 'applied',
    demands: ['moon: full', 'factors: [<b>gone]', 'freshness: soon'],
  } as const;
  const { raw, said } = shown({ reasons: [reason] }, 'en');
  expect(raw).toEqual(['moon: full', 'freshness: soon']);
  expect(said[1]).toBe('the second step by &lt;b&gt;gone');
});
