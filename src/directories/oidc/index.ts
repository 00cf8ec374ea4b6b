import type { Directory, DirectoryModule } from '../../core/directory.ts';
import { createPeople, knownThrough } from '../../core/known-people.ts';
import { createClient } from './client.ts';
import { createRedirects } from './redirects.ts';
import { type Settings, settings } from './settings.ts';

/** People of another house, who sign in at its OpenID provider. Those are known who have come by it. */
const oidc: DirectoryModule<Settings> = {
  id: 'oidc',
  settings,
  create(options, ports): Directory {
    const people = createPeople(ports.records, { now: ports.now, askAgain: options.askAgain });
    const client = createClient(options, ports);
    return { ...knownThrough(people), redirects: createRedirects(options, ports, client, people) };
  },
  called: ({ name }) => name,
};

export default oidc;
