import { expect, it } from 'vitest';
import type { Credential } from '../../src/core/account.ts';
import type { Refused } from '../../src/core/challenge.ts';
import type { FactorModule } from '../../src/core/factor.ts';
import type { Powers } from '../../src/core/factor-powers.ts';
import type { Answer } from '../../src/core/prompt.ts';
import { type LocaleFolder, localeFolders } from '../../src/web/i18n.ts';
import type { FactorContract } from './factor-contract.ts';
import { asksIssue } from './factor-issuing.ts';
import { asksRecovering } from './factor-recovering.ts';
import { asksPublishing, asksRunning, asksServing } from './factor-serving.ts';
import { asksSorting } from './factor-sorting.ts';
import {
  begun,
  challenge,
  enrolled,
  equip,
  expectTexts,
  expectWithin,
  kept,
  needed,
  opening,
  proved,
} from './factor-steps.ts';

const POWERS = {
  opens: asksOpening,
  enrols: asksEnrolment,
  resends: asksResend,
  redirects: asksLeaving,
  issues: asksIssue,
  assigns: asksAssigning,
  lends: asksLending,
  rates: asksRating,
  reviews: asksReview,
  shows: asksState,
  sorts: asksSorting,
  moves: asksMoving,
  recovers: asksRecovering,
  takesOver: asksTakingOver,
  holdsBack: asksHolding,
  serves: asksServing,
  publishes: asksPublishing,
  runs: asksRunning,
} satisfies Record<keyof Powers, (about: About) => void>;

interface About {
  module: FactorModule;
  open: FactorContract['open'];
  folders: readonly LocaleFolder[];
}

/** What every factor owes, and what by each of its powers. */
export function factorSuite(
  module: FactorModule,
  { powers, open }: FactorContract,
  folders: readonly LocaleFolder[] = localeFolders(),
): void {
  const about = { module, open, folders };

  it('has the powers that it says, and no others', async () => {
    const { factor } = await open();
    const has = (Object.keys(POWERS) as (keyof Powers)[]).filter((power) => factor[power] !== undefined);
    expect(has.sort()).toEqual([...powers].sort());
  });

  asksAll(about);
  for (const power of powers) POWERS[power](about);
}

function asksAll({ module, open, folders }: About): void {
  it('takes the right answer for a proof of what the module can prove', async () => {
    const it = await open();
    await equip(module, it);
    const asked = await challenge(module, it);
    expect(module.prompts).toContain(asked.prompt.kind);
    expectTexts(module, folders, asked.prompt);
    const { proof } = await proved(it, asked, await it.answer(asked));
    expectWithin(module, proof);
    expect(it.held.length > 0 ? it.held.map(({ id }) => id) : [module.id]).toContain(proof.credential);
  });

  it('keeps what became of a credential in the shape that it reads', async () => {
    const it = await open();
    await equip(module, it);
    const asked = await challenge(module, it);
    const { update } = await proved(it, asked, await it.answer(asked));
    if (update) expect(module.credential.parse(kept(update.data))).toEqual(kept(update.data));
  });

  it('refuses a wrong answer, and repeats it nowhere', async () => {
    const it = await open();
    await equip(module, it);
    const asked = await challenge(module, it);
    const wrong = await it.wrong(asked);
    const verdict = await it.factor.verify(asked.pending, it.held, wrong, it.account);
    expect(verdict).toMatchObject({ outcome: 'refused', reason: expect.stringMatching(/./) });
    expectTexts(module, folders, verdict);
    for (const typed of Object.values(wrong))
      if (typed.length > 4) expect(JSON.stringify(verdict)).not.toContain(typed);
  });

  it('refuses whoever has no account, and who has none of it, whatever they answer', async () => {
    const it = await open();
    await equip(module, it);
    const asked = await challenge(module, it);
    const answer = await it.answer(asked);
    expect(await it.factor.verify(asked.pending, [], answer, undefined)).toMatchObject({ outcome: 'refused' });
    expect(await it.factor.verify(asked.pending, it.held, answer, undefined)).toMatchObject({ outcome: 'refused' });
    if (it.held.length > 0) {
      expect(await it.factor.verify(asked.pending, [], answer, it.stranger)).toMatchObject({ outcome: 'refused' });
    }
  });

  it('can be offered to who has set it up', async () => {
    const it = await open();
    const before = it.factor.usable(it.account, []);
    await equip(module, it);
    if (it.held.length > 0) expect(before).toBe(false);
    expect(it.factor.usable(it.account, it.held)).toBe(true);
  });
}

