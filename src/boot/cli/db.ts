import type { DurableConnection } from '../../core/durable-connection.ts';
import { migrateTables, schemaState, VERSION } from '../../durable/index.ts';
import { keepsFile } from '../config/plug-ins.ts';
import { type Config, loadConfig } from '../config.ts';
import { lockOwned } from '../lock.ts';
import type { Modules } from '../modules.ts';
import type { Context } from './context.ts';

const STANDINGS = {
  current: 'as this program wants them',
  ahead: 'one version ahead: this program works with them, the next one made them',
  behind: 'behind: run sallyport db migrate, or start a node that may',
  refused: 'changed by a newer program: this one does not work with them',
};

/** Says how the tables of the durable store stand to this program; changes nothing. Beside a running server, too. */
export async function status(context: Context): Promise<void> {
  await opened(context, async (connection) => {
    const { standing, recorded, applied, pending, unknown } = await schemaState(connection);
    const lines = [
      `tables: version ${recorded?.version ?? 'none'}, ${STANDINGS[standing]}`,
      `this program: version ${VERSION}`,
      `changes made: ${applied.length}`,
      ...pending.map((name) => `to be made: ${name}`),
      ...unknown.map((name) => `unknown here: ${name}`),
    ];
    context.show({ lines, exitCode: standing === 'current' || standing === 'ahead' ? 0 : 1 });
  });
}

/** Brings the tables of the durable store up to date. A file belongs to a server while one runs. */
export async function migrate(context: Context): Promise<void> {
  await opened(context, async (connection, { config, ownsFile }) => {
    const lock = ownsFile ? lockOwned(config) : undefined;
    try {
      const made = await migrateTables(connection);
      const lines = made.length === 0 ? ['nothing to be done'] : made.map((name) => `made: ${name}`);
      context.show({ lines, exitCode: 0 });
    } finally {
      lock?.release();
    }
  });
}

async function opened(
  { io, file, modules: find }: Context,
  work: (
    connection: DurableConnection,
    about: { config: Config; modules: Modules; ownsFile: boolean },
  ) => Promise<void>,
): Promise<void> {
  const modules = await find();
  const config = loadConfig(file(), modules, io.env);
  const { type, settings } = config.stores.durable;
  const module = modules.stores.durable.get(type);
  if (module === undefined) throw new Error('the configuration names a store that does not exist');
  const connection = await module.open(settings);
  try {
    await work(connection, { config, modules, ownsFile: keepsFile(module) });
  } finally {
    await connection.close();
  }
}
