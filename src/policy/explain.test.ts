import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration } from '../core/duration.ts';
import type { Rule } from '../core/policy.ts';
import { assess } from './assess.ts';
import { columns, widthOf } from './columns.ts';
import { decide } from './decide.ts';
import { type ExplainInput, explain } from './explain.ts';
import { durationWords } from './words.ts';

const NOW = Date.UTC(2026, 10, 20, 9);
const DAY = 86_400_000;

const rules: Rule[] = [
  { name: '所有人', level: 'sfa' },
  { name: 'courses', applications: ['courses'], level: 'mfa', remember: 30 * DAY },
  { name: 'phr-from-spring', level: 'phr', from: Date.UTC(2027, 2, 1) },
];
const account = { id: 'a', groups: ['staff', '護理'], createdAt: 0, enrolled: true };
const requirement = decide(rules, { now: NOW, application: 'courses', account, networks: ['campus'] });
const input: ExplainInput = {
  application: 'courses',
  account: { username: 'chan', name: '陳大文', groups: account.groups, enrolled: true },
  networks: ['campus'],
  now: NOW,
  requirement,
};

const secret = {
  factor: 'secret',
  credential: 'secret',
  amr: ['pwd'],
  kinds: ['knowledge' as const],
  phishingResistant: false,
  attested: false,
  at: NOW,
  request: 'r',
};
const trial = (device: 'trusted' | 'none', change: Partial<typeof requirement> = {}): ExplainInput => ({
  ...input,
  trial: {
    device,
    assessment: assess({
      requirement: { ...requirement, ...change },
      evidence: [secret],
      ...(device === 'trusted' && { device: { proofs: [{ ...secret, factor: 'code', kinds: ['possession'] }] } }),
      wants: { acrValues: [], acrEssential: false, reauthenticate: false },
      request: 'r',
      now: NOW,
      acr: new Map(),
      reachable: 'mfa',
    }),
  },
});

describe('explain', () => {
  it('shows facts, decision and reasons', () => {
    expect(explain(input)).toBe(`application      courses
account          chan, 陳大文
groups           staff, 護理
enrolled         yes
networks         campus
time             2026-11-20T09:00:00.000Z

decision         allow
level            mfa
freshness        as long as the session
factors          any
remember         30d
first enrolment  allowed

rule             effect   demands                      until
courses          applied  level: mfa, remember: 30d    -
phr-from-spring  not-yet  level: phr, remember: never  2027-03-01T00:00:00.000Z
所有人           applied  level: sfa                   -
`);
  });

  it('shows the strictest decision, before the person is known', () => {
    const strict = {
      ...requirement,
      deny: true,
      freshness: DAY,
      factors: [],
      remember: 0,
      perRequest: true,
      firstEnrolment: false,
    };
    const text = explain({ ...input, account: undefined, networks: [], requirement: strict });
    for (const line of [
      /^account +not known yet$/m,
      /^networks +none$/m,
      /^decision +deny$/m,
      /^freshness +1d$/m,
      /^factors +none$/m,
      /^remember +never: a second factor in each request$/m,
      /^first enrolment +not allowed$/m,
    ]) {
      expect(text).toMatch(line);
    }
    expect(text).not.toMatch(/^groups/m);
  });

  it.each([
    ['phr', /^remember +not accepted: a device never exceeds mfa$/m],
    ['mfa', /^remember +not accepted$/m],
  ] as const)('says why no device is accepted for %s', (level, line) => {
    expect(explain({ ...input, requirement: { ...requirement, level, remember: 0 } })).toMatch(line);
  });

  it.each([
    [trial('trusted'), /^device +remembered$/m, /signed in, the device stands for the second factor$/m],
    [trial('none'), /^device +not remembered$/m, /a second factor is asked for$/m],
    [trial('none', { level: 'sfa' }), /^device +not remembered$/m, /factor +signed in$/m],
    [trial('trusted', { deny: true }), /^device/m, /factor +refused$/m],
    [trial('trusted', { freshness: -1 }), /^device/m, /the first factor is asked for again$/m],
  ])('shows how a sign-in would go (%#)', (given, device, result) => {
    expect(explain(given)).toMatch(device);
    expect(explain(given)).toMatch(result);
  });

  it('says so where an essential class is out of reach', () => {
    const { trial: tried } = trial('none');
    if (!tried) throw new Error('no trial');
    const assessment = { ...tried.assessment, unreachable: true };
    expect(explain({ ...input, trial: { ...tried, assessment } })).toMatch(
      /refused: the requested class is out of reach$/m,
    );
  });

  it('lets no name write to the terminal', () => {
    const text = explain({
      ...input,
      account: { username: '\u001b[2J\u202eadmin\nlevel  sfa', groups: [], enrolled: true },
    });
    expect(text).toContain('\ufffd[2J\ufffdadmin\ufffdlevel  sfa');
    for (const raw of ['\u001b', '\u202e', '\nlevel  sfa']) expect(text).not.toContain(raw);
  });
});

describe('columns', () => {
  it.each([
    ['abc', 3],
    ['陳大文', 6],
    ['ｶﾅ', 2],
    ['カナ', 4],
    ['한글', 4],
    ['（）', 4],
    ['e\u0301', 1],
    ['👩‍⚕️', 2],
    ['', 0],
  ])('%s takes %i cells', (text, width) => {
    expect(widthOf(text)).toBe(width);
  });

  it('pads to the widest cell and leaves no space at the end', () => {
    expect(
      columns([
        ['陳', 'x', ''],
        ['abc', 'yy'],
      ]),
    ).toEqual(['陳   x', 'abc  yy']);
  });
});

describe('durations', () => {
  it.each([
    [30 * DAY, '30d'],
    [DAY / 2, '12h'],
    [90 * 60_000, '90m'],
    [45_000, '45s'],
    [1_500, '1500ms'],
    [0, '0s'],
  ])('%i: %s', (milliseconds, words) => {
    expect(durationWords(milliseconds)).toBe(words);
  });

  it('are what the configuration would read', () => {
    fc.assert(
      fc.property(fc.nat(999_999_999), (milliseconds) => parseDuration(durationWords(milliseconds)) === milliseconds),
    );
  });
});