function asksOpening({ module, open, folders }: About): void {
  it('opens: says who is meant, and takes the same answer for a proof', async () => {
    const it = await open();
    await equip(module, it);
    const asked = await opening(module, it);
    expect(module.prompts).toContain(asked.prompt.kind);
    expectTexts(module, folders, asked.prompt);
    const answer = await it.answer(asked);
    const who = await needed(it.factor.opens).identify(asked.pending, answer);
    if ('outcome' in who) throw new Error(`not known: ${who.reason}`);
    if ('username' in who) expect(who.username).toBe(it.account.username);
    await proved(it, asked, answer);
  });

  it('opens: refuses an empty answer, and one of another kind', async () => {
    const it = await open();
    await equip(module, it);
    const { pending } = await opening(module, it);
    for (const answer of [{}, { other: 'x' }] as Answer[]) {
      expect(await needed(it.factor.opens).identify(pending, answer)).toMatchObject({ outcome: 'refused' });
      expect(await it.factor.verify(pending, [], answer, undefined)).toMatchObject({ outcome: 'refused' });
    }
  });

  it('opens: does the same work where there is no account, and refuses in the same words', async () => {
    const it = await open();
    await equip(module, it);
    const { work } = needed(it.opens);
    const asked = await opening(module, it);
    const answer = await it.wrong(asked);
    const refusal = async (account: typeof it.account | undefined, held: readonly Credential[]) => {
      const before = work();
      const verdict = await it.factor.verify(asked.pending, held, answer, account);
      if (verdict.outcome !== 'refused') throw new Error(`a wrong answer: ${verdict.outcome}`);
      return { message: verdict.message, work: work() - before };
    };
    const known = await refusal(it.account, it.held);
    expect(known.work).toBeGreaterThan(0);
    expect(await refusal(undefined, [])).toEqual(known);
  });
}

function asksEnrolment({ module, open, folders }: About): void {
  it('enrols: takes no wrong answer at any step', async () => {
    const it = await open();
    const enrols = needed(it.factor.enrols);
    const refusals: Refused[] = [];
    let asked = await begun(module, it);
    for (let step = 0; step < 9; step += 1) {
      expectTexts(module, folders, asked.prompt);
      const wrong = await enrols.confirm(asked.pending, await it.wrong(asked));
      expect(['refused', 'waiting']).toContain(wrong.outcome);
      expect(wrong).not.toHaveProperty('data');
      if (wrong.outcome === 'refused') refusals.push(wrong);
      if (wrong.outcome === 'refused' && wrong.final) break;
      const right = await enrols.confirm(asked.pending, await it.answer(asked));
      if (right.outcome !== 'further') break;
      asked = { ...right, pending: module.pending.parse(kept(right.pending)) };
    }
    expect(refusals).not.toEqual([]);
    for (const refusal of refusals) expectTexts(module, folders, refusal);
  });

  it('enrols: what it confirms can be used, and is in the shape that it reads', async () => {
    const it = await open();
    const { data, proof, name } = await enrolled(module, it);
    expect(module.credential.parse(kept(data))).toEqual(kept(data));
    expect(name.trim()).not.toBe('');
    if (proof) expectWithin(module, proof);
    it.pass();
    const asked = await challenge(module, it);
    await proved(it, asked, await it.answer(asked));
  });

  it('enrols: takes no answer to a sign-in for one to an enrolment', async () => {
    const it = await open();
    await enrolled(module, it);
    it.pass();
    const asked = await challenge(module, it);
    const verdict = await needed(it.factor.enrols).confirm(asked.pending, await it.answer(asked));
    expect(verdict.outcome).toBe('refused');
  });
}

function asksResend({ module, open, folders }: About): void {
  it('resends: not before its time, then what can be answered', async () => {
    const it = await open();
    await equip(module, it);
    const asked = await challenge(module, it);
    const resend = (account = it.account, held: readonly Credential[] = it.held) =>
      needed(it.factor.resends).resend(asked.pending, account, held, { signIn: 'one' });
    const early = await resend();
    expect(early).toMatchObject({ outcome: 'refused' });
    expectTexts(module, folders, early);
    it.pass();
    expect(await resend(it.stranger, [])).toMatchObject({ outcome: 'refused' });
    const again = await resend();
    if ('outcome' in again) throw new Error(`not again: ${again.reason}`);
    expectTexts(module, folders, again.prompt);
    const anew = { ...again, pending: module.pending.parse(kept(again.pending)) };
    await proved(it, anew, await it.answer(anew));
  });
}

function asksLeaving({ module, open }: About): void {
  it('redirects: sends the browser on with the state that it was given, to come back to the address that it was given', async () => {
    const it = await open();
    await equip(module, it);
    const asked = await challenge(module, it);
    const { leave, returns } = needed(it.factor.redirects);
    const trip = { state: 's'.repeat(43), back: 'https://login.example/return/factors/it', locale: 'en' };
    const gone = await leave(asked.pending, it.account, it.held, trip);
    if ('outcome' in gone) throw new Error(gone.reason);
    expect(returns).toMatch(/./);
    expect(module.pending.parse(kept(gone.pending))).toEqual(kept(gone.pending));
    expect('address' in gone ? new URL(gone.address).protocol : gone.form.action).toMatch(/^https:/);
  });
}

