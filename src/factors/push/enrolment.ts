import type { Account } from '../../core/account.ts';
import type { Challenge, Confirmed, FactorContext, Further, Refused, Waiting } from '../../core/challenge.ts';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { Enrols } from '../../core/factor-powers.ts';
import { givenName, numbered } from '../../core/naming.ts';
import type { Answer } from '../../core/prompt.ts';
import { askToScan, askWhose, invitationUri } from './prompts.ts';
import { proofAt } from './proof.ts';
import type { Registrations } from './registrations.ts';
import { appAddress } from './routes.ts';
import type { Confirming, Data, Enrolled, Enrolling, Pending } from './schemas.ts';
import type { Settings } from './settings.ts';
import { defaultName } from './texts.ts';
import { refuse } from './verify.ts';

/** A phone scans an invitation and registers; whoever is at the page says whether it is theirs. */
export function createEnrolment(
  settings: Settings,
  { issuer, now }: Pick<FactorPorts, 'issuer' | 'now'>,
  registrations: Registrations,
): Enrols<Data, Pending> {
  async function begin(
    account: Account,
    existing: readonly Enrolled[],
    context?: FactorContext,
  ): Promise<Challenge<Pending>> {
    const { token, expires } = await registrations.invite(account);
    const uri = invitationUri(appAddress(settings, issuer), issuer, token);
    const locale = account.locale ?? context?.locale;
    const names = existing.map(({ name }) => name);
    const pending: Enrolling = {
      kind: 'enrol',
      account: account.id,
      ...(locale ? { locale } : {}),
      names,
      token,
      expires,
    };
    return { prompt: askToScan(uri, token, expires), pending };
  }

  async function registered({
    token,
    expires: _,
    ...enrolling
  }: Enrolling): Promise<Further<Pending> | Refused | Waiting> {
    const outcome = await registrations.outcome(token);
    if (outcome === 'open') return { outcome: 'waiting' };
    if (outcome === undefined) return { ...refuse('expired', { key: 'setup.expired' }), final: true };
    const { device } = outcome;
    const name = numbered(givenName(outcome.name) ?? defaultName(enrolling.locale), enrolling.names);
    const pending: Confirming = { ...enrolling, kind: 'confirm', token, name, device };
    return { outcome: 'further', prompt: askWhose(name), pending };
  }

  async function confirmed(pending: Confirming, answer: Answer): Promise<Confirmed<Data> | Refused> {
    if (answer.choice === 'no') return { ...refuse('not mine', { key: 'setup.refused' }), final: true };
    if (answer.choice !== 'yes') return refuse('malformed', { key: 'try-again' });
    const { name, token } = pending;
    // It may have said since where messages go.
    const latest = await registrations.outcome(token);
    const isIt = typeof latest === 'object' && latest.device.device === pending.device.device;
    const device = isIt ? latest.device : pending.device;
    const data: Data = { ...device, lastStep: 0 };
    return { outcome: 'confirmed', data, name, lookup: [device.device], proof: proofAt(now()) };
  }

  async function confirm(
    pending: Pending,
    answer: Answer,
  ): Promise<Confirmed<Data> | Further<Pending> | Refused | Waiting> {
    if (pending.kind === 'enrol') return registered(pending);
    if (pending.kind === 'confirm') return confirmed(pending, answer);
    return { ...refuse('expired', { key: 'setup.expired' }), final: true };
  }

  return { begin, confirm };
}
