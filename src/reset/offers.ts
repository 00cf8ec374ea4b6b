import { fromBrowser } from '../accounts/context.ts';
import type { Account } from '../core/account.ts';
import type { Browser } from '../core/browser.ts';
import type { EnabledFactor } from '../core/enabled-factor.ts';
import { missingFor, type Shown } from '../policy/index.ts';
import type { Demands } from './demands.ts';
import type { ResetNeeds } from './needs.ts';
import type { SecretQuestioning } from './questions.ts';
import type { Evidence, Stage } from './states.ts';

/** What can be shown next: one's kind, and of a method, or of what a factor hands out, its factor. */
export interface Way {
  value: string;
  kind: Shown;
  factor?: string;
}

/** Answered by a code that one has, or that is sent. */
const CODES = ['saved', 'issued', 'mail', 'text'] as const;
type Code = (typeof CODES)[number];
const isCodeKind = (kind: Shown): kind is Code => (CODES as readonly string[]).includes(kind);

interface Parts {
  demands: Demands;
  questioning: SecretQuestioning;
}

/** What whoever forgot their password can show. */
export function createOffers(deps: Pick<ResetNeeds, 'factors' | 'post' | 'reset'>, { demands, questioning }: Parts) {
  const enabled = [...deps.factors.values()];

  /** Keys that say themselves whose they are, and may have verified who uses them. */
  const isOpener = ({ module, factor }: EnabledFactor): boolean =>
    factor.opens !== undefined && factor.recovers !== undefined && module.strength?.phishingResistant === true;

  const handedOutBy = (way: Code): string | undefined =>
    enabled.find(({ factor }) => factor.recovers?.code === way)?.module.id;

  function isThere(way: Code): boolean {
    if (way === 'mail') return deps.post.carries('mail');
    if (way === 'text') return deps.post.carries('text') && deps.reset.contacts.countries.length > 0;
    return handedOutBy(way) !== undefined;
  }

  const openers = (): Way[] =>
    enabled.filter(isOpener).map(({ module: { id } }) => ({ value: `opens:${id}`, kind: 'passkey', factor: id }));

  const codes = (kinds: readonly Shown[]): Way[] =>
    CODES.filter((way) => kinds.includes(way) && isThere(way)).map((kind) => {
      const factor = handedOutBy(kind);
      return { value: kind, kind, ...(factor === undefined ? {} : { factor }) };
    });

  /** Before anything is shown: what there is here, whoever asks. What could be guessed, or disturbs somebody, comes later. */
  const first = (): Way[] => [...openers(), ...codes(CODES)];

  /** What would lead on, as far as the account has it. */
  async function further(account: Account, shown: readonly Evidence[]): Promise<Way[]> {
    const missing = missingFor(
      await demands.of(account),
      shown.map(({ kind }) => kind),
    );
    const all = await demands.working(account);
    const methods = enabled.flatMap((it): Way[] => {
      const kinds = (['phone', 'token'] as const).filter((kind) => missing.includes(kind));
      const mine = demands.standingOn(all, it, kinds);
      if (mine.length === 0 || it.factor.recovers?.code || !it.factor.usable(account, mine)) return [];
      const kind = it.factor.recovers?.standsOn(mine[0] as (typeof mine)[number]) ?? 'phone';
      return [{ value: `method:${it.module.id}`, kind, factor: it.module.id }];
    });
    const passkeys = openers().filter(
      ({ factor }) => missing.includes('passkey') && all.some((one) => one.factor === factor),
    );
    const questions: Way[] = missing.includes('questions') ? [{ value: 'questions', kind: 'questions' }] : [];
    const rest = codes(missing).filter(({ kind }) => !shown.some((one) => one.kind === kind));
    return [...passkeys, ...methods, ...rest, ...questions];
  }

  /** The step of a way that was offered. */
  async function stageOf(
    way: Way,
    account: Account | undefined,
    missing: readonly Shown[],
    browser: Browser,
  ): Promise<Stage | undefined> {
    if (way.kind === 'saved' || way.kind === 'issued') return { at: 'typed', way: way.kind };
    if (way.kind === 'questions') {
      const chosen = account && (await questioning.choose(account));
      return chosen && { at: 'questions', ...chosen };
    }
    const it = way.factor === undefined ? undefined : deps.factors.get(way.factor);
    if (it === undefined) return undefined;
    if (way.value.startsWith('opens:')) {
      const challenge = await it.factor.opens?.begin();
      return challenge && { at: 'prompt', factor: it.module.id, ...challenge, opens: true };
    }
    if (account === undefined) return undefined;
    const kinds = missing.filter((kind) => !isCodeKind(kind));
    const mine = demands.standingOn(await demands.working(account), it, kinds);
    if (mine.length === 0) return undefined;
    return { at: 'prompt', factor: it.module.id, ...(await it.factor.challenge(account, mine, fromBrowser(browser))) };
  }

  return { first, further, stageOf };
}

export type Offers = ReturnType<typeof createOffers>;
