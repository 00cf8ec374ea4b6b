import type { Account } from '../../core/account.ts';
import type { Challenge, Confirmed, FactorContext, Further, Proved, Refused, Waiting } from '../../core/challenge.ts';
import { SallyportError } from '../../core/errors.ts';
import type { Factor, FactorModule } from '../../core/factor.ts';
import type { FactorPorts } from '../../core/factor-ports.ts';
import { givenName, numbered } from '../../core/naming.ts';
import type { Answer, NumberPrompt } from '../../core/prompt.ts';
import { createApi } from './api.ts';
import { createDelivery } from './deliver.ts';
import { createDevices } from './devices.ts';
import { askAgain, askNumber, askToScan, askWhose, invitationUri, type Reached, waiting } from './prompts.ts';
import { proofAt } from './proof.ts';
import { createRegistrations } from './registrations.ts';
import { type Asked, createRequests } from './requests.ts';
import { appAddress, routesOf } from './routes.ts';
import {
  type Challenging,
  type Confirming,
  credential,
  type Data,
  type Enrolled,
  type Enrolling,
  isSuspended,
  type Pending,
  pending,
} from './schemas.ts';
import { type Settings, settings } from './settings.ts';
import type { PushRequest } from './standing.ts';
import { defaultName } from './texts.ts';
import { loadVapid, sealedVapid, type Vapid } from './vapid.ts';
import { createVerification, isTyped, refuse } from './verify.ts';

/** After so long a busy account is asked about again, milliseconds. */
const SOON = 10_000;

function create(settings: Settings, ports: FactorPorts): Factor<Data, Pending> {
  const { now } = ports;
  const devices = createDevices(ports);
  const requests = createRequests(settings, ports);
  const registrations = createRegistrations(ports);
  const deliver = createDelivery(settings, ports);
  const verification = createVerification(ports, requests);
  const api = createApi(ports, { settings, devices, requests, registrations });
  let vapid: Vapid | undefined;

  const keys = (): Vapid => {
    if (vapid === undefined) throw new Error('the push factor was not started');
    return vapid;
  };

  /** Sends the summons to the first device whose subscription isn't over; those that are, are retired. */
  async function summon(
    request: PushRequest,
    able: readonly Enrolled[],
  ): Promise<{ device: Enrolled | undefined; reached: Reached }> {
    let retired: Enrolled | undefined;
    for (const it of able) {
      const { subscription, device } = it.data;
      if (subscription === null) continue;
      const delivery = await deliver(keys(), subscription, {
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

  async function invite(
    account: Account,
    existing: readonly Enrolled[],
    context?: FactorContext,
  ): Promise<Challenge<Pending>> {
    const { token, expires } = await registrations.invite(account);
    const uri = invitationUri(appAddress(settings, ports.issuer), ports.issuer, token);
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

  return {
    async challenge(account, credentials, context) {
      const asked = await ask(account, credentials, context, false);
      if ('outcome' in asked) throw new Error('a first request was refused');
      return asked;
    },

    async verify(pending, credentials, answer, account): Promise<Proved<Data> | Refused | Waiting> {
      if (pending.kind !== 'challenge') return refuse('expired', { key: 'over.gone' });
      return verification.verify(pending, credentials, answer, account);
    },

    usable: (_account, credentials) => credentials.some((credential) => !isSuspended(credential)),

    // What the phone says is signed; the code that it shows can be guessed.
    guess: ({ code }) => isTyped(code),

    enrols: {
      begin: invite,
      async confirm(pending, answer) {
        if (pending.kind === 'enrol') return registered(pending);
        if (pending.kind === 'confirm') return confirmed(pending, answer);
        return { ...refuse('expired', { key: 'setup.expired' }), final: true };
      },
    },

    resends: {
      /** A new request in the place of the one before, which ends; only once the wait is over. */
      async resend(pending, account, credentials, context) {
        if (pending.kind !== 'challenge' || pending.account !== account.id)
          return refuse('expired', { key: 'over.gone' });
        const mine = pending.credentials.flatMap((id) => credentials.find((it) => it.id === id) ?? []);
        return ask(account, mine, context, true);
      },
    },

    shows: {
      state({ data }) {
        if (data.suspended !== undefined) return { message: { key: 'state.suspended' }, warn: true };
        return data.subscription === null ? { message: { key: 'state.unsubscribed' }, warn: false } : undefined;
      },
    },

    moves: { onPhone: () => ({ key: 'phone' }) },

    holdsBack: {
      async release(account) {
        const released = await devices.release(account);
        if (released > 0) await ports.audit({ event: 'push.released', account, devices: released });
      },
    },

    serves: routesOf(settings, api, () => keys().publicKey),

    runs: {
      async start() {
        const { app } = settings;
        if (app !== undefined && new URL(app).host === new URL(ports.issuer).host) {
          throw new SallyportError(
            'ERR_CONFIG',
            'factors.push.app: must be another host than the issuer; leave it out',
          );
        }
        vapid = await loadVapid(ports);
      },
    },
  };
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
  };
}

/**
 * A request on the phone, answered by typing the number that the sign-in shows. Fields: none while it is waited for,
 * `code` for what the app shows without a network, `resend`; at enrolment `choice`.
 */
const push: FactorModule<Settings, Data, Pending> = {
  id: 'push',
  kinds: ['possession'],
  amr: ['swk', 'pop'],
  // Both stand in a sign-in; `choice` in enrolment alone, which only pages offer.
  prompts: ['number', 'wait'],
  settings,
  credential,
  pending,
  sealed: [sealedVapid],
  create,
};

export default push;
