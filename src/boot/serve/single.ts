import { createApp } from '../app.ts';
import { commandHandler } from '../commands.ts';
import { loadConfig } from '../config.ts';
import { controlPath, serveControl } from '../control.ts';
import { prepareDemo } from '../demo.ts';
import { lockOwned } from '../lock.ts';
import { createLog } from '../log.ts';
import { loadModules } from '../modules.ts';
import { openFronts } from './fronts.ts';

/** A gateway that listens. */
export interface Serving {
  /** Ends what is under way, and then all of it. */
  stop(): Promise<void>;
}

/** The gateway in this process, which is the only one that has its data folder. */
export async function serveAlone(file: string): Promise<Serving> {
  const modules = await loadModules();
  const config = loadConfig(file, modules);
  const log = createLog(config.demo ? 'warn' : config.log.level);
  for (const warning of config.warnings) log.warn({}, warning);

  const lock = lockOwned(config);
  const prepared = await prepareDemo(config);
  const app = await createApp(config, modules, { log });
  const fronts = await openFronts(config, app);
  const control = await serveControl(controlPath(config.data), commandHandler(app.host));
  const demo = await prepared?.start(app);
  log.info({ issuer: config.issuer }, 'listening');

  return {
    async stop() {
      app.drain();
      await demo?.close();
      app.endStreams();
      await Promise.all([fronts.close(), control.close()]);
      await app.close();
      lock.release();
      log.info({}, 'stopped');
    },
  };
}
