import type { Directory, DirectoryModule, DirectoryPorts } from '../../core/directory.ts';
import type { HouseRoute } from '../../core/house.ts';
import type { KeyringOptions } from '../../core/keyring.ts';
import { createPeople, knownThrough } from '../../core/known-people.ts';
import { createPartings } from '../../core/parting.ts';
import {
  ClaimFault,
  createProviderSource,
  type IdentityProvider,
  METHODS,
  MetadataFault,
  type NameId,
  prepareResponses,
  type Source,
  sealedCopies,
} from '../../saml/index.ts';
import { examine } from './examine.ts';
import { createHouses, leadsTo } from './houses.ts';
import { keyOfName } from './key.ts';
import { logoutRoutes } from './logout.ts';
import { createOwnMetadata, type Own, type OwnKeys } from './own.ts';
import { createRedirects } from './redirects.ts';
import { sessionOf } from './session.ts';
import { type Settings, settings } from './settings.ts';
import { createSigningOut } from './signing-out.ts';

const DAY = 86_400_000;

/** Copies of metadata, apart from those of applications. */
const COPIES = 'saml-providers';

/** Providers look at our metadata daily at best: a new certificate is published a month ahead. */
const SIGNING = { ahead: 30 * DAY, keeps: DAY };
/** And they encrypt for the former key until they have looked. */
const ENCRYPTION: KeyringOptions = { algorithms: ['RS256'], ahead: 0, keeps: 30 * DAY };

/** People of another house, who sign in at its SAML identity provider. Those are known who have come by it. */
const saml: DirectoryModule<Settings> = {
  id: 'saml',
  settings,
  examine,
  files: [['metadata', 'file']],
  sealed: sealedCopies(COPIES),
  called: ({ name }) => name,
  leadsToMany: ({ federation }) => federation !== undefined,
  create(options, ports): Directory {
    prepareResponses();
    const { now, house, id } = ports;
    const own = ownOf(options, house);
    const people = createPeople(ports.records, { now, askAgain: options.askAgain });
    const source = sourceOf(options, ports);
    const keys = keysOf(options, ports);
    const provider = async (entityId: string) =>
      leadsTo(options, entityId) ? (await source.started()).find(entityId) : undefined;
    const common = { now, random: ports.random, own, settings: options, keys, provider, ephemeral: house.ephemeral };
    const providerOf = async (key: string) => provider(options.entityId ?? (await people.houseOf(key)) ?? '');
    const signingOut = createSigningOut({ ...common, providerOf, partings: createPartings(house, id) });
    const facts = { own, settings: options, institution: house.institution, locales: house.locales };
    return {
      ...knownThrough(people),
      redirects: createRedirects({
        ...{ ...common, id, keyOfSession: people.bySession, houseOf: people.houseOf, signingOut },
        houses: createHouses(options, source.started),
        repeats: (entityId) => house.repeatsUs([entityId]),
        async keep(verified) {
          const { person, said, parting } = verified;
          await people.keep(person, namesOf(said.session, parting), said.house);
          await signingOut.remember(verified);
        },
      }),
      answers: [
        metadataRoute(async () => createOwnMetadata(facts, await keys(), now)),
        ...logoutRoutes({
          ...common,
          log: ports.log,
          keyOfName: (nameId, issuer) => keyOfName(nameId, issuer, options, own),
          keyOfSession: people.bySession,
        }),
      ],
      close: async () => (await source.started()).close(),
    };
  },
};

/** What a session there is known by: its name, and that with its person's, which was kept to part by. */
function namesOf(session: string | undefined, parting: string | undefined): string[] {
  if (session === undefined) return [];
  return parting === undefined ? [session] : [session, sessionOf(session, JSON.parse(parting) as NameId)];
}

function ownOf({ ownEntityId }: Settings, { base, back, signedOut }: DirectoryPorts['house']): Own {
  return { entityId: ownEntityId ?? `${base}/metadata`, consumer: back, logout: `${base}/logout`, signedOut };
}

/** The provider's metadata, from the first moment on: whoever asks waits for the first look at it. */
function sourceOf(options: Settings, ports: DirectoryPorts): { started(): Promise<Source<IdentityProvider>> } {
  const { now, random, fetch, log, id, house } = ports;
  const source = createProviderSource(
    id,
    options.metadata,
    {
      ...{ now, random, fetch, log, namespace: COPIES },
      ...{ durable: house.durable, sealer: house.sealer, audit: house.audit },
      about: (directory) => ({ directory }),
      // Nobody but the configuration names an entity here.
      strangers: { ask: async () => {} },
    },
    async (document) => {
      if (document.count === 0) throw new MetadataFault('it describes no identity provider that can be used');
      if (options.entityId === undefined || document.has(options.entityId)) return;
      throw new ClaimFault(`it doesn't describe ${options.entityId}`, undefined);
    },
  );
  const starting = source.start();
  return { started: async () => starting.then(() => source) };
}

/** Made when they are first needed; where that fails, at the next need. */
function keysOf({ algorithm }: Settings, { house, id }: DirectoryPorts): () => Promise<OwnKeys> {
  const commonName = new URL(house.base).hostname;
  let rings: Promise<OwnKeys> | undefined;
  const made = async (): Promise<OwnKeys> => ({
    signing: await house.keyring(`saml-${id}`, {
      ...SIGNING,
      algorithms: [METHODS[algorithm].key],
      certificate: { commonName },
    }),
    encryption: await house.keyring(`saml-${id}-encryption`, {
      ...ENCRYPTION,
      certificate: { commonName, encrypts: true },
    }),
  });
  return async () => {
    rings ??= made();
    try {
      return await rings;
    } catch (error) {
      rings = undefined;
      throw error;
    }
  };
}

function metadataRoute(make: () => Promise<{ xml(): string }>): HouseRoute {
  let made: Promise<{ xml(): string }> | undefined;
  return {
    method: 'GET',
    path: '/metadata',
    async handle() {
      made ??= make();
      return { type: 'application/samlmetadata+xml', text: (await made).xml(), maxAge: 300 };
    },
  };
}

export default saml;
