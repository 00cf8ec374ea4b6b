import type { Account } from '../../core/account.ts';
import type { Challenge, Confirmed, FactorContext, Refused } from '../../core/challenge.ts';
import { givenName } from '../../core/naming.ts';
import type { Answer, CeremonyPrompt, Message } from '../../core/prompt.ts';
import { provenanceOf } from './attestation.ts';
import { ceremonyFault, type Expected, flagsOf } from './ceremony.ts';
import { type Facts, nameOf } from './checks.ts';
import { judge, profilesOf } from './judge.ts';
import { isSoundKey } from './keys.ts';
import { ALGORITHMS, type AttestationObject, attestationObjectOf, verifyRegistration } from './library.ts';
import { defaultName } from './names.ts';
import { proofOf } from './proof.ts';
import { modelName, refuse, refuseModel } from './refusals.ts';
import { type RegistrationAnswer, registrationOf } from './response.ts';
import type { Data, Enrolled, Enrolment, Pending } from './schemas.ts';
import { encode, newChallenge, SCRIPT, type Site, TIMEOUT } from './site.ts';

/** What the script says. */
const SAYS: Readonly<Record<string, Message>> = {
  cancelled: { key: 'says.cancelled.setup' },
  unsupported: { key: 'says.unsupported' },
  registered: { key: 'registered' },
  insecure: { key: 'says.insecure' },
  failed: { key: 'says.failed' },
};

/** PublicKeyCredentialCreationOptionsJSON (WebAuthn Level 3 section 5.1.9). */
function optionsOf(site: Site, account: Account, existing: readonly Enrolled[], userHandle: string, challenge: string) {
  const attest = profilesOf(site.trust, account).some(({ attestation }) => attestation !== 'none');
  return {
    rp: { id: site.rpId, name: site.rpName },
    user: { id: userHandle, name: account.username, displayName: account.name },
    challenge,
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
    timeout: TIMEOUT,
    excludeCredentials: existing.map(({ data }) => ({
      type: 'public-key',
      id: data.credentialId,
      transports: data.transports,
    })),
    // A key whose places for passkeys are all taken, or without a PIN, still makes a second factor.
    authenticatorSelection: { residentKey: 'preferred', requireResidentKey: false, userVerification: 'preferred' },
    attestation: attest ? 'direct' : 'none',
  };
}

/** Begins enrolment; the challenge and everything the answer is judged by is kept, since that has no account. */
export function enrol(
  site: Site,
  account: Account,
  existing: readonly Enrolled[],
  context: FactorContext | undefined,
): Challenge<Pending> {
  if (existing.length >= site.settings.maximum) {
    const values = { maximum: site.settings.maximum };
    return {
      prompt: { kind: 'notice', title: { key: 'setup.title' }, text: { key: 'full', values } },
      pending: { kind: 'full' },
    };
  }
  const challenge = newChallenge(site);
  const userHandle = existing[0]?.data.userHandle ?? encode(site.ports.random(32));
  const prompt: CeremonyPrompt = {
    kind: 'ceremony',
    title: { key: 'setup.title' },
    text: { key: 'setup.text' },
    action: { key: 'setup.action' },
    says: SAYS,
    script: SCRIPT,
    options: { ceremony: 'create', publicKey: optionsOf(site, account, existing, userHandle, challenge) },
  };
  const pending: Enrolment = {
    kind: 'enrol',
    challenge,
    userHandle,
    exclude: existing.map(({ data }) => data.credentialId),
    names: existing.map(({ name }) => name),
    ...(account.groups && { groups: [...account.groups] }),
    ...(account.locale === undefined ? {} : { locale: account.locale }),
    ...(context?.application === undefined ? {} : { application: context.application }),
  };
  return { prompt, pending };
}

/** The new credential's data; undefined where signature or structure is wrong. */
async function credentialOf(
  site: Site,
  answer: RegistrationAnswer,
  object: AttestationObject,
  expected: Expected,
  userHandle: string,
): Promise<Data | 'forged' | undefined> {
  const provenance = provenanceOf(object, site.trust, site.ports.now());
  if (provenance.kind === 'forged') return 'forged';
  const plain = provenance.kind === 'none' && (object.format === 'packed' || object.format === 'none');
  const certified = provenance.kind === 'certified';
  const registered = await verifyRegistration(answer, object, expected, plain || certified);
  if (registered === undefined || registered.credential.id !== answer.id) return undefined;
  if (!isSoundKey(registered.credential.publicKey)) return undefined;
  const flags = flagsOf(object.authData);
  return {
    credentialId: answer.id,
    publicKey: encode(registered.credential.publicKey),
    counter: flags.counter,
    transports: answer.response.transports,
    aaguid: object.aaguid,
    backupEligible: flags.backupEligible,
    backedUp: flags.backedUp,
    userHandle,
    ...(certified ? { attestation: provenance.attestation } : {}),
  };
}

/** Checks a registration (WebAuthn section 7.1) and asks the profiles. */
export async function confirm(site: Site, pending: Pending, answer: Answer): Promise<Confirmed<Data> | Refused> {
  if (pending.kind === 'full') return refuse('full');
  if (pending.kind !== 'enrol') return refuse('expired');
  const given = registrationOf(answer);
  const object = given && attestationObjectOf(given.response.attestationObject);
  if (given === undefined || object === undefined) return refuse('failed', 'malformed');
  if (object.credentialId !== given.id) return refuse('failed', 'id');
  const { rpId, origins } = site;
  const expected: Expected = { type: 'webauthn.create', challenge: pending.challenge, origins, rpId, uv: false };
  const fault = ceremonyFault(given.response.clientDataJSON, object.authData, expected);
  if (fault !== undefined) return refuse('failed', fault);
  if (pending.exclude.includes(given.id)) return refuse('registered');
  const data = await credentialOf(site, given, object, expected, pending.userHandle);
  if (data === undefined) return refuse('failed', 'signature');
  if (data === 'forged') return refuse('failed', `model forged: ${object.aaguid}`);
  return judged(site, pending, answer, object, data);
}

function judged(
  site: Site,
  pending: Enrolment,
  answer: Answer,
  object: AttestationObject,
  data: Data,
): Confirmed<Data> | Refused {
  const facts: Facts = data;
  const judgement = judge(site.trust, facts, pending);
  if (!judgement.accepted) return refuseModel(site.trust, nameOf(facts), judgement);
  const flags = flagsOf(object.authData);
  // What U2F signs has no flags (WebAuthn section 8.6): that it verified its user would be the browser's word.
  const uv = flags.uv && object.format !== 'fido-u2f';
  const model = modelName(site.trust, nameOf(facts));
  return {
    outcome: 'confirmed',
    data,
    name: givenName(answer.name) ?? defaultName(model, pending.locale, pending.names),
    lookup: [data.credentialId],
    ...(uv ? { proof: proofOf(flags, judgement.attested, site.ports.now()) } : {}),
  };
}
