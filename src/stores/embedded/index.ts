import { z } from 'zod';
import type { EphemeralModule } from '../../core/store.ts';
import { openDatabase } from './database.ts';
import { createStore } from './store.ts';

const settings = z.strictObject({
  file: z.string().min(1).describe('Path of the file; created, with its folder, if absent.'),
});

/** What expires, in an SQLite file of this process: it survives a restart, and no server is needed. */
const embedded: EphemeralModule<z.output<typeof settings>> = {
  id: 'embedded',
  kind: 'ephemeral',
  settings,
  async open({ file }, ports) {
    const store = createStore(openDatabase(file), file, ports);
    ports.onState?.('up');
    return store;
  },
};

export default embedded;
