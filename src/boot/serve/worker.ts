import { setTimeout as pause } from 'node:timers/promises';
import { SallyportError } from '../../core/errors.ts';
import { type App, createApp } from '../app.ts';
import { commandHandler } from '../commands.ts';
import type { Config } from '../config.ts';
import { createLog } from '../log.ts';
import { checkCertificate } from '../server.ts';
import { giveUp, wordsOf } from './failing.ts';
import { openFronts } from './fronts.ts';
import { type Asked, failureOf, type ToPrimary, type ToWorker } from './messages.ts';
import { openOwnPorts } from './own-ports.ts';
import { readNamed } from './reading.ts';
import { settle } from './settling.ts';
import { AFTER, stopOnce } from './stopping.ts';

/** Of the primary alone: it combines what all say. */
const MANAGEMENT = { host: '127.0.0.1', port: 0, exclusive: true };

export const workerName = (node: string, number: number): string => `${node}-${number}`;

/** Of the same primary. */
const isWorkerOf = (node: string) => (name: string) =>
  name.startsWith(workerName(node, 0).slice(0, -1)) && /^[0-9]+$/.test(name.slice(node.length + 1));

/** How long it may take until all is there that it needs, milliseconds, and how often that is looked for. */
const READY_WITHIN = 10_000;
const LOOKS_EVERY = 200;

/**
 * One of several processes that share the listening port: a node of its own. It ends with the primary, which is told
 * what keeps it from starting.
 */
export async function serveAsWorker(file: string, number: number, whenReady: boolean): Promise<void> {
  try {
    await serving(file, number, whenReady);
  } catch (error) {
    await told({ type: 'gave-up', message: wordsOf(error) });
    giveUp(error);
  }
}

async function serving(file: string, number: number, whenReady: boolean): Promise<void> {
  const { config: configured, modules, again } = await readNamed(file);
  const read = async () => named(await again(), number);
  const config = named(configured, number);
  const log = createLog(config.log.level);
  const rolls = isWorkerOf(configured.node);
  const app = await createApp(config, modules, { log, read, rolls, check: checkCertificate });
  if (whenReady) await untilReady(app).catch((error: unknown) => closed(app, error));
  settle();
  // Before the port that all share, so that one whose own ports are taken was handed nothing.
  const own = await openOwnPorts(config, modules, { app, log });
  const fronts = await openFronts(config, app, MANAGEMENT);
  app.onReload((next) => {
    log.level = next.log.level;
    fronts.renew(next);
    own.renew(next);
  });
  const run = commandHandler(app.host);

  const stop = stopOnce(async () => {
    app.drain();
    await Promise.all([fronts.close(), own.close()]);
    await app.close();
    log.info({ node: config.node }, 'stopped');
    process.exit(0);
  });
  async function answer(asked: Asked): Promise<unknown> {
    if (asked.kind === 'stop') return stop();
    if (asked.kind === 'command') return run(asked.request);
    if (asked.kind === 'audit') return app.audit.commit(asked.event);
    return asked.kind === 'reload' ? app.reload(asked.by) : app.metrics.json();
  }
  process.on('message', (message: ToWorker) => {
    if (message.type !== 'ask') return;
    const { id, asked } = message;
    answer(asked).then(
      (result) => tell({ type: 'answer', id, result }),
      (error: unknown) => tell(failureOf(id, error)),
    );
  });
  process.on('SIGTERM', stop);
  // The primary hears these as well, and says what is to be done.
  process.on('SIGINT', () => {});
  process.on('SIGHUP', () => {});
  process.on('disconnect', stop);
  tell({ type: 'ready', port: fronts.managementPort });
  log.info({ issuer: config.issuer, node: config.node }, 'listening');
}

/** One that listens is handed requests, and would answer them by its page that retries. */
async function untilReady(app: Pick<App, 'ready'>): Promise<void> {
  const end = performance.now() + READY_WITHIN;
  for (;;) {
    const error: unknown = await app.ready().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error === undefined) return;
    if (performance.now() >= end)
      throw new SallyportError(
        'ERR_STORE_UNAVAILABLE',
        `not ready within ${READY_WITHIN / 1000} s: ${wordsOf(error)}`,
        { cause: error },
      );
    await pause(LOOKS_EVERY);
  }
}

/** Gives back the name that the next one will want, however the stores are. */
async function closed(app: Pick<App, 'close'>, error: unknown): Promise<never> {
  await Promise.race([app.close().catch(() => {}), pause(AFTER, undefined, { ref: false })]);
  throw error;
}

/** Resolves once it is on its way: the process may end then. */
function told(message: ToPrimary): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) return resolve();
    process.send(message, undefined, undefined, () => resolve());
  });
}

function tell(message: ToPrimary): void {
  if (process.connected) process.send?.(message);
}

const named = (config: Config, number: number): Config =>
  Object.freeze({ ...config, node: workerName(config.node, number) });
