import { createHash } from 'node:crypto';
import type { Grant } from '../../help-desk/scope.ts';

/** A program that may call. Of its secret only the hash is kept. */
export interface ApiClient extends Grant {
  name: string;
  secretHash: Uint8Array;
}

/** Programs, and how often each may call: `per` in milliseconds. */
export interface ApiSettings {
  clients: readonly ApiClient[];
  budget: { calls: number; per: number };
}

export const hashOfSecret = (secret: string): Uint8Array => createHash('sha256').update(secret).digest();
