import type { FactorPorts } from '../../core/factor-ports.ts';
import type { Settings } from './settings.ts';
import type { Trust } from './trust.ts';

/** What both ceremonies need to know of this installation. */
export interface Site {
  rpId: string;
  rpName: string;
  /** The issuer's first. */
  origins: readonly string[];
  settings: Settings;
  trust: Trust;
  ports: FactorPorts;
}

/** Milliseconds that the browser's dialogue stays open. */
export const TIMEOUT = 300_000;

/** Script of the prompts, among the assets that are served. */
export const SCRIPT = '/assets/fido2/ceremony.js';

export function siteOf(settings: Settings, trust: Trust, ports: FactorPorts): Site {
  const issuer = new URL(ports.issuer);
  return {
    rpId: settings.rpId ?? issuer.hostname,
    rpName: settings.rpName ?? ports.serviceName,
    origins: [...new Set([issuer.origin, ...settings.origins])],
    settings,
    trust,
    ports,
  };
}

export function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/** 256 random bits (WebAuthn section 13.4.3 wants 16 bytes at least). */
export function newChallenge({ ports }: Site): string {
  return encode(ports.random(32));
}
