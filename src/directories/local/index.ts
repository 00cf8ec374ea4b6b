import type { DirectoryModule } from '../../core/directory.ts';
import { createQueue } from '../../core/queue.ts';
import { commands } from './commands.ts';
import { LocalDirectory } from './directory.ts';
import { createHasher } from './hasher.ts';
import { createPeople } from './people.ts';
import { createGroups } from './scim/group-store.ts';
import { createScim } from './scim/routes.ts';
import { type Settings, settings } from './settings.ts';

/** People kept by the gateway itself, for installations without a directory and for accounts outside it. */
const local: DirectoryModule<Settings> = {
  id: 'local',
  settings,
  create({ hash, concurrency, queue: longest, patience, scim }, ports) {
    const queue = createQueue(concurrency, longest, { patience, meter: ports.work });
    const people = createPeople(ports.records);
    const directory = new LocalDirectory(people, createHasher(hash, queue, ports.argon2), ports);
    if (scim === undefined) return directory;
    const groups = createGroups(ports.recordsOf('groups'));
    const { now, random } = ports;
    return directory.serving(createScim(scim, { now, random, people, groups, directory, settings: scim }));
  },
  programs: ({ scim }) => scim && { base: scim.path, setting: ['scim', 'path'] },
  commands,
};

export default local;
