/**
 * Providers as their makers document them, for tests: what each answers to what it was asked, and to what somebody shows
 * it. Claims go into an ID token; an error goes back to the client.
 */

/** What somebody does there: the password alone, a second step, or a passkey. */
export type Shown = 'password' | 'second' | 'passkey';

export interface AtProvider {
  /** Parameters of the authorization request. */
  asked: URLSearchParams;
  shown: Shown;
  /** When they were asked last, seconds: a session there is as old as that. */
  since: number;
  now: number;
  /** The registration has the optional claims of Entra, or what Google calls session claims. */
  optional?: boolean;
  groups?: readonly string[];
}

export type Says = { claims: Record<string, unknown> } | { error: string };

type Provider = (at: AtProvider) => Says;

export const TENANT = '6babcaad-604b-40ac-a9d7-9fd97c0b779f';

interface Claims {
  id_token?: { acr?: { essential?: boolean; values?: string[] }; acrs?: { essential?: boolean; value?: string } };
}

const claimsOf = (asked: URLSearchParams): NonNullable<Claims['id_token']> =>
  (JSON.parse(asked.get('claims') ?? '{}') as Claims).id_token ?? {};

/** Since when somebody is signed in there, after what the request asked for. */
function sinceOf({ asked, since, now }: AtProvider, knows: { maxAge: boolean }): number {
  if (asked.get('prompt')?.split(' ').includes('login')) return now;
  const age = knows.maxAge ? asked.get('max_age') : null;
  return age !== null && now - since > Number(age) ? now : since;
}

/** `sub` is this registration's alone; `amr` and `auth_time` are optional claims; from 200 groups on there is a pointer. */
export const entra: Provider = (at) => {
  const { asked, shown, optional, groups = [] } = at;
  const { acrs } = claimsOf(asked);
  const amr = { password: ['pwd'], second: ['pwd', 'mfa'], passkey: ['fido', 'mfa'] }[shown];
  const many = groups.length > 200;
  return {
    claims: {
      ...{ tid: TENANT, oid: '00000000-0000-0000-66f3-3332eca7ea81', preferred_username: 'ada@contoso.example' },
      ...(optional ? { amr, auth_time: sinceOf(at, { maxAge: false }) } : {}),
      // A context without a policy behind it is issued whatever was shown.
      ...(acrs?.value === undefined ? {} : { acrs: [acrs.value] }),
      ...(many
        ? { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://graph.example' } } }
        : { groups }),
    },
  };
};

/** Of what is asked nothing is heard; the session may be weeks old. */
export const google: Provider = ({ shown, since, optional }) => ({
  claims: {
    ...{ hd: 'partner.example', email: 'ada@partner.example', email_verified: true },
    ...(optional ? { amr: shown === 'password' ? ['pwd'] : ['pwd', 'mfa'], auth_time: since } : {}),
  },
});

/** Classes that it doesn't know are ignored; one that it can't meet is an error of its own. */
export const okta: Provider = (at) => {
  const wanted = at.asked
    .get('acr_values')
    ?.split(' ')
    .find((value) => OKTA.has(value));
  const needs = wanted === undefined ? 0 : (OKTA.get(wanted) ?? 0);
  if (needs > RANK[at.shown]) return { error: 'unmet_authentication_requirements' };
  const amr = { password: ['pwd'], second: ['pwd', 'otp', 'mfa'], passkey: ['pop', 'phr', 'mfa'] }[at.shown];
  return { claims: { amr, ...(wanted ? { acr: wanted } : {}), auth_time: sinceOf(at, { maxAge: true }) } };
};

const RANK: Readonly<Record<Shown, number>> = { password: 0, second: 1, passkey: 2 };
const OKTA: ReadonlyMap<string, number> = new Map([
  ['urn:okta:loa:2fa:any', 1],
  ['phr', 2],
  ['phrh', 3],
]);

/** Only an essential class is returned, or refused; a voluntary one says nothing. */
export const keycloak: Provider = (at) => {
  const values = claimsOf(at.asked).acr?.essential ? (claimsOf(at.asked).acr?.values ?? []) : [];
  const held = at.shown === 'password' ? '1' : '2';
  if (values.length > 0 && !values.includes(held)) return { error: 'unmet_authentication_requirements' };
  return { claims: { ...(values.length > 0 ? { acr: held } : {}), auth_time: sinceOf(at, { maxAge: true }) } };
};

/** It can't say. */
export const adfs: Provider = () => ({ claims: { upn: 'ada@corp.example' } });
