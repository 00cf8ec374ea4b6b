import type { Kind, Proof } from '../../core/assurance.ts';
import type { Settings } from './settings.ts';

/** What one of Duo's factors shows. */
interface Worth {
  amr: readonly string[];
  kinds: readonly Kind[];
  /** When it was shown nobody says. */
  ageless?: true;
  /** Counts only where `accept` says so. */
  only?: 'bypassCodes' | 'rememberedDevices';
}

const POSSESSION: readonly Kind[] = ['possession'];
const approval: Worth = { amr: ['swk', 'pop'], kinds: POSSESSION };
const code: Worth = { amr: ['otp'], kinds: POSSESSION };

/**
 * Duo's factors by the names that `auth_context.factor` and its log have (Admin API, authentication logs). A security
 * key was shown to Duo's page, by Duo's word: possession, and no more. What isn't here counts for nothing, as a network
 * that Duo trusts, or `not_available` for people whom it lets pass.
 */
const FACTORS: Readonly<Record<string, Worth>> = Object.freeze({
  __proto__: null as never,
  duo_push: approval,
  verified_duo_push: approval,
  trusted_mobile_authenticator: approval,
  passcode: code,
  duo_mobile_passcode: code,
  duo_mobile_passcode_hotp: code,
  hardware_token: code,
  yubikey_code: code,
  yubikey_passcode: code,
  digipass_go_7_token: code,
  sms_passcode: { amr: ['sms'], kinds: POSSESSION },
  phone_call: { amr: ['tel'], kinds: POSSESSION },
  u2f_token: { amr: ['hwk', 'pop'], kinds: POSSESSION },
  bypass_code: { ...code, only: 'bypassCodes' },
  remembered_device: { amr: ['swk'], kinds: POSSESSION, ageless: true, only: 'rememberedDevices' },
});
const WEBAUTHN: Worth = { amr: ['pop'], kinds: POSSESSION };

/** Reasons for a success in which nobody has shown anything (Admin API, authentication logs). */
const NOTHING_SHOWN: ReadonlySet<string> = new Set([
  'bypass_user',
  'allow_unenrolled_user',
  'allow_unenrolled_user_on_trusted_network',
  'allowed_by_policy',
  'trusted_location',
  'trusted_network',
]);

/** `WebAuthn Security Key` and `duo_push` in one spelling. */
const spelt = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');

export type Shown = Omit<Proof, 'at'>;

/** What a success by this factor of Duo's, for this reason, proves; otherwise why it proves nothing. */
export function worthOf(
  { accept }: Pick<Settings, 'accept'>,
  factor: string,
  reason?: string,
): { shown: Shown } | { refused: string } {
  if (reason !== undefined && NOTHING_SHOWN.has(spelt(reason))) return { refused: `nothing shown: ${spelt(reason)}` };
  const name = spelt(factor);
  const others = new Set(accept.others.map(spelt));
  const worth = FACTORS[name] ?? (name.startsWith('webauthn') || others.has(name) ? WEBAUTHN : undefined);
  if (worth === undefined) return { refused: `factor not accepted: ${name.slice(0, 40)}` };
  const { amr, kinds, ageless, only } = worth;
  if (only !== undefined && !accept[only]) return { refused: `factor not accepted: ${name}` };
  return {
    shown: {
      ...{ factor: 'duo', credential: 'duo', amr: [...amr], kinds: [...kinds] },
      ...{ phishingResistant: false, attested: false, ...(ageless ? { ageless } : {}) },
    },
  };
}
