import type { z } from 'zod';

/** What an enabled factor's credentials are. */
export interface CredentialKind {
  /** Shape of their data. */
  shape: z.ZodType;
  /** Most of them that one account may have. */
  maximum: number;
}

/** By the factor's id. */
export type CredentialKinds = ReadonlyMap<string, CredentialKind>;
