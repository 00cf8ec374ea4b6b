import express from 'express';
import { configuredId } from '../../core/application.ts';
import type { DoorModule, DoorPorts } from '../../core/door.ts';
import type { KeyAlgorithm } from '../../core/keyring.ts';
import { createGate, createLogoutWriter, type Gate, SamlFault, sealedCopies } from '../../saml/index.ts';
import { AbsentFault } from './absent.ts';
import { commands } from './commands.ts';
import { createLogout } from './logout/index.ts';
import { attributeFaults, checkApplications } from './metadata/check.ts';
import type { ConfiguredApplication } from './metadata/configured.ts';
import { createImporter } from './metadata/importer.ts';
import { sealedMembers } from './metadata/members.ts';
import type { SamlDoor } from './metadata/operate.ts';
import { createOwnMetadata, ownIdentity } from './metadata/own.ts';
import { sealedPins } from './metadata/pins.ts';
import { createParties, type Parties } from './metadata/registry.ts';
import { createRepins } from './metadata/repins.ts';
import { reviewApplications } from './metadata/review.ts';
import { createParticipants } from './participants.ts';
import type { Party } from './party.ts';
import { refusals } from './refusals.ts';
import { attributeTable } from './response/attribute-table.ts';
import { sealedNameIdSecret } from './response/name-id.ts';
import { type SamlApplication, type SamlSettings, samlApplication, samlSettings } from './settings.ts';
import { createAnswers } from './sso/answers.ts';
import { createPending } from './sso/pending.ts';
import { plainSignOn } from './sso/plain.ts';
import { createSignOn } from './sso/sign-on.ts';

const DAY = 86_400_000;

/** Paths of this door's endpoints, as its metadata publishes them. */
const PATHS = {
  metadata: '/saml/metadata',
  sso: '/saml/sso',
  slo: '/saml/slo',
  logout: '/saml/logout',
  start: '/saml/start',
  resume: '/saml/resume',
  continue: '/saml/continue',
} as const;

/** Service providers look at our metadata daily at best: a new certificate is published a month ahead. */
const KEYS = { algorithms: ['RS256', 'ES256'] satisfies KeyAlgorithm[], ahead: 30 * DAY, keeps: DAY };

/** SAML 2.0: service providers sign in through the same core, journey, policy and sessions. */
const saml: DoorModule<SamlSettings, SamlApplication> = {
  id: 'saml',
  prompts: [],
  settings: samlSettings,
  application: samlApplication,
  review: reviewApplications,
  check: (applications, settings) => [...checkApplications(applications), ...attributeFaults(applications, settings)],
  files: [['metadata', 'file']],
  sealed: [sealedNameIdSecret, ...sealedCopies(), sealedPins, sealedMembers],
  commands,

  async create(settings, ports) {
    const { issuer, now, ephemeral } = ports;
    const identity = ownIdentity(issuer, settings);
    const { entityId } = identity;
    const applications = [...ports.applications.values()].filter(isOurs);
    const byId = new Map(applications.map((it) => [it.id, it]));
    const settingsOf = ({ application }: Party): SamlApplication => {
      const found = byId.get(configuredId(application));
      if (found === undefined) throw new SamlFault('metadata', `no application ${application}`);
      return found.settings;
    };

    const keys = await ports.keyring('saml', { ...KEYS, certificate: { commonName: new URL(issuer).hostname } });
    const { warnBefore } = settings;
    const table = attributeTable(settings.attributes);
    const parties = await createParties({ applications, ports, warnBefore, table });
    const repins = createRepins(parties, ports);
    const gate = gateOf(ports, settings, parties, settingsOf);
    const participants = createParticipants(ephemeral, ports.sessions.lifetime);
    const pending = createPending(ports);
    const answers = await createAnswers({ ports, settings, settingsOf, identity, keys, participants });
    const plain = plainSignOn({ ports, gate, answers, path: PATHS.sso });
    const signOn = createSignOn({ ports, gate, parties, answers, pending, paths: PATHS });
    const logout = createLogout({
      ...{ ports, gate, parties, participants, paths: PATHS },
      writer: createLogoutWriter({ entityId, now, random: ports.random }),
      signerFor: answers.signerFor,
    });

    const facts = { identity, settings, institution: ports.institution, locales: ports.locales };
    const metadata = createOwnMetadata(facts, keys, now);

    const router = express.Router();
    router.get(PATHS.metadata, (_req, res) => {
      res.setHeader('cache-control', 'public, max-age=300');
      res.type('application/samlmetadata+xml').send(metadata.xml());
    });
    router.use(signOn);
    router.use(logout.router);
    router.use(refusals(ports));

    const door: SamlDoor = {
      importer: createImporter(ports, table),
      repin: repins.repin,
      handler: router,
      visits: [plain],
      async application(id) {
        const configured = byId.get(id) ?? (await parties.application(id));
        if (configured?.consent !== 'ask') return configured;
        const party = await parties.ofApplication(id);
        return party ? { ...configured, released: answers.released(party) } : configured;
      },
      async requester(id) {
        const asked = await pending.peek(id);
        return asked?.request?.signed ? asked.request.providerName : undefined;
      },
      signOut: logout.signOut,
      signOutByBrowser: logout.signOutByBrowser,
      troubles: async () => parties.troubles(),
      async close() {
        repins.close();
        await parties.close();
      },
    };
    return door;
  },
};

/** Lets in whoever is an application of ours, as its settings have it. */
function gateOf(
  { now, ephemeral, strangers }: DoorPorts,
  { skew }: SamlSettings,
  parties: Parties,
  settingsOf: (party: Party) => SamlApplication,
): Gate<Party> {
  return createGate<Party>({
    ...{ now, ephemeral, strangers, skew },
    party: (id, by) => parties.party(id, by),
    held: (id) => parties.held(id),
    absent: (id) => {
      const absence = parties.absence(id);
      return absence && new AbsentFault(absence);
    },
    requireSigned: (party) => settingsOf(party).requireSignedRequests,
    allowed: (party) => settingsOf(party).allow,
    setting: ({ application }, departure) => `applications.${application}.saml.allow: [${departure}]`,
  });
}

function isOurs(it: { door: string; internal: boolean }): it is ConfiguredApplication {
  return it.door === 'saml';
}

export default saml;
