import type { KeyObject } from 'node:crypto';

/**
 * Kinds of signing key, by the JWS algorithm that names them (RFC 7518 section 3.1, RFC 8037 section 3.1); other doors
 * map their own names to them. Each has keys of its own: none signs by two algorithms.
 */
export const KEY_ALGORITHMS = ['RS256', 'ES256', 'PS256', 'EdDSA'] as const;
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

/** A key of ours, parsed once. Times are epoch milliseconds. */
export interface SigningKey {
  id: string;
  algorithm: KeyAlgorithm;
  privateKey: KeyObject;
  publicKey: KeyObject;
  /** Self-signed X.509, base64 DER, where the purpose wants one. */
  certificate?: string;
  activeFrom: number;
}

export interface KeyringOptions {
  algorithms: readonly KeyAlgorithm[];
  /** Makes a certificate beside each key, with this common name. `encrypts`: others encrypt for it, and it signs nothing. */
  certificate?: { commonName: string; encrypts?: true };
  /** How long ahead a new key is published before it signs, milliseconds. */
  ahead: number;
  /** How long what a key has signed may live, milliseconds: so long its successor's beginning it stays published. */
  keeps: number;
}

/**
 * The signing keys of one purpose. A key is published ahead of its use, signs from `activeFrom` until the next
 * one's, and stays published while what it signed may live. All nodes follow the same times.
 */
export interface Keyring {
  /** The key that signs now. */
  active(algorithm: KeyAlgorithm): SigningKey;
  /** Those that are to be published, the signing one of each algorithm first. */
  published(): readonly SigningKey[];
  /** Called when `active` or `published` answers otherwise than before. */
  onChange(listener: () => void): void;
}
