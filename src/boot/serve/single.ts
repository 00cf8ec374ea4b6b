import { dirname, resolve } from 'node:path';
import type { LogPort } from '../../core/door.ts';
import { type App, createApp } from '../app.ts';
import { commandHandler } from '../commands.ts';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config.ts';
import { controlPath, serveControl } from '../control.ts';
import { prepareDemo } from '../demo.ts';
import { lockOwned } from '../lock.ts';
import { createLog } from '../log.ts';
import { checkCertificate } from '../server.ts';
import { openFronts } from './fronts.ts';
import { openOwnPorts } from './own-ports.ts';
import { readNamed } from './reading.ts';
import { settle } from './settling.ts';

/** A gateway that listens. */
export interface Serving {
  /** Ends what is under way, and then all of it. */
  stop(): Promise<void>;
  /** Reads the configuration again, and says in the log what became of it. */
  reload(): Promise<void>;
}

/** The gateway in this process, which is the only one that has its data folder. */
export async function serveAlone(file: string, env: Environment = process.env): Promise<Serving> {
  const { config, modules, again: read } = await readNamed(file, env);
  const log = createLog(levelOf(config));
  for (const warning of config.warnings) log.warn({}, warning);

  const lock = lockOwned(config);
  const prepared = await prepareDemo(config, modules);
  const app = await createApp(config, modules, { log, read, check: checkCertificate });
  settle();
  const fronts = await openFronts(config, app);
  const own = await openOwnPorts(config, modules, { app, log, withoutTaken: config.demo !== undefined });
  app.onReload((next) => {
    log.level = levelOf(next);
    for (const warning of next.warnings) log.warn({}, warning);
    fronts.renew(next);
    own.renew(next);
  });
  const control = await serveControl(controlPath(config.data), commandHandler(app.host));
  const demo = await prepared?.start(app, own.taken);
  log.info({ issuer: config.issuer }, 'listening');
  const beside = houseBeside(config);

  return {
    reload: () => reloadBySignal(app, log),
    async stop() {
      app.drain();
      await (await beside)?.stop();
      await demo?.close();
      await Promise.all([fronts.close(), own.close(), control.close()]);
      await app.close();
      lock.release();
      log.info({}, 'stopped');
    },
  };
}

/** A demonstration's other house: nobody waits for it, and it keeps nothing else from running. */
async function houseBeside({ demo, file }: Config): Promise<Serving | undefined> {
  if (demo?.house === undefined) return undefined;
  const other = resolve(dirname(file), demo.house);
  try {
    return await serveAlone(other, {});
  } catch (error) {
    process.stdout.write(`The other house isn't there (${other}): ${(error as Error).message}\n`);
    return undefined;
  }
}

/** What a demonstration prints is for people. */
const levelOf = ({ demo, log }: Config): string => (demo ? 'warn' : log.level);

async function reloadBySignal(app: App, log: LogPort): Promise<void> {
  try {
    const { lines, exitCode } = await app.reload('signal');
    if (exitCode !== 0) log.error({ reasons: lines.slice(1) }, 'the configuration was not reloaded');
  } catch (err) {
    log.error({ err }, 'the configuration could not be reloaded');
  }
}
