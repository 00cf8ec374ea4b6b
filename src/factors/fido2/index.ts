import type { Factor, FactorModule } from '../../core/factor.ts';
import type { FactorPorts } from '../../core/factor-ports.ts';
import { begin, challenge, identify, verify } from './assertion.ts';
import { judge, mayAttest } from './judge.ts';
import { AMR, KINDS } from './proof.ts';
import { confirm, enrol } from './registration.ts';
import { credential, type Data, type Pending, pending } from './schemas.ts';
import { type Settings, settings } from './settings.ts';
import { siteOf } from './site.ts';
import { start } from './start.ts';
import { createTrust } from './trust.ts';

/** A key that is plugged in or held to a reader; whatever may lie in a phone counts as one that does. */
const isApart = ({ transports }: Data): boolean =>
  transports.length > 0 && transports.every((one) => ['usb', 'nfc', 'ble', 'smart-card'].includes(one));

function create(settings: Settings, ports: FactorPorts): Factor<Data, Pending> {
  const trust = createTrust(settings, ports);
  const site = siteOf(settings, trust, ports);
  return {
    challenge: async (_account, credentials, context) => challenge(site, credentials, context),
    verify: (pending, credentials, answer, account, context) =>
      verify(site, pending, credentials, answer, account, context),
    usable: (_account, credentials) => credentials.some(({ data }) => !data.suspended),
    guess: () => false,
    opens: {
      begin: async () => begin(site),
      identify: async (pending, answer) => identify(pending, answer),
    },
    enrols: {
      begin: async (account, existing, context) => enrol(site, account, existing, context),
      confirm: (pending, answer) => confirm(site, pending, answer),
    },
    rates: {
      atMost: ({ data }) =>
        data.suspended
          ? { kinds: [], phishingResistant: false, attested: false }
          : { kinds: KINDS, phishingResistant: true, attested: mayAttest(trust, data) },
    },
    reviews: {
      review({ data }, { groups }, { application }) {
        const judgement = judge(trust, data, { groups, application });
        if (!judgement.accepted) return 'refused';
        return judgement.attested ? 'attested' : 'unattested';
      },
    },
    // Only what is reached from another device lies on a phone (WebAuthn section 5.8.4).
    moves: { onPhone: ({ data }) => (data.transports.includes('hybrid') ? { key: 'phone' } : undefined) },
    recovers: { standsOn: ({ data }) => (isApart(data) ? 'token' : 'phone') },
    publishes: [{ path: '/.well-known/webauthn', body: { origins: site.origins } }],
    runs: {
      start: () => start(site),
      async close() {
        for (const source of trust.sources) source.close();
      },
    },
  };
}

/** Passkeys and security keys (WebAuthn Level 3). Fields: `response`, the browser's JSON; at enrolment also `name`. */
const fido2: FactorModule<Settings, Data, Pending> = {
  id: 'fido2',
  kinds: KINDS,
  amr: AMR,
  strength: { phishingResistant: true, attested: true },
  prompts: ['ceremony', 'notice'],
  nearby: '/assets/fido2/nearby.js',
  settings,
  credential,
  pending,
  maximum: ({ maximum }) => maximum,
  create,
};

export default fido2;
