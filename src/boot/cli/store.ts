import { join } from 'node:path';
import type { DurableConnection } from '../../core/durable-connection.ts';
import { SallyportError } from '../../core/errors.ts';
import type { DurableModule } from '../../core/store.ts';
import { copyStore, createDurableStore, schemaState } from '../../durable/index.ts';
import { keepsFile } from '../config/plug-ins.ts';
import { type Config, loadConfig } from '../config.ts';
import { lockOwned } from '../lock.ts';
import type { Modules } from '../modules.ts';
import { createKeys, currentKeyId } from '../sealing/keys.ts';
import { sealedPlaces } from '../sealing/places.ts';
import { survey } from '../sealing/reseal.ts';
import type { Context } from './context.ts';

interface End {
  config: Config;
  module: DurableModule;
}

/** Copies the durable store of one configuration into that of another, and says what was copied. */
export async function copy(
  { io, modules: find, show, file }: Context,
  { from = file(), to }: { from?: string; to: string },
): Promise<void> {
  const modules = await find();
  const [source, target] = [from, to].map((path) => endOf(loadConfig(path, modules, io.env), modules)) as [End, End];
  // No server may write to a file meanwhile.
  const lock = lockOwned(...[source, target].filter(({ module }) => keepsFile(module)).map(({ config }) => config));
  const opened: DurableConnection[] = [];
  try {
    for (const { module, config } of [source, target]) opened.push(await module.open(config.stores.durable.settings));
    const [read, written] = opened as [DurableConnection, DurableConnection];
    await refuseUsed(read, 'source');
    await refuseUsed(written, 'target');
    await refuseOtherKey(read, target.config, modules);
    const held = await copyStore(read, written);
    const lines = [
      ['table', 'rows', 'sha256'].join('\t'),
      ...held.map(({ table, rows, hash }) => [table, rows, hash].join('\t')),
      'copied, and the same on both sides',
    ];
    show({ lines, exitCode: 0 });
  } finally {
    for (const connection of opened) await connection.close();
    lock.release();
  }
}

function endOf(config: Config, modules: Modules): End {
  const module = modules.stores.durable.get(config.stores.durable.type);
  if (module === undefined) throw new Error('the configuration names a store that does not exist');
  return { config, module };
}

async function refuseUsed(connection: DurableConnection, which: string): Promise<void> {
  const others = (await connection.others?.()) ?? 0;
  if (others === 0) return;
  const message = `the ${which} is in use (connections of other processes: ${others}): stop every node first`;
  throw new SallyportError('ERR_DATA_LOCKED', message);
}

/** Under another key nothing that was sealed could be opened, and it would show only when it is needed. */
async function refuseOtherKey(source: DurableConnection, target: Config, modules: Modules): Promise<void> {
  if ((await schemaState(source)).standing !== 'current') return;
  if (currentKeyId(target) === undefined) {
    const key = join(target.data, 'sealing.key');
    throw new SallyportError('ERR_SEAL', `put the sealing key of the source at ${key} first, mode 0600`);
  }
  const { sealer } = createKeys(target);
  const tallies = await survey({ durable: await createDurableStore(source), sealer, places: sealedPlaces(modules) });
  const [reason] = tallies.flatMap(({ unopened }) => unopened);
  if (reason !== undefined) throw new SallyportError('ERR_SEAL', `the target has another sealing key: ${reason}`);
}
