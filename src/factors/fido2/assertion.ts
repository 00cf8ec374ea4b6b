import { generateKeyPairSync } from 'node:crypto';
import type { Account } from '../../core/account.ts';
import type { Challenge, FactorContext, Proved, Refused } from '../../core/challenge.ts';
import type { Identified } from '../../core/factor-powers.ts';
import type { Answer, CeremonyPrompt, Message } from '../../core/prompt.ts';
import { ceremonyFault, type Expected, type Flags, flagsOf } from './ceremony.ts';
import { nameOf } from './checks.ts';
import { judge } from './judge.ts';
import { isAssertionSigned } from './library.ts';
import { proofOf } from './proof.ts';
import { refuse, refuseModel } from './refusals.ts';
import { type AssertionAnswer, assertionOf } from './response.ts';
import type { Data, Enrolled, Pending } from './schemas.ts';
import { encode, newChallenge, SCRIPT, type Site, TIMEOUT } from './site.ts';

const SAYS: Readonly<Record<string, Message>> = {
  cancelled: { key: 'says.cancelled' },
  unsupported: { key: 'says.unsupported' },
  insecure: { key: 'says.insecure' },
  failed: { key: 'says.failed' },
};

type Asking = Extract<Pending, { kind: 'open' | 'challenge' }>;

/** A key that nobody has, so that an answer for no credential costs the same. */
const DECOY = { id: '', publicKey: strangersKey() };

/** A COSE_Key of ES256 (RFC 9053 section 7.1.1). */
function strangersKey(): string {
  const { x = '', y = '' } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  const [head, between] = ['a5010203262001215820', '225820'].map((hex) => Buffer.from(hex, 'hex'));
  return encode(
    Buffer.concat(
      [head, Buffer.from(x, 'base64url'), between, Buffer.from(y, 'base64url')].flatMap((part) => part ?? []),
    ),
  );
}

/** PublicKeyCredentialRequestOptionsJSON (WebAuthn Level 3 section 5.1.10). */
function optionsOf(site: Site, challenge: string, uv: boolean, allow: readonly Enrolled[]) {
  return {
    challenge,
    rpId: site.rpId,
    timeout: TIMEOUT,
    userVerification: uv ? 'required' : 'preferred',
    allowCredentials: allow.map(({ data }) => ({
      type: 'public-key',
      id: data.credentialId,
      transports: data.transports,
    })),
  };
}

/** Opens a sign-in with a discoverable credential: by the button, or from the user name field. */
export function begin(site: Site): Challenge<Pending> {
  const challenge = newChallenge(site);
  const prompt: CeremonyPrompt = {
    kind: 'ceremony',
    title: { key: 'open.title' },
    text: { key: 'open.text' },
    action: { key: 'open.action' },
    conditional: true,
    whileLocked: { key: 'still-works' },
    says: SAYS,
    script: SCRIPT,
    options: { ceremony: 'get', mediation: 'conditional', publicKey: optionsOf(site, challenge, true, []) },
  };
  return { prompt, pending: { kind: 'open', challenge } };
}

/**
 * For an account that is known. With credentials, after a password: presence is enough, verification preferred.
 * Where it opens the sign-in again, with verification. With none given, any of the account's own that needs no name.
 */
export function challenge(
  site: Site,
  credentials: readonly Enrolled[],
  context: FactorContext | undefined,
): Challenge<Pending> {
  const challenge = newChallenge(site);
  const usable = credentials.filter(({ data }) => !data.suspended);
  const uv = context?.opening === true || usable.length === 0;
  const [only, ...others] = usable;
  const prompt: CeremonyPrompt = {
    kind: 'ceremony',
    title: { key: 'title' },
    text: only && others.length === 0 ? { key: 'text.one', values: { name: only.name } } : { key: 'text' },
    action: { key: 'action' },
    says: SAYS,
    script: SCRIPT,
    options: { ceremony: 'get', publicKey: optionsOf(site, challenge, uv, usable) },
  };
  const allow = usable.map(({ data }) => data.credentialId);
  const application = context?.application;
  const pending: Pending = { kind: 'challenge', challenge, allow, uv, ...(application ? { application } : {}) };
  return { prompt, pending };
}

