import { fromBrowser } from '../accounts/context.ts';
import type { Credentials } from '../accounts/credentials.ts';
import type { Account, Credential } from '../core/account.ts';
import type { Proof } from '../core/assurance.ts';
import type { Browser } from '../core/browser.ts';
import type { OnPhone } from '../core/factor-powers.ts';
import type { Answer, Message, Prompt } from '../core/prompt.ts';
import { lockedFor } from '../lockout/attempt.ts';
import type { Attempts } from '../lockout/attempts.ts';
import { createBinding } from './binding.ts';
import type { Methods } from './methods.ts';
import type { MethodsNeeds } from './needs.ts';
import { createPendingEnrolments, type Loaded } from './pending-enrolments.ts';

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
  const { factors, audit, log } = deps;
  const waiting = createPendingEnrolments(deps);
  const bind = createBinding(deps, { attempts, credentials, methods });

  async function existingOf(account: Account, id: string): Promise<Credential[]> {
    return (await credentials.ofAccount(account.id)).filter(({ factor }) => factor === id);
  }

  async function begin(account: Account, session: string, id: string, error?: Message): Promise<Prompt | undefined> {
    const factor = factors.get(id)?.factor;
    if (factor?.enrols === undefined) return undefined;
    const existing = await existingOf(account, id);
    if (existing.length >= credentials.maximum(id)) return undefined;
    const { prompt, pending } = await factor.enrols.begin(account, existing, {});
    await waiting.begin(session, { factor: id, prompt, pending, ...(error ? { error } : {}) });
    return prompt;
  }

  function refused(
    reason: string,
    about: Readonly<Record<'account' | 'factor' | 'ip' | 'userAgent' | 'reference', string>>,
  ): void {
    audit.note({ event: 'enrolment.refused', reason, ...about });
    const { account, factor, reference } = about;
    log.info({ account, factor, reason, reference }, 'an answer was refused where methods are managed');
  }

  /** The same asked anew: no attempt, and a refusal leaves what was sent before as good as it was. */
  async function resend(account: Account, session: string, loaded: Loaded, browser: Browser) {
    const { factor: id, pending } = loaded.kept;
    const it = factors.get(id);
    if (it?.factor.resends === undefined) return waiting.again(session, loaded, { key: 'try-again' });
    const verdict = await it.factor.resends.resend(it.module.pending.parse(pending), account, [], fromBrowser(browser));
    if ('outcome' in verdict) {
      const { ip, userAgent, reference } = browser;
      refused(verdict.reason, { account: account.id, factor: id, ip, userAgent, reference });
      return waiting.again(session, loaded, verdict.message);
    }
    return waiting.further(session, loaded.stored, { factor: id, ...verdict });
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

    /** What it is called, where its factor has several sorts: a key of the factor's texts. */
    sortOf(credential: Credential): { sort?: string } {
      const sort = factors.get(credential.factor)?.factor.sorts?.sortOf(credential);
      return sort === undefined ? {} : { sort };
    },

    begin,

    /** What is under way, and what was wrong with the last answer. */
    async underWay(session: string, id: string): Promise<{ prompt: Prompt; error?: Message } | undefined> {
      const loaded = await waiting.load(session);
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
      const loaded = await waiting.load(session);
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
        return waiting.again(session, loaded, lockedFor(turn, attempt, deps.now()));
      }
      const pending = factors.get(id)?.module.pending.parse(loaded.kept.pending);
      const verdict = await factor.enrols.confirm(pending, answer, fromBrowser(browser));
      if (verdict.outcome === 'refused') {
        await turn.failed(about);
        refused(verdict.reason, about);
        return verdict.final ? anew(verdict.message) : waiting.again(session, loaded, verdict.message);
      }
      if (verdict.outcome === 'waiting') {
        await turn.returned();
        return { further: true };
      }
      if (verdict.outcome === 'further') {
        await turn.returned();
        return waiting.further(session, loaded.stored, {
          factor: id,
          prompt: verdict.prompt,
          pending: verdict.pending,
        });
      }
      const done = await methods.exercise<Enrolled | { spent: Message }>(
        {
          ...{ account: account.id, right },
          busy: () => waiting.again(session, loaded, { key: 'already-answered' }),
          lost: () => ({ lost: true }),
        },
        async (since) =>
          (await waiting.take(session, loaded))
            ? bind(account, id, verdict, since, browser)
            : anew({ key: 'already-answered' }),
      );
      if ('added' in done || 'renewed' in done) await turn.succeeded();
      return 'spent' in done ? anew(done.spent) : done;
    },
  };
}

export type Enrolment = ReturnType<typeof createEnrolment>;
