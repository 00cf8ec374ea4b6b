import { type NameId, STATUSES, type Status } from '../../../saml/index.ts';
import type { Participants } from '../participants.ts';
import type { Party } from '../party.ts';
import type { AttributeTable } from '../response/attribute-table.ts';
import type { NameIds } from '../response/name-id.ts';
import type { NamedHere } from '../response/named-here.ts';
import type { SamlApplication } from '../settings.ts';
import type { Asked, SignedIn } from './asked.ts';
import { MAIL, type Releases, USER_NAME } from './releases.ts';

/** Who signed in, as service providers may be told of them. */
export type Told = SignedIn & NamedHere;

export interface NamingDeps {
  names: NameIds;
  releases: Pick<Releases, 'names'>;
  participants: Pick<Participants, 'remember'>;
  settingsOf(party: Party): SamlApplication;
  table: AttributeTable;
  /** Domain of scoped values. */
  scope: string;
}

/** The names under which service providers know people. */
export function createNaming({ names, releases, participants, settingsOf, table, scope }: NamingDeps) {
  /** What the application knows people by, if it is one value: of several nobody could say which. */
  function agreedName({ account, isOurs }: NamedHere, settings: SamlApplication, provider: string): string | undefined {
    if (settings.nameId !== 'unspecified') return undefined;
    const context = { provider, scope, isOurs, uniqueId: names.uniqueId };
    const [value, another] = table.get(settings.nameIdFrom ?? USER_NAME)?.values(account, context) ?? [];
    return another === undefined ? value : undefined;
  }

  /**
   * The name under which the service provider shall know the person; kept where a logout couldn't derive it. `isNew`: it
   * wasn't kept before.
   */
  async function nameIdOf(
    { party, request }: Asked,
    { joined, ...told }: Told,
  ): Promise<{ nameId: NameId; isNew: boolean } | { status: Status }> {
    const wish = { policy: request?.nameIdPolicy, provider: party.provider, preferred: settingsOf(party).nameId };
    const { id, email } = told.account;
    // The address is an attribute as a name too: no request of its own gets it for an application that isn't given it.
    const person = email !== undefined && releases.names(party).includes(MAIL) ? { id, email } : { id };
    const provider = party.provider.entityId;
    const named = agreedName(told, settingsOf(party), provider);
    const bearer = { account: person, named, provider, sessionIndex: joined.index };
    const issued = names.issue(wish, bearer);
    if (issued.nameId === undefined) return { status: issued.status };
    const meant = request?.subject;
    if (meant && !names.names(meant, bearer)) return { status: STATUSES.unknownPrincipal };
    // Not only where the session is new to it: the core's own request may have entered it before this one does.
    return { nameId: issued.nameId, isNew: await participants.remember(joined.index, issued.nameId) };
  }

  return { nameIdOf };
}