/** The credential that an answer is of, to find the account by. */
export function identify(pending: Pending, answer: Answer): Identified | Refused {
  if (pending.kind !== 'open') return refuse('expired');
  const given = assertionOf(answer);
  return given === undefined ? refuse('failed', 'malformed') : { lookup: given.id };
}

/** The account's credential that answers, among those that were asked for. */
function credentialOf(
  pending: Asking,
  credentials: readonly Enrolled[],
  given: AssertionAnswer,
  account: Account | undefined,
): Enrolled | undefined {
  if (pending.kind === 'challenge' && pending.allow.length > 0 && !pending.allow.includes(given.id)) return undefined;
  return credentials.find(
    ({ data, factor, account: owner }) => data.credentialId === given.id && factor === 'fido2' && owner === account?.id,
  );
}

/** The user handle names the account; it must be there where nothing else did (WebAuthn section 7.2 step 6). */
function isOwners(pending: Asking, given: AssertionAnswer, data: Data): boolean {
  const handle = given.response.userHandle || undefined;
  return handle === undefined ? pending.kind === 'challenge' : handle === data.userHandle;
}

/** Checks an assertion (WebAuthn section 7.2), then what became of the credential, then the profiles. */
export async function verify(
  site: Site,
  pending: Pending,
  credentials: readonly Enrolled[],
  answer: Answer,
  account: Account | undefined,
  context: FactorContext | undefined,
): Promise<Proved<Data> | Refused> {
  if (pending.kind !== 'open' && pending.kind !== 'challenge') return refuse('expired');
  const given = assertionOf(answer);
  if (given === undefined) return refuse('failed', 'malformed');
  const data = Buffer.from(given.response.authenticatorData, 'base64url');
  const uv = pending.kind === 'open' || pending.uv;
  const { rpId, origins } = site;
  const expected: Expected = { type: 'webauthn.get', challenge: pending.challenge, origins, rpId, uv };
  const fault = ceremonyFault(given.response.clientDataJSON, data, expected);
  if (fault !== undefined) return refuse(fault === 'user-verification' ? 'not-verified' : 'failed', fault);
  const credential = credentialOf(pending, credentials, given, account);
  const key = credential ? { id: given.id, publicKey: credential.data.publicKey } : DECOY;
  const signed = await isAssertionSigned(given, key, expected);
  if (credential === undefined || account === undefined) return refuse('unknown');
  if (!isOwners(pending, given, credential.data)) return refuse('unknown', 'user-handle');
  if (!signed) return refuse('unknown', 'signature');
  const application = context?.application ?? (pending.kind === 'challenge' ? pending.application : undefined);
  return weigh(site, credential, flagsOf(data), { groups: account.groups, application });
}

/** A credential that signed rightly: whether it is still the one that was enrolled, and still accepted. */
function weigh(
  site: Site,
  credential: Enrolled,
  flags: Flags,
  circumstances: { groups: readonly string[] | undefined; application: string | undefined },
): Proved<Data> | Refused {
  const { id, data } = credential;
  const now = site.ports.now();
  if (data.suspended) return refuse('suspended', `suspended: ${data.suspended.reason}`);
  if (flags.backupEligible !== data.backupEligible) return refuse('failed', 'backup-eligibility changed');
  // Both zero: an authenticator that doesn't count (WebAuthn section 6.1.1).
  if ((flags.counter > 0 || data.counter > 0) && flags.counter <= data.counter) {
    const reason = `counter ${flags.counter} after ${data.counter}`;
    const update = { credential: id, data: { ...data, suspended: { at: now, reason } } };
    return { ...refuse('suspended', `possibly cloned: ${reason}`), update };
  }
  const judgement = judge(site.trust, data, circumstances);
  if (!judgement.accepted) return refuseModel(site.trust, nameOf(data), judgement);
  return {
    outcome: 'proved',
    proof: { ...proofOf(flags, judgement.attested, now), credential: id },
    update: { credential: id, data: { ...data, counter: flags.counter, backedUp: flags.backedUp } },
  };
}
