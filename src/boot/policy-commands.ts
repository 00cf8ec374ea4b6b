import type { Account } from '../core/account.ts';
import { configuredId, INTERNAL_APPLICATIONS } from '../core/application.ts';
import { DEFAULT_ACR, type Evidence } from '../core/assurance.ts';
import type { CommandInput, CommandResult } from '../core/directory.ts';
import type { Rule } from '../core/policy.ts';
import { type Trouble, troubleLine } from '../core/trouble.ts';
import { assess, decide, explain, networksOf, outlook } from '../policy/index.ts';
import { momentIn } from './config/calendars.ts';
import type { Config } from './config.ts';
import { type Houses, housesOf } from './explained-house.ts';
import type { World } from './parts.ts';
import type { Rooms } from './rooms.ts';

/** What the commands about policy work on. */
export interface PolicyTarget
  extends Houses,
    Pick<Rooms, 'accounts' | 'connections' | 'credentials' | 'evaluator' | 'holds'> {
  config: Pick<Config, 'applications' | 'networks' | 'timeZone' | 'trustedDevices'>;
  rules: readonly Rule[];
  world: Pick<World, 'now'>;
  troubles(): Promise<readonly Trouble[]>;
}

/** Says what an application demands of a person, and why. */
export async function explainPolicy(target: PolicyTarget, { options }: CommandInput): Promise<CommandResult> {
  const { config, accounts, evaluator } = target;
  const text = (name: string) => (typeof options[name] === 'string' ? options[name] : undefined);
  const username = text('account') ?? '';
  const application = text('application') ?? '';
  const account = await accounts.meant(username);
  if (account === undefined) return { lines: [`There is no account ${JSON.stringify(username)}.`], exitCode: 1 };
  if (!config.applications.has(application) && !INTERNAL_APPLICATIONS.some((id) => id === application)) {
    return { lines: [`There is no application ${JSON.stringify(application)}.`], exitCode: 1 };
  }
  const at = text('at');
  const now = at === undefined ? target.world.now() : momentIn(at, config.timeZone);
  const ip = text('ip');
  const networks = ip === undefined ? [] : networksOf(ip, config.networks);
  const credentials = await target.credentials.ofAccount(account.id);
  const { isSecond, isEnrolled, works } = evaluator;
  const seconds = credentials.filter(isSecond);
  const [enrolled, suspended] = [isEnrolled(account, credentials), !seconds.some(works)];
  const { id, groups, createdAt } = account;
  const facts = { now, application, account: { id, groups, createdAt, enrolled }, networks };
  const limits = { remember: config.trustedDevices.lifetime };
  const requirement = decide(target.rules, facts, limits);
  const trusted = text('device') === 'trusted';
  const table = explain({
    application,
    account: { username: account.username, name: account.name, groups, enrolled, suspended },
    networks,
    now,
    requirement,
    later: outlook(target.rules, facts, limits),
    trial: { device: trusted ? 'trusted' : 'none', assessment: trial(requirement, now, trusted) },
  });
  const lines = [...table.trimEnd().split('\n'), ...(await through(target, account, ip, requirement))];
  const houses = await housesOf(target, account, credentials, now);
  const more = [...(await besides(target, account, application)), ...houses];
  return { lines: [...lines, ...more], exitCode: 0 };
}

/** Whether a connection of theirs counts at that address, and why. */
async function through(
  { connections, world }: PolicyTarget,
  { id }: Account,
  ip: string | undefined,
  { connection: window }: ReturnType<typeof decide>,
): Promise<string[]> {
  if (ip === undefined || window === undefined) return [];
  const found = await connections.at(id, ip);
  if (found === undefined) return ['', `No live connection of theirs has ${ip}, or more than one has.`];
  const { application, at } = found;
  const until = at + window;
  const counts = world.now() <= until ? `stands for the second factor until ${time(until)}` : 'was too long ago';
  return ['', `Connected through ${application} at ${ip}: its second factor, of ${time(at)}, ${counts}.`];
}

const time = (at: number): string => new Date(at).toISOString();

/** What no rule says: a hold of the account, and what is wrong with the application. */
async function besides({ holds, troubles }: PolicyTarget, { id }: Account, application: string): Promise<string[]> {
  const hold = await holds.of(id);
  const held = hold ? ['', `Held since ${new Date(hold.at).toISOString()}: the password must be changed first.`] : [];
  const own = (await troubles()).filter((trouble) => trouble.application === configuredId(application));
  return [...held, ...(own.length === 0 ? [] : ['', ...own.map(troubleLine)])];
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
