import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AcrTable,
  acrOf,
  DEFAULT_ACR,
  LEVELS,
  type Level,
  REFEDS_MFA,
  REFEDS_SFA,
  reaches,
} from '../../../core/assurance.ts';
import { COMPARISONS } from '../../../saml/model.ts';
import { type ContextRequest, classOf, UNSPECIFIED, wantsOf } from './authn-context.ts';
import { type Classes, classesOf } from './classes.ts';

const PPT = 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport';
const MULTIPLE = 'http://schemas.microsoft.com/claims/multipleauthn';
const TABLE: AcrTable = new Map([...DEFAULT_ACR, [PPT, 'sfa'], [MULTIPLE, 'mfa']]);

/** A table that the core has whole. */
const known = (table: AcrTable): Classes => ({ table, coreName: (name) => name, asksNothing: () => false });

type Comparison = (typeof COMPARISONS)[number];
const asks = (comparison: Comparison, ...classes: string[]): ContextRequest => ({
  forceAuthn: false,
  requestedAuthnContext: { comparison, classes, declarations: false },
});
const essential = (...acrValues: string[]) => ({ acrValues, acrEssential: true, reauthenticate: false });
const welcome = (...acrValues: string[]) => ({ acrValues, acrEssential: false, reauthenticate: false });

describe('what an AuthnRequest asks of the sign-in', () => {
  it.each<[string, ContextRequest, ReturnType<typeof wantsOf>]>([
    ['nothing', { forceAuthn: false }, welcome()],
    ['ForceAuthn', { forceAuthn: true }, { ...welcome(), maxAge: 0, reauthenticate: true }],
    ['one class', asks('exact', REFEDS_MFA), essential(REFEDS_MFA)],
    ['several, in their order', asks('exact', 'phr', 'urn:x', REFEDS_MFA), essential('phr', REFEDS_MFA)],
    ['an unknown class', asks('exact', 'urn:x'), undefined],
    ['no class', asks('exact'), undefined],
    ['anything', asks('exact', UNSPECIFIED), welcome()],
    ['anything rather than more', asks('exact', UNSPECIFIED, REFEDS_MFA), welcome()],
    ['more rather than anything', asks('exact', REFEDS_MFA, UNSPECIFIED), welcome(REFEDS_MFA)],
    ['at least one', asks('minimum', MULTIPLE, 'phr'), essential(MULTIPLE, 'phr')],
    ['at least an unknown one', asks('minimum', 'urn:x'), undefined],
    ['at most one', asks('maximum', MULTIPLE), essential(MULTIPLE, REFEDS_MFA, REFEDS_SFA, PPT)],
    ['at most anything', asks('maximum', UNSPECIFIED), welcome()],
    ['at most an unknown one', asks('maximum', 'urn:x'), undefined],
    ['better than one', asks('better', REFEDS_MFA), essential('phrh', 'phr')],
    ['better than several', asks('better', PPT, 'phr'), essential('phrh')],
    ['better than the best', asks('better', 'phrh'), undefined],
    ['better than an unknown one', asks('better', PPT, 'urn:x'), undefined],
    [
      'better than anything',
      asks('better', UNSPECIFIED),
      essential('phrh', 'phr', REFEDS_MFA, MULTIPLE, REFEDS_SFA, PPT),
    ],
    [
      'declarations',
      { forceAuthn: false, requestedAuthnContext: { comparison: 'exact', classes: [], declarations: true } },
      undefined,
    ],
  ])('%s', (_, request, wants) => {
    expect(wantsOf(request, known(TABLE))).toEqual(wants);
  });

  it('ForceAuthn as well as a class', () => {
    const wants = wantsOf({ ...asks('exact', REFEDS_MFA), forceAuthn: true }, known(TABLE));
    expect(wants).toEqual({ acrValues: [REFEDS_MFA], acrEssential: true, maxAge: 0, reauthenticate: true });
  });
});

describe('the class that is sent', () => {
  it.each<[string, ContextRequest, Level | undefined, string | undefined]>([
    ['the first that is satisfied', asks('exact', 'phr', MULTIPLE, REFEDS_SFA), 'mfa', MULTIPLE],
    ['the one asked for, where more was proven', asks('exact', REFEDS_SFA), 'phrh', REFEDS_SFA],
    ['none, where too little was', asks('exact', REFEDS_MFA), 'sfa', undefined],
    ['anything, where too little was for the first', asks('exact', REFEDS_MFA, UNSPECIFIED), 'sfa', UNSPECIFIED],
    ['the strongest within the limit', asks('maximum', 'phr'), 'mfa', REFEDS_MFA],
    ['the provider’s own at the limit', asks('maximum', MULTIPLE), 'phrh', MULTIPLE],
    ['the better one', asks('better', PPT), 'phr', 'phr'],
    ['none that is only as good', asks('better', REFEDS_MFA), 'mfa', undefined],
  ])('is %s', (_, request, level, sent) => {
    expect(classOf(request, known(TABLE), { level })).toBe(sent);
  });

  it('is the level’s own where none was asked for, and unspecified where it has none', () => {
    expect(classOf({}, known(TABLE), { level: 'mfa', acr: REFEDS_MFA })).toBe(REFEDS_MFA);
    expect(classOf({}, known(new Map()), { level: 'sfa' })).toBe(UNSPECIFIED);
  });
});

