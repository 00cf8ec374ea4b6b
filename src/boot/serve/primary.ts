import { ConfigError, SallyportError } from '../../core/errors.ts';
import { stopServer } from '../app.ts';
import { type CommandRequest, commandHandler } from '../commands.ts';
import { keepsFile } from '../config/plug-ins.ts';
import type { Config } from '../config.ts';
import { controlPath, serveControl } from '../control.ts';
import { lockOwned } from '../lock.ts';
import { createLog } from '../log.ts';
import type { Modules } from '../modules.ts';
import { type By, type Outcome, type Roll, refused, reloaded } from '../reload/index.ts';
import { combinedManagement } from './combined.ts';
import { listen } from './fronts.ts';
import { keepWorkers, type Workers } from './keeping.ts';
import { startWorker } from './process.ts';
import { readNamed } from './reading.ts';
import type { Serving } from './single.ts';
import { workerName } from './worker.ts';

/** Starts several processes that share the listening port, and keeps them running: this one serves nobody itself. */
export async function serveByWorkers(file: string, count: number): Promise<Serving> {
  const { config, modules } = await readNamed(file);
  requireShared(config, modules);
  const log = createLog(config.log.level);
  for (const warning of config.warnings) log.warn({}, warning);

  const lock = lockOwned(config);
  const workers = await keepWorkers({
    ...{ count, log, start: (number, whenReady) => startWorker(config.file, number, whenReady) },
    giveUp(number) {
      log.error({ worker: number }, 'a worker dies again and again: giving up');
      void workers.stop().finally(() => process.exit(1));
    },
  });
  const management = combinedManagement(workers, (number) => workerName(config.node, number));
  await listen(management, config.management);
  const reload = reloading(workers);
  const run = (request: CommandRequest) =>
    request.name === 'config reload' ? reload('cli') : anyOf(workers).ask({ kind: 'command', request });
  const control = await serveControl(controlPath(config.data), commandHandler({ run }));
  log.info({ issuer: config.issuer, workers: count }, 'listening');

  return {
    async reload() {
      const { lines, exitCode } = await reload('signal').catch((error: Error) => ({
        lines: ['', error.message],
        exitCode: 1,
      }));
      if (exitCode !== 0) log.error({ reasons: lines.slice(1) }, 'the configuration was not reloaded');
    },
    async stop() {
      await Promise.all([workers.stop(), control.close()]);
      await stopServer(management);
      lock.release();
      log.info({}, 'stopped');
    },
  };
}

function anyOf(workers: Workers) {
  const [worker] = workers.ready();
  if (worker) return worker;
  throw new SallyportError('ERR_STORE_UNAVAILABLE', 'no worker is ready: try again');
}

/** One worker leads the reload of all nodes; what takes new processes gets them here, where there are several. */
function reloading(workers: Workers): (by: By) => Promise<Outcome> {
  async function once(by: By): Promise<Outcome> {
    const outcome = await anyOf(workers).ask({ kind: 'reload', by });
    return outcome.roll ? rolled(workers, by, outcome.roll) : outcome;
  }
  // One after the other: what asks while workers are being replaced finds them whole.
  let running: Promise<unknown> = Promise.resolve();
  return (by) => {
    const done = running.then(() => once(by));
    running = done.catch(() => {});
    return done;
  };
}

/** Replaces all, and has each new one write into its chain what it changed over to. */
async function rolled(workers: Workers, by: By, { others, changes, askedAt }: Roll): Promise<Outcome> {
  const event = reloaded({ by, askedAt, changes });
  const { replaced, fault } = await workers.roll((worker) => worker.ask({ kind: 'audit', event }));
  if (fault === undefined) {
    const waiting = others.map((node) => `${node} runs as before: ask for a reload at its machine`);
    return {
      lines: ['every worker of this machine was replaced, one after the other', ...changes, ...waiting],
      exitCode: 0,
    };
  }
  const first = replaced === 0 ? 'nothing was reloaded' : `no more than ${replaced} of the workers were replaced`;
  const lines = [first, ...fault.split('\n'), 'the workers that were there go on'];
  await anyOf(workers).ask({ kind: 'audit', event: refused(by, lines) });
  return { lines, exitCode: 1 };
}

/** Several processes can't have one file open. */
function requireShared({ file, stores, demo }: Config, modules: Modules): void {
  const faults = (['durable', 'ephemeral'] as const).flatMap((kind) =>
    keepsFile(modules.stores[kind].get(stores[kind].type))
      ? [{ file, path: `stores.${kind}`, message: 'is a file of one process: --workers needs a server that all share' }]
      : [],
  );
  const shown = demo ? [{ file, path: 'demo', message: 'is for one process: start it without --workers' }] : [];
  if (faults.length + shown.length > 0) throw new ConfigError([...faults, ...shown]);
}