function asksAssigning({ module, open, folders }: About): void {
  it('assigns: one device to one account, to be found by its number, and again once it is released', async () => {
    const it = await open();
    const { assign, lookupOf } = needed(it.factor.assigns);
    const { number, unknown } = needed(it.assigns);
    const none = await assign(it.account, [], unknown);
    expect(none).toMatchObject({ outcome: 'refused' });
    expectTexts(module, folders, none);
    const given = await assign(it.account, [], number);
    if (given.outcome !== 'assigned') throw new Error(`not assigned: ${given.reason}`);
    expect(module.credential.parse(kept(given.data))).toEqual(kept(given.data));
    expect(given.lookup).toContain(lookupOf(number));
    const taken = await assign(it.stranger, [], number);
    expect(taken).toMatchObject({ outcome: 'refused' });
    expectTexts(module, folders, taken);
    await given.release();
    expect(await assign(it.stranger, [], number)).toMatchObject({ outcome: 'assigned' });
  });
}

function asksLending({ module, open }: About): void {
  it('lends: says of a credential what its proof says', async () => {
    const it = await open();
    const { signsInOnly, reserve } = needed(it.factor.lends);
    const lent = await needed(it.lends)();
    for (const { credential, answer } of lent) {
      const asked = await challenge(module, { ...it, held: [credential] });
      const { proof } = await proved({ ...it, held: [credential] }, asked, answer);
      expect(proof.bootstrap).toBe(true);
      expect(proof.signsInOnly ?? false).toBe(signsInOnly(credential));
    }
    expect(lent.map(({ credential }) => signsInOnly(credential))).toEqual(expect.arrayContaining([true, false]));
    expect(lent.map(({ credential }) => reserve(credential))).toEqual(expect.arrayContaining([true, false]));
  });
}

function asksRating({ module, open }: About): void {
  it('rates: a credential no higher than the module, and one that proves nothing as nothing', async () => {
    const it = await open();
    await equip(module, it);
    const { atMost } = needed(it.factor.rates);
    for (const credential of it.held) {
      expect(atMost(credential).kinds).not.toEqual([]);
      expectWithin(module, atMost(credential));
    }
    expect(atMost(needed(it.rates)(it.held)).kinds).toEqual([]);
  });
}

function asksReview({ module, open }: About): void {
  it('reviews: accepts what it took, and can refuse it elsewhere', async () => {
    const it = await open();
    await equip(module, it);
    const { review } = needed(it.factor.reviews);
    for (const credential of it.held) expect(review(credential, it.account, {})).not.toBe('refused');
    const { credential, context } = needed(it.reviews)(it.held);
    expect(review(credential, it.account, context)).toBe('refused');
  });
}

function asksState({ module, open, folders }: About): void {
  it('shows: how a credential stands, in all languages', async () => {
    const it = await open();
    await equip(module, it);
    const { state } = needed(it.factor.shows);
    const told = needed(it.shows)(it.held);
    expect(told).not.toEqual([]);
    for (const credential of told) {
      expect(state(credential)).toBeDefined();
      expectTexts(module, folders, state(credential)?.message);
    }
  });
}

function asksMoving({ module, open, folders }: About): void {
  it('moves: says in all languages what becomes of it with a new phone, and nothing where it lies on none', async () => {
    const it = await open();
    await equip(module, it);
    const { onPhone } = needed(it.factor.moves);
    const { there, elsewhere } = needed(it.moves)(it.held);
    const message = onPhone(needed(there));
    expect(message).toBeDefined();
    expectTexts(module, folders, message);
    if (elsewhere) expect(onPhone(elsewhere)).toBeUndefined();
  });
}

function asksTakingOver({ module, open, folders }: About): void {
  it('takes over: what is its own once, in the shape that it reads, changing nothing where it only looks', async () => {
    const it = await open();
    const { take } = needed(it.factor.takesOver);
    const thing = needed(it.takesOver);
    const foreseen = await take(it.account, it.held, thing, { dry: true });
    const taken = await take(it.account, it.held, thing, { dry: false });
    expect(foreseen?.outcome).toBe('taken');
    if (taken?.outcome !== 'taken') throw new Error(`not taken: ${JSON.stringify(taken)}`);
    expect(module.credential.parse(kept(taken.data))).toEqual(kept(taken.data));
    const { name, data } = taken;
    it.held.push({ id: 'c', account: it.account.id, factor: module.id, name, data, createdAt: 0, version: 1 });
    expect(await take(it.account, it.held, thing, { dry: false })).toEqual({ outcome: 'had' });
    const shown = it.held.map((credential) => it.factor.shows?.state(credential)?.message);
    for (const message of shown) if (message) expectTexts(module, folders, message);
  });
}

function asksHolding({ module, open }: About): void {
  it('holds back: proves nothing until it is released, of whomever that is asked', async () => {
    const it = await open();
    await equip(module, it);
    await needed(it.holdsBack)();
    const { release } = needed(it.factor.holdsBack);
    expect(it.factor.usable(it.account, it.held)).toBe(false);
    await release(it.stranger.id);
    expect(it.factor.usable(it.account, it.held)).toBe(false);
    await release(it.account.id);
    expect(it.factor.usable(it.account, it.held)).toBe(true);
    await release(it.account.id);
  });
}