describe('classes that toolkits send by habit', () => {
  const CLASS = 'urn:oasis:names:tc:SAML:2.0:ac:classes:';
  const classes = classesOf(new Map(DEFAULT_ACR), { [`${CLASS}Kerberos`]: 'never', 'urn:own': 'phr', [PPT]: 'sfa' });

  it.each<[string, ContextRequest, ReturnType<typeof wantsOf>, [Level, string | undefined][]]>([
    [
      'any sign-in',
      asks('exact', PPT),
      welcome(),
      [
        ['sfa', PPT],
        ['phrh', PPT],
      ],
    ],
    [
      'at least that',
      asks('minimum', PPT),
      welcome(),
      [
        ['sfa', PPT],
        ['mfa', PPT],
      ],
    ],
    [
      'at most that',
      asks('maximum', PPT),
      welcome(),
      [
        ['sfa', PPT],
        ['phr', PPT],
      ],
    ],
    [
      'better than that',
      asks('better', PPT),
      essential('phrh', 'phr', REFEDS_MFA),
      [
        ['sfa', undefined],
        ['mfa', REFEDS_MFA],
        ['phr', 'phr'],
      ],
    ],
    [
      'two factors',
      asks('exact', MULTIPLE),
      essential(REFEDS_MFA),
      [
        ['sfa', undefined],
        ['mfa', MULTIPLE],
      ],
    ],
    ['a token', asks('exact', `${CLASS}TimesyncToken`), essential(REFEDS_MFA), [['mfa', `${CLASS}TimesyncToken`]]],
    [
      'a certificate',
      asks('exact', `${CLASS}X509`),
      essential('phr'),
      [
        ['mfa', undefined],
        ['phr', `${CLASS}X509`],
      ],
    ],
    ['what the operator refuses', asks('exact', `${CLASS}Kerberos`), undefined, [['phrh', undefined]]],
    ['what the operator adds', asks('exact', 'urn:own'), essential('phr'), [['phr', 'urn:own']]],
    ['one of several', asks('exact', `${CLASS}X509`, PPT), welcome(), [['sfa', PPT]]],
  ])('%s', (_, request, wants, sent) => {
    expect(wantsOf(request, classes)).toEqual(wants);
    for (const [level, name] of sent) expect(classOf(request, classes, { level })).toBe(name);
  });

  it('keep the level that the acr table gives them', () => {
    const { table } = classesOf(new Map([...DEFAULT_ACR, [PPT, 'mfa']]), { [PPT]: 'sfa' });
    expect(table.get(PPT)).toBe('mfa');
  });
});

const request = fc.record({
  comparison: fc.constantFrom(...COMPARISONS),
  classes: fc.array(fc.constantFrom(...TABLE.keys(), UNSPECIFIED, 'urn:x', 'urn:y'), { maxLength: 4 }),
});
const tables = fc.subarray([...TABLE]).map((rows): AcrTable => new Map(rows));
const level = fc.constantFrom(...LEVELS);

describe('for every request, table and level', () => {
  const rank = (name: string, table: AcrTable) => LEVELS.indexOf(table.get(name) as Level);

  it('what is sent was proven, and is what the comparison allows', () => {
    fc.assert(
      fc.property(request, tables, level, ({ comparison, classes }, table, held) => {
        const sent = classOf(asks(comparison, ...classes), known(table), { level: held });
        if (sent === undefined) return;
        const at = rank(sent, table);
        const ranks = classes
          .filter((name) => table.has(name) || name === UNSPECIFIED)
          .map((name) => rank(name, table));
        expect(at).toBeLessThanOrEqual(LEVELS.indexOf(held));
        if (comparison === 'exact') expect(classes).toContain(sent);
        if (comparison === 'minimum') expect(at).toBeGreaterThanOrEqual(Math.min(...ranks));
        if (comparison === 'maximum') expect(at).toBeLessThanOrEqual(Math.max(...ranks));
        if (comparison === 'better') expect(at).toBeGreaterThan(Math.max(...ranks));
      }),
      { numRuns: 300 },
    );
  });

  it('nothing is wanted only where nothing can be sent, and what meets the wants can be', () => {
    fc.assert(
      fc.property(request, tables, level, ({ comparison, classes }, table, held) => {
        const asked = asks(comparison, ...classes);
        const wants = wantsOf(asked, known(table));
        const sent = classOf(asked, known(table), { level: held });
        if (wants === undefined) {
          expect(sent).toBeUndefined();
          return;
        }
        const met = wants.acrValues.some((name) => reaches(held, table.get(name) ?? 'phrh'));
        expect(sent !== undefined).toBe(met || !wants.acrEssential);
        if (met) expect(sent).toBe(acrOf(table, held, wants.acrValues));
      }),
      { numRuns: 300 },
    );
  });
});
