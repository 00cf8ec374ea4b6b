import { createHash } from 'node:crypto';
import type { Account, Credential } from '../core/account.ts';
import type { Browser } from '../core/browser.ts';
import type { Answer, Message, Prompt } from '../core/prompt.ts';
import { type Attempts, lockedFor } from './attempts.ts';
import type { Credentials } from './credentials.ts';
import type { SignInDeps } from './deps.ts';

/** How long an enrolment outside of a sign-in waits, milliseconds. */
const PATIENCE = 15 * 60_000;

/** Each one more is one more secret that a guess may hit. */
const MOST_PER_FACTOR = 10;

interface Pending {
  factor: string;
  prompt: Prompt;
  pending: unknown;
}

/** Sets up a further method for somebody who is signed in; the caller has asked for a recent MFA. */
export function createEnrolment(deps: SignInDeps, parts: { attempts: Attempts; credentials: Credentials }) {
  const { ephemeral, sealer, factors, audit } = deps;
  const keyOf = (session: string) => `enrolment:${createHash('sha256').update(session).digest('base64url')}`;

  return {
    /** Factors that can be set up by somebody who has these credentials. */
    offered: (existing: readonly Credential[]): string[] =>
      [...factors.values()]
        .filter(({ factor }) => factor.enrol && factor.confirm)
        .map(({ module }) => module.id)
        .filter((id) => existing.filter(({ factor }) => factor === id).length < MOST_PER_FACTOR),

    async begin(account: Account, session: string, id: string): Promise<Prompt | undefined> {
      const factor = factors.get(id)?.factor;
      if (factor?.enrol === undefined) return undefined;
      const existing = (await parts.credentials.ofAccount(account.id)).filter((it) => it.factor === id);
      if (existing.length >= MOST_PER_FACTOR) return undefined;
      const { prompt, pending } = await factor.enrol(account, existing, {});
      const value = JSON.stringify({ factor: id, prompt, pending } satisfies Pending);
      await ephemeral.set(keyOf(session), sealer.seal(value, keyOf(session)), PATIENCE);
      return prompt;
    },

    /** Taken before it is stored: of parallel right answers one enrols. */
    async confirm(
      account: Account,
      session: string,
      id: string,
      answer: Answer,
      browser: Browser,
    ): Promise<{ added: string } | { error: Message; prompt?: Prompt }> {
      const key = keyOf(session);
      const stored = await ephemeral.get(key);
      const kept = stored === undefined ? undefined : (JSON.parse(sealer.open(stored, key)) as Pending);
      const factor = factors.get(id)?.factor;
      if (kept?.factor !== id || factor?.confirm === undefined) return { error: { key: 'expired-prompt' } };
      const attempt = { subject: account.id, factor: `enrol-${id}`, opening: false };
      const counted = await parts.attempts.count(attempt, browser);
      if (!counted.allowed) {
        return { error: lockedFor(counted.retryAfter), prompt: kept.prompt };
      }
      const verdict = await factor.confirm(factors.get(id)?.module.pending.parse(kept.pending), answer);
      if (verdict.outcome === 'refused') return { error: verdict.message, prompt: kept.prompt };
      if ((await ephemeral.take(key)) !== stored) return { error: { key: 'already-answered' } };
      const credential = await parts.credentials.add(account.id, id, verdict.name, verdict.data, verdict.lookup);
      const { ip, userAgent, reference } = browser;
      await audit.commit({
        event: 'credential.added',
        account: account.id,
        factor: id,
        credential,
        ip,
        userAgent,
        reference,
      });
      await parts.attempts.succeeded(attempt, browser);
      return { added: credential };
    },
  };
}

export type Enrolment = ReturnType<typeof createEnrolment>;
