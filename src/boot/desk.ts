import type { Account } from '../core/account.ts';
import type { CommandResult } from '../core/directory.ts';
import type { AuditPort } from '../core/door.ts';
import type { EnabledFactor } from '../core/enabled-factor.ts';
import type { FactorDesk } from '../core/factor-desk.ts';
import type { Sealer } from '../core/seal.ts';
import type { DurableStore } from '../core/store.ts';
import type { CommandRequest } from './commands.ts';
import type { Modules } from './modules.ts';
import type { World } from './parts.ts';
import type { Rooms } from './rooms.ts';
import { sealerFor } from './sealing/places.ts';

interface DeskDeps extends Pick<Rooms, 'accounts' | 'credentials' | 'issuing' | 'methods'> {
  modules: Modules;
  factors: ReadonlyMap<string, EnabledFactor>;
  durable: DurableStore;
  sealer: Sealer;
  audit: AuditPort;
  world: World;
}

/** Runs a factor's command, if one that is enabled brings it. */
export async function factorCommand(deps: DeskDeps, request: CommandRequest): Promise<CommandResult | undefined> {
  for (const [id, { commands = [] }] of deps.modules.factors) {
    const command = commands.find(({ name }) => name === request.name);
    if (command === undefined) continue;
    return deps.factors.has(id) ? command.run(deskOf(deps, id), request.input) : undefined;
  }
  return undefined;
}

function deskOf(deps: DeskDeps, id: string): FactorDesk {
  const { audit, world, credentials, methods, accounts, issuing } = deps;
  const about = { factor: id, by: 'cli' };

  return {
    ...world,
    account: (login) => accounts.meant(login),
    accountById: (account) => accounts.byId(account),
    credentials: async ({ id: account }) => (await credentials.ofAccount(account)).filter((it) => it.factor === id),
    async add(account, { name, data, lookup }) {
      return credentials.add(account.id, id, name, data, lookup, (credential) =>
        audit.commit({ event: 'credential.added', ...about, account: account.id, credential }),
      );
    },
    remove: (account, credential) => remove(account, credential),
    issue: (account, options, facts = {}) => issuing.issue(account, id, options, { ...facts, by: 'cli' }),
    records: deps.durable.records(`factor:${id}`),
    state: deps.durable.state(`factor:${id}`),
    sealer: sealerFor(`factor:${id}`, deps.sealer),
    audit: (event) => audit.commit({ ...event, ...about }),
  };

  async function remove(account: Account, credential: string): Promise<boolean> {
    const all = await credentials.ofAccount(account.id);
    if (!all.some((it) => it.id === credential && it.factor === id)) return false;
    await audit.commit({ event: 'credential.removed', ...about, account: account.id, credential });
    return methods.remove(account.id, credential);
  }
}
