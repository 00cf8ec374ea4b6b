import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { CommandResult } from '../../core/directory.ts';
import type { AuditPort } from '../../core/door.ts';
import type { Config } from '../config.ts';
import type { Digests } from './digest.ts';
import { refused } from './events.ts';
import { type Follower, MOST } from './follow.ts';
import type { Answer, By, Held, Rounds } from './rounds.ts';

/** How long nodes are waited for until each has prepared, and then until each has changed over. Milliseconds. */
const PREPARED_WITHIN = 30_000;
const DONE_WITHIN = 20_000;
/** Between two looks for their answers. */
const LOOK = 100;

export interface LeadDeps {
  name: string;
  rounds: Rounds;
  follower: Follower;
  audit: Pick<AuditPort, 'commit'>;
  now(): Promise<number>;
  present(): Promise<readonly string[]>;
  running(): Config;
  /** What another reading would change here, a line each. Rejects where there are faults. */
  changes(): Promise<string[]>;
  /** Whether the processes of that node are replaced by whoever asks here, where that would do. */
  rolls(node: string): boolean;
  /** What the change means for people; told once it is done. */
  effect(from: Config, to: Config): Promise<string[]>;
  /** Has all nodes look. Whoever doesn't hear it looks by itself. */
  wake(): Promise<void>;
}

/** What became of a reload. */
export interface Outcome extends CommandResult {
  /** Nothing was reloaded, and processes that take each other's place would do. */
  roll?: Roll;
}

export interface Roll {
  /** Nodes elsewhere that it would do for as well. */
  others: readonly string[];
  /** What differs, a line each. */
  changes: readonly string[];
  /** The node where it was asked for. */
  askedAt: string;
}

/** What to do where nobody does it. */
const BY_HAND =
  'restart one node after another; where it serves with --workers, a reload replaces the processes of its machine';

/** Of one node, or none where it didn't say anything in time. */
type Answers = Map<string, Answer | undefined>;

/**
 * Leads a reload of all nodes in two phases: each prepares, and only where all that are there have prepared the same is
 * it committed. A node whose lease is over meanwhile isn't waited for.
 */
export function createLead(deps: LeadDeps): (by: By) => Promise<Outcome> {
  const { name, rounds, follower } = deps;
  const own = randomUUID();

  async function begin(by: By): Promise<Held | string> {
    const before = await rounds.last();
    const at = await deps.now();
    if (before?.round.state === 'preparing') {
      const { leader, process, at: begun } = before.round;
      const gone = leader === name ? process !== own : !(await deps.present()).includes(leader);
      if (!gone && at - begun <= MOST) return `a reload that was asked for at ${leader} is under way: try again`;
    }
    const round = { id: randomUUID(), by, leader: name, process: own, at, state: 'preparing' as const };
    if (!(await rounds.begin(round, before))) return 'another reload has just begun: try again';
    const held = await rounds.last();
    return held?.round.id === round.id ? held : 'another reload has just begun: try again';
  }

  async function answersOf(nodes: readonly string[], round: string): Promise<Answers> {
    const all = await Promise.all(nodes.map(async (node) => [node, await rounds.answerOf(node)] as const));
    return new Map(all.map(([node, answer]) => [node, answer?.round === round ? answer : undefined]));
  }

  /** Until all that are there have answered so, or time is over. Who comes meanwhile is waited for as well. */
  async function awaited(round: string, within: number, enough: (answer: Answer) => boolean): Promise<Answers> {
    const end = performance.now() + within;
    for (;;) {
      const answers = await answersOf(await deps.present(), round);
      const all = [...answers.values()].every((answer) => answer !== undefined && enough(answer));
      if (all || performance.now() >= end) return answers;
      await pause(LOOK);
    }
  }

  async function refuse(held: Held, lines: readonly string[], roll?: Roll): Promise<Outcome> {
    await rounds.decide(held, 'refused');
    await deps.wake();
    await follower.look();
    const outcome = { lines: ['nothing was reloaded', ...lines], exitCode: 1 };
    if (roll) return { ...outcome, roll };
    await deps.audit.commit(refused(held.round.by, lines));
    return outcome;
  }

  /** Where new processes are all that is missing, and some of them are whoever's to replace who asks here. */
  async function rollOf(waiting: Answers): Promise<Roll | undefined> {
    const own = [...waiting.keys()].filter((node) => deps.rolls(node));
    const others = [...waiting.keys()].filter((node) => !own.includes(node));
    if (own.length === 0) return undefined;
    const changes = await deps.changes();
    const said = own.flatMap((node) => waiting.get(node)?.lines ?? []);
    return { others, changes: changes.length > 0 ? changes : [...new Set(said)], askedAt: name };
  }

  async function commit(held: Held, prepared: Answers, digests: Digests): Promise<Outcome> {
    if (!(await rounds.decide(held, 'committed', digests)))
      return { lines: ['nothing was reloaded', 'it took too long, and other nodes have given it up'], exitCode: 1 };
    const before = deps.running();
    await deps.wake();
    await follower.look();
    const done = await awaited(held.round.id, DONE_WITHIN, ({ state }) => state === 'done');
    const late = [...done].filter(([, answer]) => answer?.state !== 'done').map(([node]) => node);
    const changes = prepared.get(name)?.lines ?? [];
    return {
      lines: [
        `reloaded${done.size > 1 ? ` on ${[...done.keys()].sort().join(', ')}` : ''}`,
        ...(changes.length > 0 ? changes : ['no setting differs; files were read again']),
        ...(await deps.effect(before, deps.running()).catch(() => [])),
        ...late.map((node) => `${node} hasn't changed over yet: it does as soon as it looks`),
      ],
      exitCode: 0,
    };
  }

  return async (by) => {
    const held = await begin(by);
    if (typeof held === 'string') return { lines: ['nothing was reloaded', held], exitCode: 1 };
    await deps.wake();
    await follower.look();
    const answers = await awaited(held.round.id, PREPARED_WITHIN, () => true);
    const digests = answers.get(name)?.digests;
    const against = objections(answers, name);
    if (against.length === 0 && digests) return commit(held, answers, digests);
    const waiting = new Map([...answers].filter(([, answer]) => answer?.state !== 'prepared'));
    if (waiting.size === 0 || ![...waiting.values()].every((answer) => answer?.roll)) return refuse(held, against);
    const roll = await rollOf(waiting);
    return roll ? refuse(held, against, roll) : refuse(held, [...against, BY_HAND]);
  };
}

/** What keeps it from being committed, by node where there are several. */
function objections(answers: Answers, leader: string): string[] {
  const ours = answers.get(leader)?.digests;
  return [...answers].sort().flatMap(([node, answer]) => {
    const at = answers.size > 1 ? `${node}: ` : '';
    if (answer === undefined) return [`${at}didn't answer in time`];
    if (answer.state !== 'prepared') return answer.lines.map((line) => at + line);
    const other = Object.keys(answer.digests ?? {}).filter((key) => ours && answer.digests?.[key] !== ours[key]);
    return other.length > 0 ? [`${at}${other.join(', ')} would differ from what ${leader} has`] : [];
  });
}
