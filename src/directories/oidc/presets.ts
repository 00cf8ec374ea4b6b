import type { Kind } from '../../core/assurance.ts';
import type { BeliefRow } from '../../core/belief.ts';

/** How a provider is asked for more: the parameter `acr_values`, or essential claims. */
export interface Asking {
  acrValues?: readonly string[] | undefined;
  essentialAcr?: readonly string[] | undefined;
  acrs?: readonly string[] | undefined;
}

/** What providers of one make have in common: how they name people, are asked for more, and say what was shown. */
export interface Preset {
  /** The claim that names a person within the issuer, and is never given to another. */
  subject: string;
  scopes: readonly string[];
  asks: { twoKinds?: Asking | undefined; resistant?: Asking | undefined };
  /** How it is asked for something given lately: by an age, by asking anew, or it can't be. */
  ages: 'max_age' | 'prompt' | 'none';
  assurance: readonly BeliefRow[];
  /** The claim with the names of groups. */
  groups: string;
  /** It tells of a session's end by a frame in the browser. */
  frontChannelLogout: boolean;
  /** How it is asked for a refresh token, by which to ask later whether somebody is still there. */
  lasting: { scopes: readonly string[]; parameters: Readonly<Record<string, string>> };
  /** Claims that an installation has to pin, or people of every tenant come in. */
  pins: readonly string[];
}

const BOTH: readonly Kind[] = ['knowledge', 'possession'];
const KEY: readonly Kind[] = ['possession', 'inherence'];

/** OpenID Connect Core section 11: without this prompt the scope is to be ignored. Most makes go without. */
const BY_CONSENT = { scopes: ['offline_access'], parameters: { prompt: 'consent' } };
const BY_SCOPE = { scopes: ['offline_access'], parameters: {} };

const plain: Preset = {
  ...{
    subject: 'sub',
    scopes: ['profile', 'email'],
    asks: {},
    ages: 'max_age',
    assurance: [],
    groups: 'groups',
    frontChannelLogout: false,
    lasting: BY_CONSENT,
    pins: [],
  },
};

/**
 * Entra ID. `sub` differs from one registration to the next: `oid` within the tenant's own issuer is the person. There
 * is no `max_age`. Without the optional claims `amr` and `auth_time` it says neither.
 */
const entra: Preset = {
  ...plain,
  ...{ subject: 'oid', ages: 'prompt', frontChannelLogout: true, lasting: BY_SCOPE, pins: ['tid'] },
  assurance: [
    { when: { amr: ['mfa'] }, kinds: BOTH },
    // Synced passkeys say it too: nothing is said of hardware.
    { when: { amr: ['fido', 'mfa'] }, kinds: KEY, phishingResistant: true },
  ],
};

/** Google Workspace. Its `amr` is about Google's own session, which may be weeks old; nothing can be asked for. */
const google: Preset = {
  ...plain,
  ...{ ages: 'none', pins: ['hd'] },
  // It knows no such scope, and gives the token at the first consent alone.
  lasting: { scopes: [], parameters: { access_type: 'offline', prompt: 'consent' } },
  assurance: [{ when: { amr: ['mfa'] }, kinds: BOTH }],
};

/** Okta. Classes that it doesn't know it ignores, so that what comes back is what counts. */
const okta: Preset = {
  ...plain,
  lasting: BY_SCOPE,
  asks: { twoKinds: { acrValues: ['urn:okta:loa:2fa:any'] }, resistant: { acrValues: ['phr'] } },
  assurance: [
    { when: { acr: ['urn:okta:loa:2fa:any'] }, kinds: BOTH },
    { when: { amr: ['mfa'] }, kinds: BOTH },
    { when: { acr: ['phr'] }, kinds: KEY, phishingResistant: true },
    { when: { acr: ['phrh'] }, kinds: KEY, phishingResistant: true, attested: true },
  ],
};

/** Keycloak. What its levels are called and mean is each realm's: the operator says so. */
const keycloak: Preset = { ...plain, lasting: BY_SCOPE };

/** AD FS. It can't say by itself what was shown. */
const adfs: Preset = {
  ...plain,
  ...{ scopes: ['profile', 'email', 'allatclaims'], ages: 'prompt', groups: 'group', lasting: BY_SCOPE },
};

export const PRESETS = { plain, entra, google, okta, keycloak, adfs } satisfies Record<string, Preset>;
export type PresetName = keyof typeof PRESETS;
