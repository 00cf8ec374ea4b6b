import { setImmediate } from 'node:timers/promises';
import type { Account } from '../../core/account.ts';
import type { CommandInput, CommandResult } from '../../core/directory.ts';
import type { AuditPort, Door } from '../../core/door.ts';
import type { EnabledFactors } from '../../core/enabled-factor.ts';
import type { Movable } from '../../core/factor-powers.ts';
import type { Rooms } from '../rooms.ts';
import { createTally } from './tally.ts';
import { type Moving, type Reader, whatOf } from './things.ts';

/** What the commands work on. */
export interface MigrateTarget extends Pick<Rooms, 'accounts' | 'credentials'> {
  factors: EnabledFactors;
  doors: ReadonlyMap<string, Pick<Door, 'introduce'>>;
  audit: AuditPort;
}

/** Faults that are told one by one. */
const SHOWN = 200;
/** Lines after which others get their turn. */
const TURN = 100;

/**
 * Takes over what an export holds. It is read twice: where any line can't be read nothing is done at all. Each thing is
 * then kept by itself, and known again, so that the command can be given again wherever it was interrupted.
 */
export async function migrate(
  target: MigrateTarget,
  { stdin: text = '', options }: CommandInput,
  { from, read }: { from: string; read: Reader },
): Promise<CommandResult> {
  const realm = typeof options.realm === 'string' ? options.realm.toLowerCase() : undefined;
  const faults = await faultsOf(text, read, realm);
  if (faults.length > 0) {
    const shown = faults.slice(0, SHOWN).map(({ line, fault }) => `line ${line}: ${fault}`);
    const more = faults.length > SHOWN ? [`… ${faults.length - SHOWN} more`] : [];
    return { lines: [...shown, ...more, 'Nothing was changed.'], exitCode: 1 };
  }
  const dry = options.dryRun === true;
  const tally = createTally(SHOWN);
  let lines = 0;
  for (const one of read(text)) {
    if ('fault' in one) continue;
    if (realm !== undefined && one.realm !== realm) {
      for (const thing of one.things) tally.left(whatOf(thing), 'of another realm');
    } else await takePerson(target, one, { dry, tally });
    if (++lines % TURN === 0) await setImmediate();
  }
  if (!dry) await target.audit.commit({ event: 'migration.made', from, by: 'cli', ...tally.counts() });
  const told = tally.lines();
  return {
    lines: [...told, dry ? 'Nothing was changed: that was a dry run.' : 'Done.'],
    exitCode: tally.isWhole() ? 0 : 1,
  };
}

/** `realm`: the one whose people are looked for; absent: the file must know only one. */
async function faultsOf(text: string, read: Reader, realm?: string): Promise<{ line: number; fault: string }[]> {
  const faults: { line: number; fault: string }[] = [];
  const told = (name: string): string => JSON.stringify(name.slice(0, 80));
  let lines = 0;
  let first: string | undefined;
  for (const one of read(text)) {
    if ('fault' in one) faults.push(one);
    else if (realm === undefined && one.realm !== undefined) {
      first ??= one.realm;
      // Another person, who may be called as one of ours is.
      const fault = `of the realm ${told(one.realm)} among people of ${told(first)}: say by --realm whose are meant`;
      if (one.realm !== first) faults.push({ line: one.line, fault });
    }
    if (++lines % TURN === 0) await setImmediate();
  }
  return faults;
}

/** As `find` would, without a trace. */
const lookedFor = async ({ accounts }: MigrateTarget, login: string) =>
  (await accounts.named(login)) ?? (await accounts.found(login));

interface Turn {
  dry: boolean;
  tally: ReturnType<typeof createTally>;
}

async function takePerson(target: MigrateTarget, { line, login, things, left }: Moving, turn: Turn): Promise<void> {
  const { dry, tally } = turn;
  for (const { what, why } of left) tally.left(what, why);
  if (things.length === 0) return;
  // Somebody who has never signed in gets an account by that, but not for a look.
  const account = await (dry ? lookedFor(target, login) : target.accounts.find(login));
  if (account === undefined) {
    tally.refused(line, 'people', `nobody here goes by ${JSON.stringify(login.slice(0, 80))}`);
    return;
  }
  for (const thing of things) {
    const outcome = await takeThing(target, account, thing, dry);
    if (outcome === 'taken' || outcome === 'had') tally[outcome](whatOf(thing));
    else tally.refused(line, whatOf(thing), outcome);
  }
}

/** What became of a thing: a reason where it stays. */
async function takeThing(target: MigrateTarget, account: Account, thing: Movable, dry: boolean): Promise<string> {
  const all = await target.credentials.ofAccount(account.id);
  for (const [id, { factor }] of target.factors) {
    const own = all.filter((one) => one.factor === id);
    const taken = await factor.takesOver?.take(account, own, thing, { dry });
    if (taken === undefined) continue;
    if (taken.outcome === 'refused') return taken.reason;
    if (taken.outcome === 'had' || dry) return taken.outcome;
    const { name, data, lookup = [], release } = taken;
    const added = await target.credentials.add(account.id, id, name, data, [...lookup], (credential) =>
      target.audit.commit({ event: 'credential.added', factor: id, by: 'cli', account: account.id, credential }),
    );
    if (typeof added === 'string') return 'taken';
    await release?.();
    return added.key === 'too-many-methods'
      ? 'they have as many of these as they may'
      : 'changed at the same moment: try again';
  }
  for (const door of target.doors.values()) {
    const introduced = await door.introduce?.(account, thing, { dry });
    if (introduced !== undefined) return introduced;
  }
  return 'nothing that is enabled here takes it';
}
