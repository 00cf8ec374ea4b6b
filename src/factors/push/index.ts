import type { Proved, Refused, Waiting } from '../../core/challenge.ts';
import { SallyportError } from '../../core/errors.ts';
import type { Factor, FactorModule } from '../../core/factor.ts';
import type { FactorPorts } from '../../core/factor-ports.ts';
import { createApi } from './api.ts';
import { createAsking } from './asking.ts';
import { createDevices } from './devices.ts';
import { createEnrolment } from './enrolment.ts';
import { createRegistrations } from './registrations.ts';
import { createRequests } from './requests.ts';
import { routesOf } from './routes.ts';
import { credential, type Data, isSuspended, type Pending, pending } from './schemas.ts';
import { type Settings, settings } from './settings.ts';
import { loadVapid, sealedVapid, type Vapid } from './vapid.ts';
import { createVerification, isTyped, refuse } from './verify.ts';

function create(settings: Settings, ports: FactorPorts): Factor<Data, Pending> {
  const devices = createDevices(ports);
  const requests = createRequests(settings, ports);
  const registrations = createRegistrations(ports);
  const verification = createVerification(ports, requests);
  const api = createApi(ports, { settings, devices, requests, registrations });
  let vapid: Vapid | undefined;

  const keys = (): Vapid => {
    if (vapid === undefined) throw new Error('the push factor was not started');
    return vapid;
  };
  const ask = createAsking(settings, ports, { devices, requests, vapid: keys });

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

    enrols: createEnrolment(settings, ports, registrations),

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
    recovers: { standsOn: () => 'phone' },

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
