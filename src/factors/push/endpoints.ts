import { createECDH } from 'node:crypto';
import { isIP } from 'node:net';
import type { Subscription } from './schemas.ts';
import type { Settings } from './settings.ts';

/**
 * Whether messages may go there: subscriptions come from clients, who could name any address. Where a listed host's
 * name points to is looked at when it is called.
 */
export function isAllowed(endpoint: string, { services }: Pick<Settings, 'services'>): boolean {
  const url = URL.parse(endpoint);
  // As it would be called, so that nothing in it is read in two ways.
  if (url === null || url.href !== endpoint || !/^https?:\/\/[^/@]+\//.test(endpoint)) return false;
  if (services.includes(url.origin)) return true;
  // The port is the scheme's own where none is named.
  if (url.protocol !== 'https:' || url.port !== '' || isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0) return false;
  return services.some((service) =>
    service.startsWith('*.') ? url.hostname.endsWith(service.slice(1)) : url.hostname === service,
  );
}

/** Whether something can be encrypted for it: the receiver's key is an uncompressed point of P-256 (RFC 8291 section 3.1). */
export function isUsable({ keys }: Subscription): boolean {
  const point = Buffer.from(keys.p256dh, 'base64url');
  if (point.length !== 65 || point[0] !== 4 || Buffer.from(keys.auth, 'base64url').length !== 16) return false;
  const ecdh = createECDH('prime256v1');
  ecdh.generateKeys();
  try {
    ecdh.computeSecret(point);
    return true;
  } catch {
    return false;
  }
}
