import type { TrustedDevices } from '../assurance/trusted-devices.ts';
import type { Proof } from '../core/assurance.ts';
import type { Browser } from '../core/browser.ts';
import type { AuditEvent } from '../core/door.ts';
import type { Said } from '../core/said.ts';
import type { SignInRequest } from '../core/sign-in.ts';
import type { Campaigns } from '../methods/campaigns.ts';
import type { Suggestions } from '../methods/suggestions.ts';
import { accountOf } from './advance.ts';
import type { SignInNeeds } from './needs.ts';
import { about } from './results.ts';
import type { Loaded } from './states.ts';
import type { Remembers, Stage, State } from './steps.ts';

interface Parts {
  devices: Pick<TrustedDevices, 'remember'>;
  suggestions: Pick<Suggestions, 'made'>;
  campaigns: Pick<Campaigns, 'led'>;
}

/** What the audit is told besides: of the answer, and of what policy asked for where it refuses. */
interface Told {
  told?: AuditEvent;
  why: Readonly<Record<string, unknown>>;
}

/**
 * What follows from where a sign-in stands, once that is kept: what the audit is told, and what is remembered beside
 * it. Of any number of answers at the same moment one is kept, and only that one gets here.
 */
export function createFollowing({ audit }: Pick<SignInNeeds, 'audit'>, { devices, suggestions, campaigns }: Parts) {
  async function remember(
    account: string,
    { proofs, anew }: Remembers,
    browser: Browser,
    facts: ReturnType<typeof about>,
  ): Promise<void> {
    const announce = anew ? () => audit.commit({ event: 'device.remembered', ...facts }) : undefined;
    const kept = await devices.remember(account, proofs, browser, announce);
    if (kept && !anew) audit.note({ event: 'device.renewed', ...facts });
  }

  /** It rests from now on, whatever is answered; of two sign-ins at once one tells. */
  async function asked(account: string, stage: Stage, facts: ReturnType<typeof about>): Promise<void> {
    if (stage.at === 'suggest') return suggestions.made(account, stage);
    if (stage.at !== 'move') return;
    const { campaign } = stage;
    if (await campaigns.led(account, stage)) audit.note({ event: 'campaign.led', campaign, ...facts });
  }

  return async function follow(
    request: SignInRequest,
    before: Loaded | undefined,
    state: State,
    browser: Browser,
    { told, why }: Told,
  ): Promise<void> {
    if (told) audit.note(told);
    const { stage } = state;
    if (before?.state.stage.at === stage.at) return;
    const account = accountOf(request, state);
    const facts = about(request, browser, account);
    if (stage.at === 'done') audit.note({ event: 'sign-in.completed', ...howOf(state, stage), ...facts });
    if (stage.at === 'refused') audit.note({ event: 'sign-in.denied', reason: stage.message, ...why, ...facts });
    if (account === undefined) return;
    if (stage.at === 'done' && stage.remembers) await remember(account, stage.remembers, browser, facts);
    await asked(account, stage, facts);
  };
}

export type Following = ReturnType<typeof createFollowing>;

/** By what it was completed. */
function howOf({ collected }: State, { withoutDirectory, remembered, connection }: Extract<Stage, { at: 'done' }>) {
  const believed = collected.flatMap((proof) => (proof.said ? [believedOf(proof, proof.said)] : []));
  return {
    factors: collected.map(({ factor }) => factor),
    ...(withoutDirectory && { withoutDirectory }),
    ...(remembered && { remembered }),
    ...(connection && { connection }),
    ...(believed.length > 0 ? { believed } : {}),
  };
}

/** What another house said of how somebody was shown, and what that counted as. */
function believedOf({ factor, kinds, phishingResistant }: Proof, { values, at, house }: Said) {
  return {
    factor,
    ...(house === undefined ? {} : { house }),
    kinds,
    phishingResistant,
    said: values,
    ...(at === undefined ? {} : { shown: new Date(at).toISOString() }),
  };
}
