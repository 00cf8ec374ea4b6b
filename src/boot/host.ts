import { configuredId, INTERNAL_APPLICATIONS } from '../core/application.ts';
import { DEFAULT_ACR, type Evidence } from '../core/assurance.ts';
import type { CommandResult, Directory } from '../core/directory.ts';
import type { AuditPort, Core, Door } from '../core/door.ts';
import type { EnabledFactor } from '../core/enabled-factor.ts';
import { SallyportError } from '../core/errors.ts';
import type { Rule } from '../core/policy.ts';
import type { KeyedSealer } from '../core/seal.ts';
import type { DurableStore } from '../core/store.ts';
import { type Trouble, troubleLine } from '../core/trouble.ts';
import { assess } from '../policy/assess.ts';
import { decide } from '../policy/decide.ts';
import { explain } from '../policy/explain.ts';
import { networksOf } from '../policy/networks.ts';
import type { AuditTarget } from './audit-commands.ts';
import { type CommandHost, type CommandRequest, directoryCommand } from './commands.ts';
import type { Config } from './config.ts';
import { factorCommand } from './desk.ts';
import type { Keyrings } from './keyring.ts';
import type { Modules } from './modules.ts';
import { accountCommands, auditCommands, keyCommands, methodCommands, sealingCommands } from './own-commands.ts';
import type { World } from './parts.ts';
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
  sealer: KeyedSealer;
  places: Places;
  troubles(): Promise<readonly Trouble[]>;
}

/** Runs the CLI's commands where the data is. */
export function createHost(deps: HostDeps): CommandHost {
  const { config, modules, durable, directories, audit } = deps;

  async function ofDirectory(request: CommandRequest): Promise<CommandResult> {
    const { directory, command } = directoryCommand(config, modules, request);
    const target = directories.get(directory);
    if (target === undefined) throw new SallyportError('ERR_INPUT', `directory ${directory} is not enabled`);
    const result = await command.run(target, request.input);
    for (const { event, key, detail } of result.audit ?? []) {
      const account = key === undefined ? undefined : await durable.accounts.byDirectoryKey(directory, key);
      await audit.commit({ event, by: 'cli', ...(account ? { account: account.id } : {}), ...detail });
    }
    for (const key of result.revoke ?? []) await revoke(directory, key);
    for (const key of result.renewed ?? []) await release(directory, key);
    const changed = new Set((result.audit ?? []).flatMap(({ key }) => key ?? []));
    for (const key of changed) await deps.accounts.refresh(directory, key, { by: 'cli' });
    return result;
  }

  async function ofDoor(request: CommandRequest): Promise<CommandResult | undefined> {
    for (const [id, { commands = [] }] of modules.doors) {
      const command = commands.find(({ name }) => name === request.name);
      if (command === undefined) continue;
      const door = deps.doors.get(id);
      if (door === undefined)
        throw new SallyportError('ERR_INPUT', `${request.name} needs doors.${id} in the configuration`);
      return command.run(door, request.input);
    }
    return undefined;
  }

  /** A new password or a disabled account ends what rested on the old state. */
  async function revoke(directory: string, key: string): Promise<void> {
    const account = await durable.accounts.byDirectoryKey(directory, key);
    if (account === undefined) return;
    await durable.accounts.revokeBefore(account.id, deps.world.now());
    await deps.devices.revoke(account.id);
    await deps.core.endAll(account.id);
  }

  /** Whoever knew the old password doesn't know the new one. */
  async function release(directory: string, key: string): Promise<void> {
    const account = await durable.accounts.byDirectoryKey(directory, key);
    if (account === undefined) return;
    await deps.attempts.forgetBrowsers(account.id);
    await deps.holds.release(account.id, { by: 'cli' });
  }

  async function explainPolicy({ input: { options } }: CommandRequest): Promise<CommandResult> {
    const text = (name: string) => (typeof options[name] === 'string' ? options[name] : undefined);
    const username = text('account') ?? '';
    const application = text('application') ?? '';
    const account = await deps.accounts.find(username);
    if (account === undefined) return { lines: [`There is no account ${JSON.stringify(username)}.`], exitCode: 1 };
    if (!config.applications.has(application) && !INTERNAL_APPLICATIONS.some((id) => id === application)) {
      return { lines: [`There is no application ${JSON.stringify(application)}.`], exitCode: 1 };
    }
    const at = text('at');
    const now = at === undefined ? deps.world.now() : Date.parse(at);
    const ip = text('ip');
    const networks = ip === undefined ? [] : networksOf(ip, config.networks);
    const credentials = await deps.credentials.ofAccount(account.id);
    const { isSecond, isEnrolled, works } = deps.evaluator;
    const seconds = credentials.filter(isSecond);
    const [enrolled, suspended] = [isEnrolled(account, credentials), !seconds.some(works)];
    const { id, groups, createdAt } = account;
    const requirement = decide(
      deps.rules,
      { now, application, account: { id, groups, createdAt, enrolled }, networks },
      { remember: config.trustedDevices.lifetime },
    );
    const trusted = text('device') === 'trusted';
    const table = explain({
      application,
      account: { username: account.username, name: account.name, groups, enrolled, suspended },
      networks,
      now,
      requirement,
      trial: { device: trusted ? 'trusted' : 'none', assessment: trial(requirement, now, trusted) },
    });
    const hold = await deps.holds.of(account.id);
    const held = hold ? ['', `Held since ${new Date(hold.at).toISOString()}: the password must be changed first.`] : [];
    const own = (await deps.troubles()).filter((trouble) => trouble.application === configuredId(application));
    const troubles = own.length === 0 ? [] : ['', ...own.map(troubleLine)];
    return { lines: [...table.trimEnd().split('\n'), ...held, ...troubles], exitCode: 0 };
  }

  /** As after a fresh first factor, with or without a browser remembered a moment ago. */
  function trial(requirement: ReturnType<typeof decide>, now: number, trusted: boolean) {
    const request = 'trial';
    const base = { phishingResistant: false, attested: false, at: now };
    const first: Evidence = { ...base, factor: 'first', credential: 'first', amr: [], kinds: ['knowledge'], request };
    const second = { ...base, factor: 'device', credential: 'device', amr: [], kinds: ['possession' as const] };
    return assess({
      requirement: { ...requirement, factors: undefined },
      evidence: [first],
      ...(trusted ? { device: { proofs: [second] } } : {}),
      wants: { acrValues: [], acrEssential: false, reauthenticate: false },
      request,
      now,
      acr: new Map(DEFAULT_ACR),
      reachable: undefined,
    });
  }

  return {
    async run(request) {
      const ofAudit = auditCommands.find(({ name }) => name === request.name);
      if (ofAudit) return ofAudit.run(deps.auditOf, request.input);
      const ofKeys = keyCommands.find(({ name }) => name === request.name);
      if (ofKeys) return ofKeys.run(deps.keyrings, request.input);
      const ofMethods = methodCommands.find(({ name }) => name === request.name);
      if (ofMethods) return ofMethods.run(deps, request.input);
      const ofSealing = sealingCommands.find(({ name }) => name === request.name);
      if (ofSealing) return ofSealing.run(deps, request.input);
      const ofAccounts = accountCommands.find(({ name }) => name === request.name);
      if (ofAccounts) return ofAccounts.run(deps, request.input);
      if (request.name === 'policy explain') return explainPolicy(request);
      return (await ofDoor(request)) ?? (await factorCommand(deps, request)) ?? ofDirectory(request);
    },
  };
}
