import { createApp } from '../app.ts';
import { commandHandler } from '../commands.ts';
import { type Config, loadConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { loadModules } from '../modules.ts';
import { checkCertificate } from '../server.ts';
import { openFronts } from './fronts.ts';
import { type Asked, failureOf, type ToPrimary, type ToWorker } from './messages.ts';
import { openOwnPorts } from './own-ports.ts';
import { stopOnce } from './stopping.ts';

/** Of the primary alone: it combines what all say. */
const MANAGEMENT = { host: '127.0.0.1', port: 0, exclusive: true };

export const workerName = (node: string, number: number): string => `${node}-${number}`;

/** One of several processes that share the listening port: a node of its own. It ends with the primary. */
export async function serveAsWorker(file: string, number: number): Promise<void> {
  const modules = await loadModules();
  const read = () => named(loadConfig(file, modules), number);
  const config = read();
  const log = createLog(config.log.level);
  const app = await createApp(config, modules, { log, read, check: checkCertificate });
  const fronts = await openFronts(config, app, MANAGEMENT);
  const own = await openOwnPorts(config, modules, { arrive: app.arrive, log });
  app.onReload((next) => {
    log.level = next.log.level;
    fronts.renew(next);
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

function tell(message: ToPrimary): void {
  if (process.connected) process.send?.(message);
}

const named = (config: Config, number: number): Config =>
  Object.freeze({ ...config, node: workerName(config.node, number) });
