import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readResult } from '../../../src/boot/commands.ts';
import { callControl, controlPath } from '../../../src/boot/control.ts';
import type { Tree } from '../configuration.ts';
import { keeping } from '../keeping.ts';
import type { LogLine } from './log.ts';
import { readMetrics } from './metrics.ts';
import type { Memory } from './preload.ts';
import { type Running, run, startWords, untilReady } from './process.ts';

/** One process of several, as `npm start` runs it. */
export interface ClusterNode {
  readonly name: string;
  /** Where it listens itself, without the proxy. */
  readonly url: string;
  /** Of health and metrics. */
  readonly management: string;
  /** The file of its configuration, which it reads at its next start; and its data folder. */
  readonly config: string;
  readonly data: string;
  /** Undefined while it doesn't run. */
  readonly pid: number | undefined;
  /** Of all its starts. */
  readonly logs: LogLine[];
  /** Starts it, or again after it ended. Resolves once it is ready; rejects with its last lines where it ends before. */
  start(): Promise<void>;
  /** Resolves with the exit code once it has ended: null where a signal ended it. */
  kill(signal?: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number | null>;
  /** Sends it a signal that doesn't end it. */
  signal(name: NodeJS.Signals): void;
  /** Halts it, so that its connections stay open and nothing answers; `resume` lets it go on. */
  pause(): void;
  resume(): void;
  /** Whether it says so; false as well where it doesn't answer. */
  ready(): Promise<boolean>;
  metrics(): Promise<Map<string, number>>;
  memory(): Promise<Memory>;
  /** By its control socket; throws with what it printed where it fails. */
  command(name: string, args?: string[], options?: Record<string, string | boolean>, stdin?: string): Promise<string[]>;
  /** Moves its clock, milliseconds, now and at its next starts. */
  advance(milliseconds: number): Promise<void>;
  /** Resolves when its clock has moved as far as was asked. */
  settled(): Promise<void>;
}

export interface NodeOptions {
  /** As `node:` in its configuration. */
  name: string;
  /** Joins the configuration of this node alone. */
  config?: Tree;
  env?: Readonly<Record<string, string>>;
  /** Of Node, beside those of `npm start`. */
  flags?: readonly string[];
  /** How far its clock is ahead of the machine's, milliseconds; behind where it is negative. */
  ahead?: number;
}

/** Where it is kept and what it is told. */
export interface Placed extends NodeOptions {
  folder: string;
  ports: { listen: number; management: number };
  tree: Tree;
}

/** How long it may take to say whether it is ready. */
const SAYS_WITHIN = 3_000;

/** A node that doesn't run yet. */
export function createNode({ name, folder, ports, tree, env = {}, flags = [], ahead = 0 }: Placed): ClusterNode {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'config.yaml');
  writeFileSync(config, JSON.stringify(tree));
  const data = join(folder, 'data');
  const management = `http://127.0.0.1:${ports.management}`;
  const logs: LogLine[] = [];
  let running: Running | undefined;
  let moved = ahead;
  let settled: Promise<unknown> = Promise.resolve();

  async function ready(): Promise<boolean> {
    try {
      return (await fetch(`${management}/health/ready`, { signal: AbortSignal.timeout(SAYS_WITHIN) })).ok;
    } catch {
      return false;
    }
  }
  const live = (): Running => {
    if (running === undefined) throw new Error(`the node ${name} doesn't run`);
    return running;
  };

  return {
    ...{ name, config, data, management, logs, ready },
    url: `http://127.0.0.1:${ports.listen}`,
    get pid() {
      return running?.pid;
    },
    async start() {
      if (running) throw new Error(`the node ${name} runs already`);
      const words = [...flags, ...startWords(), '--config', config];
      const started = run(words, { NODE_AHEAD: String(moved), ...env }, logs);
      running = started;
      void started.ended.then(() => {
        if (running === started) running = undefined;
      });
      await untilReady(started, ready, logs);
    },
    async kill(signal = 'SIGKILL') {
      const { ended, send } = live();
      send(signal);
      if (signal === 'SIGKILL') send('SIGCONT');
      return ended;
    },
    signal: (signal) => live().send(signal),
    pause: () => live().send('SIGSTOP'),
    resume: () => live().send('SIGCONT'),
    async metrics() {
      return readMetrics(await (await fetch(`${management}/metrics`)).text());
    },
    memory: () => live().ask<Memory>({ memory: true }),
    async command(command, args = [], given = {}, stdin = '') {
      const options = keeping(command, given);
      const answer = await callControl(controlPath(data), { name: command, input: { args, options, stdin } });
      if (answer === undefined) throw new Error(`the node ${name} takes no commands`);
      const { lines, exitCode } = readResult(answer.result);
      if (exitCode !== 0) throw new Error(lines.join('\n'));
      return lines;
    },
    async advance(milliseconds) {
      moved += milliseconds;
      if (running === undefined) return;
      settled = Promise.race([running.ask({ advance: milliseconds }), running.ended]);
      await settled;
    },
    async settled() {
      await settled;
    },
  };
}
