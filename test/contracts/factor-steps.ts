import { expect } from 'vitest';
import type { Challenge, Confirmed, Proved } from '../../src/core/challenge.ts';
import type { FactorModule } from '../../src/core/factor.ts';
import type { Answer, Message } from '../../src/core/prompt.ts';
import { createI18n, type LocaleFolder } from '../../src/web/i18n.ts';
import type { Subject } from './factor-contract.ts';

const LOCALES = ['en', 'zh-Hant', 'zh-Hans'];

/** As a value comes back from where it was kept. */
export const kept = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

export function needed<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the contract says nothing of this power');
  return value;
}

/** Sets up what the account needs to be asked, as its owner would. */
export async function equip(module: FactorModule, it: Subject): Promise<void> {
  const { enrols, issues } = it.factor;
  if (enrols) await enrolled(module, it);
  else if (issues) {
    const by = issues.selfService ? 'owner' : 'operator';
    const issued = await issues.issue(it.account, [], { by });
    hold(module, it, issued);
    it.hand?.(issued.shown.codes);
  }
  it.pass();
}

function hold(module: FactorModule, { held, account }: Subject, { name, data }: { name: string; data: unknown }): void {
  const id = `held-${held.length}`;
  const parsed = module.credential.parse(kept(data));
  held.push({ id, account: account.id, factor: module.id, name, data: parsed, createdAt: 0, version: 1 });
}

export async function begun(module: FactorModule, it: Subject): Promise<Challenge<unknown>> {
  const { prompt, pending } = await needed(it.factor.enrols).begin(it.account, it.held);
  return { prompt, pending: module.pending.parse(kept(pending)) };
}

/** A whole enrolment, each step answered rightly; what is confirmed is held. */
export async function enrolled(module: FactorModule, it: Subject): Promise<Confirmed<unknown>> {
  let asked = await begun(module, it);
  for (let step = 0; step < 9; step += 1) {
    const verdict = await needed(it.factor.enrols).confirm(asked.pending, await it.answer(asked));
    if (verdict.outcome === 'confirmed') {
      hold(module, it, verdict);
      return verdict;
    }
    if (verdict.outcome !== 'further') throw new Error(`a right answer: ${JSON.stringify(verdict)}`);
    asked = { prompt: verdict.prompt, pending: module.pending.parse(kept(verdict.pending)) };
  }
  throw new Error('it goes on and on');
}

export async function challenge(module: FactorModule, it: Subject): Promise<Challenge<unknown>> {
  const { prompt, pending } = await it.factor.challenge(it.account, it.held, { signIn: 'one' });
  return { prompt, pending: module.pending.parse(kept(pending)) };
}

export async function opening(module: FactorModule, it: Subject): Promise<Challenge<unknown>> {
  const { prompt, pending } = await needed(it.factor.opens).begin();
  return { prompt, pending: module.pending.parse(kept(pending)) };
}

export async function proved(it: Subject, asked: Challenge<unknown>, answer: Answer): Promise<Proved<unknown>> {
  const verdict = await it.factor.verify(asked.pending, it.held, answer, it.account);
  if (verdict.outcome !== 'proved') throw new Error(`a right answer: ${JSON.stringify(verdict)}`);
  return verdict;
}

/** A factor claims no more than its module says. */
export function expectWithin(
  module: FactorModule,
  claimed: {
    factor?: string;
    amr?: readonly string[];
    kinds: readonly string[];
    phishingResistant: boolean;
    attested: boolean;
  },
): void {
  const { id, kinds, strength } = module;
  expect(claimed.factor ?? id).toBe(id);
  expect(kinds).toEqual(expect.arrayContaining([...claimed.kinds]));
  expect(module.amr).toEqual(expect.arrayContaining([...(claimed.amr ?? [])]));
  if (claimed.phishingResistant) expect(strength?.phishingResistant).toBe(true);
  if (claimed.attested) expect(strength?.attested).toBe(true);
}

/** Every message in it has a text in every language. */
export function expectTexts(module: FactorModule, folders: readonly LocaleFolder[], told: unknown): void {
  const messages = messagesIn(told);
  for (const locale of LOCALES) {
    const missing: string[] = [];
    const i18n = createI18n({
      locales: [locale],
      defaultLocale: locale,
      folders,
      onMissing: (key) => missing.push(key),
    });
    for (const message of messages) expect(i18n.text(locale, message, module.id).trim()).not.toBe('');
    expect(missing).toEqual([]);
  }
}

function messagesIn(value: unknown): Message[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('key' in value && typeof value.key === 'string' && !('uri' in value)) return [value as Message];
  return Object.entries(value).flatMap(([name, inner]) => (name === 'pending' ? [] : messagesIn(inner)));
}
