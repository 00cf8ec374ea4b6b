import type { DirectoryModule } from '../../core/directory.ts';
import { commands } from './commands.ts';
import { LocalDirectory } from './directory.ts';
import { createHasher } from './hasher.ts';
import { createPeople } from './people.ts';
import { createQueue } from './queue.ts';
import { type Settings, settings } from './settings.ts';

/** People kept by the gateway itself, for installations without a directory and for accounts outside it. */
const local: DirectoryModule<Settings> = {
  id: 'local',
  settings,
  create({ hash, concurrency, queue: longest, patience }, ports) {
    const queue = createQueue(concurrency, longest, { patience, meter: ports.work });
    return new LocalDirectory(createPeople(ports.records), createHasher(hash, queue), ports);
  },
  commands,
};

export default local;
