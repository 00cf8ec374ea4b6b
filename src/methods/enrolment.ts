import { createHash } from 'node:crypto';
import { fromBrowser } from '../accounts/context.ts';
import type { Credentials } from '../accounts/credentials.ts';
import type { Account, Credential } from '../core/account.ts';
import type { Proof } from '../core/assurance.ts';
import type { Browser } from '../core/browser.ts';
import type { Confirmed } from '../core/challenge.ts';
import type { OnPhone } from '../core/factor-powers.ts';
import type { Answer, Message, Prompt } from '../core/prompt.ts';
import { lockedFor } from '../lockout/attempt.ts';
import type { Attempts } from '../lockout/attempts.ts';
import type { Methods } from './methods.ts';
import type { MethodsNeeds } from './needs.ts';

/** How long an enrolment outside of a sign-in waits, milliseconds. */
const PATIENCE = 15 * 60_000;

interface Pending {
  factor: string;
  prompt: Prompt;
  pending: unknown;
  /** What was wrong with the last answer. */
  error?: Message;
}

interface Loaded {
  /** The stored text that a change is made on top of. */
  stored: string;
  kept: Pending;
}

/** `lost`: the right to set it up is gone. `proof`: what confirming showed. */
export type Enrolled =
  | { added: string; proof?: Proof }
  | { renewed: string }
  | { error: Message }
  | { further: true }
  | { lost: true };

interface Parts {
  attempts: Attempts;
  credentials: Credentials;
  methods: Methods;
}

/** Whose enrolment it is, and by what right it goes on: asked again in the moment that something comes of it. */
export interface Enrolling {
  account: Account;
  session: string;
  right(): Promise<boolean>;
}

