import type { Watch } from '../accounts/index.ts';
import type { Command, CommandResult, Directory } from '../core/directory.ts';
import type { AuditPort, Core, Door } from '../core/door.ts';
import type { EnabledFactor } from '../core/enabled-factor.ts';
import { SallyportError } from '../core/errors.ts';
import type { Rule } from '../core/policy.ts';
import type { KeyedSealer } from '../core/seal.ts';
import type { DurableStore } from '../core/store.ts';
import type { Trouble } from '../core/trouble.ts';
import type { Counter } from '../statistics/index.ts';
import type { AuditTarget } from './audit-commands.ts';
import type { CommandHost, CommandRequest } from './commands.ts';
import { comparePolicy } from './compare.ts';
import type { Config } from './config.ts';
import { factorCommand } from './desk.ts';
import { runOfDirectory } from './directory-command.ts';
import type { Keyrings } from './keyring.ts';
import type { Modules } from './modules.ts';
import { offeredBy } from './offers.ts';
import {
  accountCommands,
  auditCommands,
  keyCommands,
  linkCommands,
  methodCommands,
  migrateCommands,
  reportCommands,
  sealingCommands,
  watchCommands,
} from './own-commands.ts';
import type { World } from './parts.ts';
import { explainPolicy } from './policy-commands.ts';
import type { Rooms } from './rooms.ts';
import type { Places } from './sealing/places.ts';

interface HostDeps extends Rooms {
  config: Config;
  modules: Modules;
  durable: DurableStore;
  directories: ReadonlyMap<string, Directory>;
  doors: ReadonlyMap<string, Door>;
  core: Core;
  audit: AuditPort;
  world: World;
  rules: readonly Rule[];
  factors: ReadonlyMap<string, EnabledFactor>;
  auditOf: AuditTarget;
  keyrings: Keyrings;
  counter: Counter;
  sealer: KeyedSealer;
  places: Places;
  troubles(): Promise<readonly Trouble[]>;
  watch: Watch;
}

/** Runs the CLI's commands where the data is. */
export function createHost(deps: HostDeps): CommandHost {
  /** The gateway's own, each group with what its commands work on. */
  const own = [
    among(auditCommands, deps.auditOf),
    among(keyCommands, deps.keyrings),
    among(linkCommands, deps),
    among(methodCommands, deps),
    among(migrateCommands, deps),
    among(sealingCommands, deps),
    among(accountCommands, deps),
    among(reportCommands, deps),
    among(watchCommands, deps),
  ];

  return {
    async run(request) {
      for (const run of own) {
        const result = run(request);
        if (result) return result;
      }
      if (request.name === 'policy compare') return comparePolicy(deps, request.input);
      if (request.name === 'policy explain') return explainPolicy(deps, request.input);
      const done = (await doorCommand(deps, request)) ?? (await factorCommand(deps, request));
      if (done !== undefined) return done;
      const from = await offeredBy(request.name);
      if (from === undefined) return runOfDirectory(deps, request);
      throw new SallyportError('ERR_INPUT', `${request.name} needs ${from} in the configuration`);
    },
  };
}

/** Runs the command of a group that a request names, if it is one of them. */
function among<T>(commands: readonly Command<T>[], target: T) {
  return ({ name, input }: CommandRequest): Promise<CommandResult> | undefined =>
    commands.find((command) => command.name === name)?.run(target, input);
}

/** Runs a door's command, if one that is enabled brings it. */
async function doorCommand({ modules, doors }: HostDeps, request: CommandRequest): Promise<CommandResult | undefined> {
  for (const [id, { commands = [] }] of modules.doors) {
    const command = commands.find(({ name }) => name === request.name);
    if (command === undefined) continue;
    const door = doors.get(id);
    return door && command.run(door, request.input);
  }
  return undefined;
}
