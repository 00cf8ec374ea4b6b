import { createServer, type Server } from 'node:http';
import { parseArgs } from 'node:util';
import { createApp, stopServer } from './boot/app.ts';
import { commandHandler } from './boot/commands.ts';
import { defaultConfigFile } from './boot/config/default-file.ts';
import { loadConfig } from './boot/config.ts';
import { controlPath, serveControl } from './boot/control.ts';
import { prepareDemo } from './boot/demo.ts';
import { lockOwned } from './boot/lock.ts';
import { createLog } from './boot/log.ts';
import { loadModules } from './boot/modules.ts';
import { serverOf } from './boot/server.ts';
import { ConfigError } from './core/errors.ts';

/** How long requests under way may take after SIGTERM, milliseconds. */
const STOP_WITHIN = 10_000;

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: 'string', short: 'c' } } });
  const modules = await loadModules();
  const config = loadConfig(values.config ?? defaultConfigFile(process.env), modules);
  const log = createLog(config.demo ? 'warn' : config.log.level);
  for (const warning of config.warnings) log.warn({}, warning);

  const lock = lockOwned(config);
  const prepared = await prepareDemo(config);
  const app = await createApp(config, modules, { log });
  const web = serverOf(app.web, config.listen.tls);
  const management = createServer(app.management);
  await listen(web, config.listen.port, config.listen.host);
  await listen(management, config.management.port, config.management.host);
  const control = await serveControl(controlPath(config.data), commandHandler(app.host));
  const demo = await prepared?.start(app);
  log.info({ issuer: config.issuer }, 'listening');

  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => web.closeAllConnections(), STOP_WITHIN).unref();
    await demo?.close();
    app.endStreams();
    await Promise.all([stopServer(web), stopServer(management), control.close()]);
    await app.close();
    lock.release();
    log.info({}, 'stopped');
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
}

try {
  await main();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    error instanceof ConfigError ? `The configuration has faults:\n${message}\n` : `sallyport: ${message}\n`,
  );
  // At once: a port may be open already, and what is half started must not go on, nor hold the data.
  process.exit(1);
}
