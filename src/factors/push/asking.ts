import type { Account } from '../../core/account.ts';
import type { Challenge, FactorContext, Refused } from '../../core/challenge.ts';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { NumberPrompt } from '../../core/prompt.ts';
import { createDelivery } from './deliver.ts';
import type { Devices } from './devices.ts';
import { askAgain, askNumber, type Reached, waiting } from './prompts.ts';
import type { Asked, Requests } from './requests.ts';
import { type Challenging, type Enrolled, isSuspended } from './schemas.ts';
import type { Settings } from './settings.ts';
import type { PushRequest } from './standing.ts';
import type { Vapid } from './vapid.ts';
import { refuse } from './verify.ts';

/** After so long a busy account is asked about again, milliseconds. */
const SOON = 10_000;

interface Parts {
  devices: Devices;
  requests: Requests;
  vapid(): Vapid;
}

/** Begins a request, summons a phone to it, and shows the number that it is to be answered with. */
export function createAsking(settings: Settings, ports: FactorPorts, { devices, requests, vapid }: Parts) {
  const { now } = ports;
  const deliver = createDelivery(settings, ports);

  /** Sends the summons to the first device whose subscription isn't over; those that are, are retired. */
  async function summon(
    request: PushRequest,
    able: readonly Enrolled[],
  ): Promise<{ device: Enrolled | undefined; reached: Reached }> {
    let retired: Enrolled | undefined;
    for (const it of able) {
      const { subscription, device } = it.data;
      if (subscription === null) continue;
      const delivery = await deliver(vapid(), subscription, {
        device,
        request: request.id,
        left: request.expires - now(),
      });
      if (delivery !== 'gone') return { device: it, reached: delivery };
      retired ??= it;
      if (!(await devices.retire(device, subscription.endpoint))) continue;
      await ports.audit({ event: 'push.retired', account: it.account, credential: it.id });
    }
    const first = retired ?? able[0];
    const before = retired !== undefined || first?.data.retired !== undefined;
    return { device: first, reached: before ? 'retired' : 'unsubscribed' };
  }

  async function ask(
    account: Account,
    credentials: readonly Enrolled[],
    context: FactorContext | undefined,
    anew: boolean,
  ): Promise<Challenge<Challenging> | Refused> {
    // The one used last comes first; what is suspended is asked nothing.
    const able = credentials.filter((credential) => !isSuspended(credential));
    const pending: Challenging = { kind: 'challenge', account: account.id, credentials: able.map(({ id }) => id) };
    const begun = await requests.begin(account.id, askedBy(account, context, ports), anew);
    if (begun.kind === 'other') {
      const prompt = askAgain({ key: 'other' }, now() + SOON);
      return anew ? refuse('other', { key: 'other' }, prompt) : { prompt, pending };
    }
    if (begun.kind === 'wait') {
      const why = waiting(begun.until - now());
      return anew ? refuse('too soon', why) : { prompt: askAgain({ key: 'over.earlier' }, begun.until), pending };
    }
    const { request, resendAfter } = begun;
    if (begun.kind === 'same' && anew) return refuse('too soon', waiting(resendAfter - now()));
    const asking = { ...pending, request: request.id };
    const shown = (device: Enrolled | undefined, reached: Reached): NumberPrompt =>
      askNumber(request, device?.name ?? '', reached, resendAfter);
    if (begun.kind === 'same')
      return { prompt: shown(able[0], able[0]?.data.subscription ? 'sent' : 'unsubscribed'), pending: asking };
    const { device, reached } = await summon(request, able);
    const { applicationId, ip, userAgent } = request;
    await ports.audit({
      event: 'push.requested',
      account: account.id,
      ...(device ? { credential: device.id } : {}),
      ...(applicationId ? { application: applicationId } : {}),
      ...(ip ? { ip } : {}),
      ...(userAgent ? { userAgent } : {}),
      delivery: reached,
    });
    return { prompt: shown(device, reached), pending: asking };
  }

  return ask;
}

/** Who asks, as the phone shows it. */
function askedBy(account: Account, context: FactorContext | undefined, ports: FactorPorts): Asked {
  const { browser } = context ?? {};
  // In the language of whoever it is shown to, as far as that is known here.
  const place = browser && ports.locate(browser.ip, account.locale ?? context?.locale ?? 'en');
  const applicationId = context?.member ?? context?.application;
  return {
    // Without a name, nothing is a retransmission of anything.
    signIn: context?.signIn ?? Buffer.from(ports.random(12)).toString('base64url'),
    application: applicationId === undefined ? '' : ports.nameOf(applicationId),
    ...(applicationId ? { applicationId } : {}),
    username: account.username,
    ...(browser ? { ip: browser.ip, userAgent: browser.userAgent.slice(0, 512) } : {}),
    ...(place ? { place } : {}),
    ...(context?.applicationShows ? { shown: context.applicationShows } : {}),
  };
}
