import { type AcrTable, DEFAULT_ACR, LEVELS, type Level } from '../../../core/assurance.ts';
import type { SamlSettings } from '../settings.ts';

const CLASSES = 'urn:oasis:names:tc:SAML:2.0:ac:classes:';

/**
 * What toolkits send where nobody configured anything, and older products by habit: each stands for a strength, and is
 * answered by whatever is as strong. Their names speak of methods of 2005, of which no service provider can tell
 * whether they were used.
 */
const BY_HABIT: readonly (readonly [string, Level])[] = [
  [`${CLASSES}PasswordProtectedTransport`, 'sfa'],
  [`${CLASSES}Password`, 'sfa'],
  [`${CLASSES}InternetProtocolPassword`, 'sfa'],
  [`${CLASSES}PreviousSession`, 'sfa'],
  [`${CLASSES}Kerberos`, 'sfa'],
  ['urn:federation:authentication:windows', 'sfa'],
  [`${CLASSES}TimeSyncToken`, 'mfa'],
  // As several products spell it.
  [`${CLASSES}TimesyncToken`, 'mfa'],
  [`${CLASSES}MobileTwoFactorUnregistered`, 'mfa'],
  [`${CLASSES}MobileTwoFactorContract`, 'mfa'],
  ['http://schemas.microsoft.com/claims/multipleauthn', 'mfa'],
  [`${CLASSES}X509`, 'phr'],
  [`${CLASSES}TLSClient`, 'phr'],
  [`${CLASSES}SoftwarePKI`, 'phr'],
  [`${CLASSES}SmartcardPKI`, 'phrh'],
];

/** Classes of this door. */
export interface Classes {
  /** All that are known, with their levels; those of the acr table first, which are sent unasked. */
  table: AcrTable;
  /** The name by which the core knows a class, which has only the acr table. */
  coreName(name: string): string;
  /** Whether a class that isn't in the acr table stands for no more than any sign-in proves. */
  asksNothing(name: string): boolean;
}

/** `acr`: the table of all doors, whose levels hold; `settings`: levels given here, or `never`. */
export function classesOf(acr: AcrTable, settings: SamlSettings['classes'] = {}): Classes {
  const table = new Map(acr);
  for (const [name, level] of [...BY_HABIT.filter(([it]) => settings[it] === undefined), ...Object.entries(settings)]) {
    if (level !== 'never' && !acr.has(name)) table.set(name, level);
  }
  const own = new Map(LEVELS.map((level) => [level, DEFAULT_ACR.find(([, of]) => of === level)?.[0] ?? level]));
  return {
    table,
    asksNothing: (name) => !acr.has(name) && table.get(name) === LEVELS[0],
    coreName(name) {
      const level = table.get(name);
      return acr.has(name) || level === undefined ? name : (own.get(level) ?? name);
    },
  };
}
