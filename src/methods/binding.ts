import type { Credentials } from '../accounts/credentials.ts';
import type { Mark } from '../assurance/validity.ts';
import type { Account } from '../core/account.ts';
import type { Browser } from '../core/browser.ts';
import type { Confirmed } from '../core/challenge.ts';
import type { Attempts } from '../lockout/attempts.ts';
import type { Methods } from './methods.ts';
import type { MethodsNeeds } from './needs.ts';

interface Parts {
  attempts: Pick<Attempts, 'bound'>;
  credentials: Credentials;
  methods: Methods;
}

/** Binds to an account what a factor has confirmed (NIST SP 800-63B-4 section 4.1). `spent`: why it isn't. */
export function createBinding({ audit }: Pick<MethodsNeeds, 'audit'>, { attempts, credentials, methods }: Parts) {
  /** A new one, or an old one brought up to date. */
  return async (account: Account, id: string, confirmed: Confirmed<unknown>, since: Mark, browser: Browser) => {
    const { name, data, lookup, renews, proof } = confirmed;
    const { ip, userAgent, reference } = browser;
    const about = { ip, userAgent, reference };
    if (renews !== undefined) {
      const old = (await credentials.ofAccount(account.id)).find((it) => it.factor === id && it.id === renews);
      if (!old || !(await credentials.update(old, data))) return { spent: { key: 'already-answered' } };
      await audit.commit({
        event: 'credential.renewed',
        account: account.id,
        factor: id,
        credential: renews,
        ...about,
      });
      await attempts.bound(account.id, renews);
      return { renewed: renews };
    }
    const credential = await methods.add(account.id, { factor: id, name, data, lookup }, since, about);
    if (typeof credential !== 'string') return { spent: credential };
    return { added: credential, ...(proof ? { proof: { ...proof, credential, generation: since.generation } } : {}) };
  };
}
