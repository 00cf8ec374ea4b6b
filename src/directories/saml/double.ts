/**
 * Providers as their makers document them, for tests: what each answers to an AuthnRequest, and to what somebody shows
 * it. An answer becomes a Response; a page of its own is where somebody is stranded, for nothing comes back from there.
 */

/** What somebody does there: the password alone, or a second step. */
export type Shown = 'password' | 'second';

export interface AtProvider {
  /** The AuthnRequest. */
  asked: string;
  shown: Shown;
  /** When they were asked last, epoch milliseconds: a session there is as old as that. */
  since: number;
  now: number;
  groups?: readonly string[];
  /** A claim rule of AD FS passes `authnmethodsreferences` on. */
  ruled?: boolean;
}

/** What a Response says. */
export interface Assertion {
  classRef: string;
  authnInstant: number;
  name: string;
  /** Last part of its format. */
  nameFormat: 'persistent' | 'emailAddress';
  attributes: Record<string, readonly string[]>;
  /** How long its Conditions and its confirmation are good, milliseconds. */
  lasts: number;
  confirmed: number;
  sign: 'assertion' | 'response' | 'both';
}

export type Says = Assertion | { status: readonly [string, string] } | { page: string };

type Provider = (at: AtProvider) => Says;

export const TENANT = '6babcaad-604b-40ac-a9d7-9fd97c0b779f';
const MICROSOFT = 'http://schemas.microsoft.com/';
const CLASSES = 'urn:oasis:names:tc:SAML:2.0:ac:classes:';
const METHODS = `${MICROSOFT}claims/authnmethodsreferences`;
const PASSWORD = `${MICROSOFT}ws/2008/06/identity/authenticationmethod/password`;
export const MULTIPLE = `${MICROSOFT}claims/multipleauthn`;
const MFA = 'https://refeds.org/profile/mfa';
const MINUTE = 60_000;

const classesIn = (asked: string): string[] =>
  [...asked.matchAll(/AuthnContextClassRef[^>]*>([^<]+)</g)].map(([, name = '']) => name);
const isForced = (asked: string): boolean => asked.includes('ForceAuthn="true"');

/** ForceAuthn is a fresh authentication, whatever it took. */
const instantOf = ({ asked, since, now }: AtProvider): number => (isForced(asked) ? now : since);
const methodsOf = ({ shown }: AtProvider) => (shown === 'second' ? [PASSWORD, MULTIPLE] : [PASSWORD]);

/** Classes that Entra takes: its list has no multi-factor one. */
const ENTRA_CLASSES = new Set(
  ['Password', 'PasswordProtectedTransport', 'X509', 'Kerberos', 'unspecified'].map((it) => CLASSES + it),
);
const ENTRA_FORMATS = /nameid-format:(persistent|emailAddress|unspecified|transient)$/;

/**
 * Entra ID. Nothing can be asked for; a request that it doesn't like ends at a page of its own. The class names the
 * strongest single method, and a second step is an attribute. More than 150 groups are a link.
 */
export const entra: Provider = (at) => {
  const { asked, groups = [] } = at;
  if (/<[\w:]*Subject[ >]/.test(asked)) return { page: 'AADSTS900236' };
  if (/ ID="\d/.test(asked)) return { page: 'AADSTS7500529' };
  const comparison = /Comparison="([^"]+)"/.exec(asked)?.[1] ?? 'exact';
  if (comparison !== 'exact') return { page: 'AADSTS75013' };
  if (classesIn(asked).some((it) => !ENTRA_CLASSES.has(it))) return { page: 'AADSTS75011' };
  const format = /NameIDPolicy[^>]* Format="([^"]+)"/.exec(asked)?.[1];
  if (format !== undefined && !ENTRA_FORMATS.test(format)) return { page: 'AADSTS75005' };
  return {
    ...{ classRef: `${CLASSES}Password`, authnInstant: instantOf(at) },
    ...{ name: 'pairwise-of-ada', nameFormat: 'persistent' },
    attributes: {
      [`${MICROSOFT}identity/claims/tenantid`]: [TENANT],
      [`${MICROSOFT}identity/claims/objectidentifier`]: ['00000000-0000-0000-66f3-3332eca7ea81'],
      [`${MICROSOFT}identity/claims/displayname`]: ['Ada Lovelace'],
      [METHODS]: methodsOf(at),
      ...(groups.length > 150
        ? { [`${MICROSOFT}claims/groups.link`]: ['https://graph.windows.net/getMemberObjects'] }
        : { [`${MICROSOFT}ws/2008/06/identity/claims/groups`]: groups }),
    },
    ...{ lasts: 70 * MINUTE, confirmed: 5 * MINUTE, sign: 'assertion' },
  };
};

/** AD FS. Whatever is asked, the class is none of those asked for unless a rule issues one. */
export const adfs: Provider = (at) => ({
  ...{ classRef: `${CLASSES}PasswordProtectedTransport`, authnInstant: instantOf(at) },
  ...{ name: 'persistent-of-ada', nameFormat: 'persistent' },
  attributes: {
    [`${MICROSOFT}ws/2008/06/identity/claims/windowsaccountname`]: ['CORP\\ada'],
    ...(at.ruled && { [METHODS]: methodsOf(at) }),
  },
  ...{ lasts: 60 * MINUTE, confirmed: 5 * MINUTE, sign: 'assertion' },
});

/** Google. Its name identifier is an address, which is given to others, and it says nothing of how. */
export const google: Provider = ({ since }) => ({
  ...{
    classRef: `${CLASSES}unspecified`,
    authnInstant: since,
    name: 'ada@partner.example',
    nameFormat: 'emailAddress',
  },
  attributes: {},
  ...{ lasts: 10 * MINUTE, confirmed: 5 * MINUTE, sign: 'response' },
});

/** Shibboleth with the REFEDS profiles: exactly what is asked for, or a status that says it can't. */
export const shibboleth: Provider = (at) => {
  const wanted = classesIn(at.asked);
  if (wanted.length > 0 && !wanted.includes(MFA)) return { status: ['Requester', 'NoAuthnContext'] };
  if (wanted.length > 0 && at.shown === 'password') return { status: ['Responder', 'NoAuthnContext'] };
  return {
    classRef: wanted.length > 0 ? MFA : `${CLASSES}PasswordProtectedTransport`,
    ...{ authnInstant: instantOf(at), name: 'stored-id-of-ada', nameFormat: 'persistent' },
    attributes: { 'urn:oasis:names:tc:SAML:attribute:subject-id': ['ada@partner.example'] },
    ...{ lasts: 5 * MINUTE, confirmed: 5 * MINUTE, sign: 'both' },
  };
};
