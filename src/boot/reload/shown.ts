import type { Path } from '../config/tree.ts';

/** Sections of the gateway's own that never hold a secret. */
const PLAIN: ReadonlySet<unknown> = new Set([
  ...['node', 'issuer', 'name', 'listen', 'management', 'trustedProxies', 'data', 'sessions', 'trustedDevices'],
  ...[
    'signInWith',
    'lockout',
    'passwordPolicy',
    'departments',
    'strangers',
    'overload',
    'tracing',
    'networks',
    'geoip',
    'allowedPrivateNetworks',
    'policy',
  ],
  ...['helpDesk', 'assurance', 'timeZone', 'locales', 'defaultLocale', 'support', 'log', 'demo'],
]);
/** Of an application, beside what its door needs. */
const OF_APPLICATION: ReadonlySet<unknown> = new Set(['name', 'description', 'homepage', 'icon', 'consent']);
const LONGEST = 100;

/** A value as a difference may say it, or undefined where it could be a secret: what isn't known to be none is one. */
export function shown(path: Path, written: unknown): string | undefined {
  if (written === undefined) return '(default)';
  const text = said(path, written);
  return text === undefined ? undefined : brief(text);
}

export const brief = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

function said(path: Path, written: unknown): string | undefined {
  if (typeof written === 'number' || typeof written === 'boolean' || written === null) return String(written);
  if (typeof written === 'string') return isPlain(path, written) ? written : undefined;
  if (typeof written !== 'object') return undefined;
  const parts = Array.isArray(written)
    ? written.map((item, index) => said([...path, index], item))
    : Object.entries(written).map(([key, item]) => {
        const value = said([...path, key], item);
        return value === undefined ? undefined : `${key}: ${value}`;
      });
  if (parts.includes(undefined)) return undefined;
  return Array.isArray(written) ? `[${parts.join(', ')}]` : `{ ${parts.join(', ')} }`;
}

function isPlain(path: Path, text: string): boolean {
  const [section, , third] = path;
  if (PLAIN.has(section)) return true;
  if (section === 'applications' && OF_APPLICATION.has(third)) return true;
  if (/^[0-9]{1,9}(ms|s|m|h|d)$/.test(text)) return true;
  const key = path.findLast((part) => typeof part === 'string') ?? '';
  return section === 'applications' && /uris?$/i.test(key) && isBareAddress(text);
}

/** Where people are sent to: no user, no query, in which a secret could stand. */
function isBareAddress(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.search === '' && url.hash === '' && !text.includes('@');
}
