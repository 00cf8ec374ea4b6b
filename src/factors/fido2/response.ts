import { z } from 'zod';
import type { Answer } from '../../core/prompt.ts';

/** Characters of an answer: an attestation statement with its certificates, encoded, and room. */
const LONGEST = 96 * 1024;

const encoded = (most: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .max(most);
const ID = Math.ceil((1023 * 4) / 3);

const shared = { id: encoded(ID), rawId: encoded(ID), type: z.literal('public-key') };

/** RegistrationResponseJSON (WebAuthn Level 3 section 5.1), as far as it is looked at. */
const registration = z
  .object({
    ...shared,
    response: z.object({
      clientDataJSON: encoded(8192),
      attestationObject: encoded(LONGEST),
      transports: z.array(z.string().max(32)).max(8).default([]),
    }),
  })
  .refine(({ id, rawId }) => id === rawId);
export type RegistrationAnswer = z.infer<typeof registration>;

/** AuthenticationResponseJSON. Some browsers write null where there is no user handle. */
const assertion = z
  .object({
    ...shared,
    response: z.object({
      clientDataJSON: encoded(8192),
      authenticatorData: encoded(8192),
      signature: encoded(8192),
      userHandle: encoded(128).nullish().or(z.literal('')),
    }),
  })
  .refine(({ id, rawId }) => id === rawId);
export type AssertionAnswer = z.infer<typeof assertion>;

function parse<T>(schema: z.ZodType<T>, answer: Answer): T | undefined {
  const text = answer.response ?? '';
  if (text === '' || text.length > LONGEST) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** What `navigator.credentials.create()` gave, as JSON in the field `response`; undefined where it isn't that. */
export const registrationOf = (answer: Answer): RegistrationAnswer | undefined => parse(registration, answer);

/** What `navigator.credentials.get()` gave. */
export const assertionOf = (answer: Answer): AssertionAnswer | undefined => parse(assertion, answer);
