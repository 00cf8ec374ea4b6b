import { TooManyError } from '../../../core/errors.ts';
import type { OidcPorts } from '../ports.ts';

/** Hints of one application that ended in nothing sent; and until there may be others. Milliseconds. */
const MOST = 60;
const WITHIN = 3_600_000;

/**
 * What a hint is answered says whether somebody is there, and whether they have a phone, and nobody whom nothing is sent
 * to notices. So an application has a number of those, counted before anybody is looked for.
 */
export function createFruitless({ ephemeral, audit, now }: Pick<OidcPorts, 'ephemeral' | 'audit' | 'now'>) {
  /** A window is part of the key: a counter that is used all day would never begin anew. */
  const keyOf = (application: string): string =>
    `oidc:backchannel-fruitless:{${application}}:${Math.floor(now() / WITHIN)}`;

  function refused(application: string, reason: string, account?: string): void {
    audit.note({ event: 'backchannel.refused', application, reason, ...(account ? { account } : {}) });
  }

  return {
    /** @throws TooManyError where the application has had as many as there may be; the first one of those is told */
    async count(application: string): Promise<void> {
      const key = keyOf(application);
      if ((await ephemeral.attempt(key, MOST, WITHIN)).allowed) return;
      const retryAfter = WITHIN - (now() % WITHIN);
      if (await ephemeral.add(`${key}:told`, '1', retryAfter)) refused(application, 'too many hints');
      throw new TooManyError('too many hints that nothing came of', retryAfter);
    },

    /** Something was sent, which its person sees. */
    refund: (application: string): Promise<void> => ephemeral.refund(keyOf(application)),

    /** Tells that nothing was. */
    refused,
  };
}

export type Fruitless = ReturnType<typeof createFruitless>;
