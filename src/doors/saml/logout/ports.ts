import type { DoorPorts } from '../../../core/door.ts';
import {
  type Binding,
  type Gate,
  type LogoutWriter,
  type NameId,
  type Outgoing,
  type Signer,
  STATUSES,
} from '../../../saml/index.ts';
import type { Parties } from '../metadata/registry.ts';
import type { Participants } from '../participants.ts';
import type { Party } from '../party.ts';

export interface LogoutDeps {
  ports: DoorPorts;
  gate: Pick<Gate<Party>, 'receive'>;
  parties: Pick<Parties, 'ofApplication'>;
  participants: Pick<Participants, 'nameIdsOf'>;
  writer: LogoutWriter;
  /** What signs a message to this service provider. */
  signerFor(party: Party): Signer | Promise<Signer>;
  /** Paths of ours: the endpoint of the metadata, and the one below which the pages stand. */
  paths: { slo: string; logout: string };
}

/** Who is told of the end of a session, and under which names it knows the person: it may have kept any of them. */
export interface Addressee {
  party: Party;
  nameIds: readonly NameId[];
}

const REQUEST_LIFETIME = 5 * 60_000;
const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success';

/** Partial logout has a second code below this one (saml-core section 3.2.2.2): there, the person is signed out. */
export const isSuccess = (status: readonly string[]): boolean => status[0] === SUCCESS;

/** It has nobody of this name (saml-core section 3.2.2.2), or nobody any more. */
export const isUnknown = (status: readonly string[]): boolean => status[1] === STATUSES.unknownPrincipal.codes[1];

/** The service provider behind an application; undefined where none is known, or nothing was issued to it. */
export async function addressee(
  { parties, participants, ports }: Pick<LogoutDeps, 'parties' | 'participants' | 'ports'>,
  application: string,
  index: string,
): Promise<Addressee | undefined> {
  const [party, nameIds] = await Promise.all([parties.ofApplication(application), participants.nameIdsOf(index)]);
  if (party === undefined || nameIds.length === 0) return undefined;
  const { validUntil } = party.provider;
  // What expired metadata says is no longer anybody's address (saml-metadata section 2.3.2).
  return validUntil !== undefined && validUntil <= ports.now() ? undefined : { party, nameIds };
}

/** A signed LogoutRequest, ready to be delivered. */
export async function requestFor(
  { writer, signerFor, ports }: LogoutDeps,
  { party, nameId }: { party: Party; nameId: NameId },
  index: string,
  endpoint: { binding: Binding; location: string },
): Promise<Outgoing> {
  return writer.request({
    binding: endpoint.binding,
    destination: endpoint.location,
    signer: await signerFor(party),
    nameId,
    sessionIndexes: [index],
    notOnOrAfter: ports.now() + REQUEST_LIFETIME,
  });
}
