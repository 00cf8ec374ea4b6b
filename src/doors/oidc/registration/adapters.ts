import { type Adapter, type AdapterPayload, errors, Provider } from 'oidc-provider';
import type { OidcPorts } from '../ports.ts';
import type { RegisteredClients } from './store.ts';

/** What every token of a registration is held to. */
export const POLICY = 'registration';

abstract class Unused {
  async consume(): Promise<void> {}
  async findByUid(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}
  async revokeByGrantId(): Promise<void> {}
}

/** Initial access tokens (RFC 7591 section 1.2): an operator gives them out, by a command. */
export class InvitationAdapter extends Unused implements Adapter {
  readonly #clients: RegisteredClients;

  constructor(clients: RegisteredClients) {
    super();
    this.#clients = clients;
  }

  async find(token: string): Promise<AdapterPayload | undefined> {
    const found = await this.#clients.invitation(token);
    if (found === undefined) return undefined;
    if (Provider.ctx) Provider.ctx.state.invitation = { token, application: found.application };
    const payload = {
      jti: token,
      kind: 'InitialAccessToken',
      exp: Math.floor(found.expires / 1000),
      policies: [POLICY],
    };
    return payload as AdapterPayload;
  }

  async upsert(): Promise<void> {}
  async destroy(): Promise<void> {}
}

/** Registration access tokens (RFC 7592 section 1.2), each its client's own. */
export class ManagementTokenAdapter extends Unused implements Adapter {
  readonly #clients: RegisteredClients;

  constructor(clients: RegisteredClients) {
    super();
    this.#clients = clients;
  }

  async find(token: string): Promise<AdapterPayload | undefined> {
    const clientId = await this.#clients.managedBy(token);
    if (clientId === undefined) return undefined;
    if (Provider.ctx) Provider.ctx.state.managing = token;
    return { jti: token, kind: 'RegistrationAccessToken', clientId, policies: [POLICY] } as AdapterPayload;
  }

  async upsert(token: string, { clientId }: AdapterPayload): Promise<void> {
    await this.#clients.manage(String(clientId), token);
  }

  destroy(token: string): Promise<void> {
    return this.#clients.unmanage(token);
  }
}

/** Keeps what a client registered, once its invitation has been used for it, and the audit has it. */
export async function keepClient(
  clients: RegisteredClients,
  { audit, browser }: Pick<OidcPorts, 'audit' | 'browser'>,
  id: string,
  metadata: AdapterPayload,
): Promise<void> {
  const ctx = Provider.ctx;
  const invitation = ctx?.state.invitation as { token: string } | undefined;
  const { ip, reference } = ctx ? browser(ctx.res) : {};
  const facts = { application: id, ...(ip === undefined ? {} : { ip, reference }) };
  if (invitation === undefined) {
    await audit.commit({ event: 'client.changed', ...facts });
    const kept = await clients.keep(id, metadata, String(ctx?.state.managing));
    if (!kept) throw new errors.InvalidToken('registration access token is no longer valid');
    return;
  }
  if (!(await clients.use(invitation.token))) throw new errors.InvalidToken('initial access token was used up');
  await audit.commit({ event: 'client.registered', ...facts });
  await clients.add(id, metadata);
}
