import { z } from 'zod';
import { KINDS } from '../../core/assurance.ts';
import type { BeliefRow } from '../../core/belief.ts';
import { parseDuration } from '../../core/duration.ts';
import { LINKING } from '../../core/upstream.ts';
import { PRESETS, type Preset, type PresetName } from './presets.ts';

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;
const NAMES = Object.keys(PRESETS) as [PresetName, ...PresetName[]];
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const text = z.string().min(1).max(200);
const texts = z.array(text).min(1).max(20);
const localized = z.union([text, z.record(z.string().min(2).max(35), text)]);

function duration(least: number, most: number) {
  return z.string().transform((value, { addIssue }) => {
    const length = parseDuration(value);
    if (length !== undefined && length >= least && length <= most) return length;
    addIssue(`must be a duration from ${least / MINUTE}m to ${most / HOUR}h`);
    return z.NEVER;
  });
}

/** An issuer identifier (OpenID Connect Core section 2): compared by its characters, so a slash at the end counts. */
const issuer = z
  .string()
  .max(255)
  .refine((value) => {
    const url = URL.parse(value);
    if (url === null || url.search !== '' || url.hash !== '' || url.username !== '') return false;
    return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
  }, 'must be an https address without query, as the provider’s own document says it')
  .refine((value) => !/[{}]|\/(common|organizations|consumers)\//.test(value), 'must name one tenant, by its id');

const row = z
  .strictObject({
    acr: texts.optional(),
    amr: texts.optional(),
    acrs: texts.optional(),
    kinds: z.array(z.enum(KINDS)).min(1),
    phishingResistant: z.boolean().optional(),
    attested: z.boolean().optional(),
  })
  .refine(({ acr, amr, acrs }) => acr !== undefined || amr !== undefined || acrs !== undefined, {
    error: 'names nothing that the provider says: add acr, amr or acrs',
  })
  .refine(({ acrs, amr }) => acrs === undefined || amr?.includes('mfa') === true, {
    error: 'counts acrs alone: it is also issued where nothing was shown, so add amr: [mfa]',
  });

/** How a provider is asked for more than who it is. */
const asking = z.strictObject({
  acrValues: texts.optional().describe('Parameter acr_values'),
  essentialAcr: texts.optional().describe('The claim acr, essential, with these values'),
  acrs: texts.optional().describe('The claim acrs, essential, with the first of these'),
});

const claim = text.optional();

export const settings = z
  .strictObject({
    name: localized.describe('As people know the provider: it stands on the button'),
    preset: z.enum(NAMES).default('plain').describe('Its make: how it names people, is asked, and says what was shown'),
    issuer: issuer.describe('Its issuer identifier, to the character'),
    clientId: text,
    clientSecret: z.string().min(16).max(512),
    authentication: z
      .enum(['client_secret_basic', 'client_secret_post'])
      .default('client_secret_basic')
      .describe('How the gateway shows its secret there'),
    scopes: z.array(text).max(20).optional().describe('Beside openid; by default the preset’s'),
    speaksFor: z
      .array(z.string().regex(/^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/))
      .max(50)
      .default([])
      .describe('Domains of ours in which it names people as we do'),
    requires: z
      .record(text, texts)
      .default({})
      .describe('Claims of which each must have one of these values, as hd or tid'),
    asks: z
      .strictObject({ twoKinds: asking.optional(), resistant: asking.optional() })
      .optional()
      .describe('How it is asked for two kinds of proof, and for one that can’t be phished; by default the preset’s'),
    assurance: z
      .array(row)
      .max(50)
      .optional()
      .describe('What counts of what it says was shown; what no line names is one proof of knowledge'),
    repeatsUs: z
      .boolean()
      .default(false)
      .describe('It passes on what this gateway said, as its external method: nothing of that counts a second time'),
    claims: z
      .strictObject({ ...{ username: claim, name: claim, email: claim, givenName: claim, familyName: claim } })
      .extend({ phone: claim, department: claim, locale: claim })
      .prefault({})
      .describe('Claims that describe a person, where they are others than the usual ones'),
    groups: z
      .strictObject({
        always: z.array(text).max(20).default([]).describe('Groups of everybody who comes by it'),
        claim: text.optional().describe('The claim with the names of its groups; by default the preset’s'),
        map: z.record(text, text).optional().describe('Its groups, each with the group that it stands for here'),
      })
      .prefault({}),
    frontChannelLogout: z
      .boolean()
      .optional()
      .describe('It tells of a session’s end by a frame in the browser, with iss and sid; by default the preset’s'),
    signOutReturns: z
      .boolean()
      .default(false)
      .describe('Whoever signs out there as well comes back: <issuer>/signed-out is registered with it'),
    freshness: duration(MINUTE, 30 * 24 * HOUR)
      .prefault('12h')
      .describe(
        'How long ago it may have shown more than who it is; longer ago, or untold when, that is all that counts',
      ),
    linking: z
      .enum(LINKING)
      .default('owner')
      .describe(
        'Who may sign in to an account that they have here by it as well: nobody, whom an operator links, or also who links it',
      ),
    askAgain: duration(HOUR, 90 * 24 * HOUR)
      .prefault('24h')
      .describe('How long somebody is taken to be still there since it last said so'),
    checkEvery: duration(MINUTE, 24 * HOUR)
      .optional()
      .describe('How often it is asked in silence, by a refresh token, whether whoever is seen here is still there'),
  })
  .superRefine(({ preset, requires, issuer: own }, { addIssue }) => {
    for (const name of PRESETS[preset].pins) {
      // The tenant's own issuer pins it.
      if (requires[name] !== undefined || (name === 'tid' && own.split('/').some(isTenant))) continue;
      addIssue({ code: 'custom', path: ['requires', name], message: `is missing: anybody's people would come in` });
    }
  });

export type Settings = z.infer<typeof settings>;

const isTenant = (part: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(part);

/** With what the preset says where the configuration says nothing. */
export interface Ways extends Omit<Preset, 'pins' | 'groups' | 'lasting'> {
  groups: { claim: string; map: Readonly<Record<string, string>> | undefined; always: readonly string[] };
  requires: Readonly<Record<string, readonly string[]>>;
  freshness: number;
  /** Parameters by which it gives a refresh token; absent: none is asked for. */
  lasting?: Readonly<Record<string, string>>;
}

/** `repeats`: it may say again what it was told here. */
export function waysOf({ preset, issuer: own, requires, ...given }: Settings, repeats: boolean): Ways {
  const { pins, lasting, ...made } = PRESETS[preset];
  const { checkEvery } = given;
  const tenant = pins.includes('tid') ? own.split('/').find(isTenant) : undefined;
  return {
    ...made,
    ...scopesOf(given.scopes ?? made.scopes, checkEvery === undefined ? undefined : lasting),
    asks: given.asks ?? made.asks,
    freshness: given.freshness,
    frontChannelLogout: given.frontChannelLogout ?? made.frontChannelLogout,
    assurance: repeats ? [] : (given.assurance?.map(rowOf) ?? made.assurance),
    groups: { claim: given.groups.claim ?? made.groups, map: given.groups.map, always: given.groups.always },
    requires: { ...(tenant === undefined ? {} : { tid: [tenant] }), ...requires },
  };
}

function scopesOf(scopes: readonly string[], lasting: Preset['lasting'] | undefined): Pick<Ways, 'scopes' | 'lasting'> {
  if (lasting === undefined) return { scopes };
  return { scopes: [...scopes, ...lasting.scopes], lasting: lasting.parameters };
}

function rowOf({ kinds, phishingResistant, attested, ...named }: z.infer<typeof row>): BeliefRow {
  const when = Object.entries(named).flatMap(([name, values]) => (values ? [[name, values] as const] : []));
  return { when: Object.fromEntries(when), kinds, phishingResistant, attested };
}