/** Sets up a further method for somebody who is signed in; the caller has asked for a recent MFA. */
export function createEnrolment(deps: MethodsNeeds, { attempts, credentials, methods }: Parts) {
  const { ephemeral, sealer, factors, audit, log } = deps;
  const keyOf = (session: string) => `enrolment:${createHash('sha256').update(session).digest('base64url')}`;

  async function existingOf(account: Account, id: string): Promise<Credential[]> {
    return (await credentials.ofAccount(account.id)).filter(({ factor }) => factor === id);
  }

  async function begin(account: Account, session: string, id: string, error?: Message): Promise<Prompt | undefined> {
    const factor = factors.get(id)?.factor;
    if (factor?.enrols === undefined) return undefined;
    const existing = await existingOf(account, id);
    if (existing.length >= credentials.maximum(id)) return undefined;
    const { prompt, pending } = await factor.enrols.begin(account, existing, {});
    const value = JSON.stringify({ factor: id, prompt, pending, ...(error ? { error } : {}) } satisfies Pending);
    await ephemeral.set(keyOf(session), sealer.seal(value, keyOf(session)), PATIENCE);
    return prompt;
  }

  async function load(session: string): Promise<Loaded | undefined> {
    const stored = await ephemeral.get(keyOf(session));
    return stored === undefined ? undefined : { stored, kept: JSON.parse(sealer.open(stored, keyOf(session))) };
  }

  /** The same prompt again, with what was wrong; of parallel answers the first says it. */
  async function again(session: string, { stored, kept }: Loaded, error: Message) {
    const key = keyOf(session);
    await ephemeral.swap(key, stored, sealer.seal(JSON.stringify({ ...kept, error } satisfies Pending), key));
    return { error };
  }

  /**
   * Takes what was answered: of any number of right answers one gets it. What another answer was told meanwhile,
   * as that it came too often, is no other question.
   */
  async function taken(session: string, { kept }: Loaded): Promise<boolean> {
    const stored = await ephemeral.take(keyOf(session));
    if (stored === undefined) return false;
    const question = ({ factor, pending }: Pending) => JSON.stringify([factor, pending]);
    return question(JSON.parse(sealer.open(stored, keyOf(session)))) === question(kept);
  }

  function refused(
    reason: string,
    about: Readonly<Record<'account' | 'factor' | 'ip' | 'userAgent' | 'reference', string>>,
  ): void {
    audit.note({ event: 'enrolment.refused', reason, ...about });
    const { account, factor, reference } = about;
    log.info({ account, factor, reason, reference }, 'an answer was refused where methods are managed');
  }

  /** The next prompt in the place of the one answered; of parallel answers the first leads on. */
  async function further(session: string, stored: string, next: Pending) {
    const key = keyOf(session);
    const value = sealer.seal(JSON.stringify(next), key);
    if (!(await ephemeral.swap(key, stored, value, PATIENCE))) return { error: { key: 'already-answered' } };
    return { further: true } as const;
  }

  /** The same asked anew: no attempt, and a refusal leaves what was sent before as good as it was. */
  async function resend(account: Account, session: string, loaded: Loaded, browser: Browser) {
    const { factor: id, pending } = loaded.kept;
    const it = factors.get(id);
    if (it?.factor.resends === undefined) return again(session, loaded, { key: 'try-again' });
    const verdict = await it.factor.resends.resend(it.module.pending.parse(pending), account, [], fromBrowser(browser));
    if ('outcome' in verdict) {
      const { ip, userAgent, reference } = browser;
      refused(verdict.reason, { account: account.id, factor: id, ip, userAgent, reference });
      return again(session, loaded, verdict.message);
    }
    return further(session, loaded.stored, { factor: id, ...verdict });
  }

  /** What was confirmed, as it is kept: a new one, or an old one brought up to date. */
  async function keep(account: Account, id: string, confirmed: Confirmed<unknown>, since: number, browser: Browser) {
    const { name, data, lookup, renews, proof } = confirmed;
    const { ip, userAgent, reference } = browser;
    const about = { ip, userAgent, reference };
    if (renews !== undefined) {
      const old = (await existingOf(account, id)).find((it) => it.id === renews);
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
    return { added: credential, ...(proof ? { proof: { ...proof, credential } } : {}) };
  }

  return {
    /** Factors that can be set up by somebody who has these credentials. */
    offered: (existing: readonly Credential[]): string[] =>
      [...factors.values()]
        .filter(({ factor }) => factor.enrols)
        .map(({ module }) => module.id)
        .filter((id) => existing.filter(({ factor }) => factor === id).length < credentials.maximum(id)),

    /** What its owner is told about moving it to a new phone; undefined where it lives on none, or can't be set up again. */
    onPhone(credential: Credential): OnPhone | undefined {
      const it = factors.get(credential.factor)?.factor;
      return it?.enrols && it.moves?.onPhone(credential);
    },

    begin,

    /** What is under way, and what was wrong with the last answer. */
    async underWay(session: string, id: string): Promise<{ prompt: Prompt; error?: Message } | undefined> {
      const loaded = await load(session);
      return loaded?.kept.factor === id ? loaded.kept : undefined;
    },

    /**
     * Taken before it is stored: of parallel right answers one enrols. An error is also kept for `underWay`.
     */
    async confirm(who: Enrolling, id: string, answer: Answer, browser: Browser): Promise<Enrolled> {
      const { account, session, right } = who;
      const anew = async (error: Message) => {
        await begin(account, session, id, error);
        return { error };
      };
      const loaded = await load(session);
      const factor = factors.get(id)?.factor;
      if (loaded?.kept.factor !== id || factor?.enrols === undefined) return anew({ key: 'expired-prompt' });
      if (loaded.kept.prompt.kind === 'code' && loaded.kept.prompt.restart && answer.restart !== undefined) {
        await begin(account, session, id);
        return { further: true };
      }
      if ('resend' in loaded.kept.prompt && loaded.kept.prompt.resend && answer.resend !== undefined) {
        return resend(account, session, loaded, browser);
      }
      const { ip, userAgent, reference } = browser;
      const about = { account: account.id, factor: id, ip, userAgent, reference };
      const attempt = { subject: account.id, factor: `enrol-${id}`, opening: false };
      const turn = await attempts.count(attempt, browser);
      if (!turn.allowed) {
        refused('locked', about);
        return again(session, loaded, lockedFor(turn, attempt, deps.now()));
      }
      const pending = factors.get(id)?.module.pending.parse(loaded.kept.pending);
      const verdict = await factor.enrols.confirm(pending, answer, fromBrowser(browser));
      if (verdict.outcome === 'refused') {
        await turn.failed(about);
        refused(verdict.reason, about);
        return verdict.final ? anew(verdict.message) : again(session, loaded, verdict.message);
      }
      if (verdict.outcome === 'waiting') {
        await turn.returned();
        return { further: true };
      }
      if (verdict.outcome === 'further') {
        await turn.returned();
        return further(session, loaded.stored, { factor: id, prompt: verdict.prompt, pending: verdict.pending });
      }
      const done = await methods.exercise<Enrolled | { spent: Message }>(
        {
          ...{ account: account.id, right },
          busy: () => again(session, loaded, { key: 'already-answered' }),
          lost: () => ({ lost: true }),
        },
        async (since) =>
          (await taken(session, loaded))
            ? keep(account, id, verdict, since, browser)
            : anew({ key: 'already-answered' }),
      );
      if ('added' in done || 'renewed' in done) await turn.succeeded();
      return 'spent' in done ? anew(done.spent) : done;
    },
  };
}

export type Enrolment = ReturnType<typeof createEnrolment>;
