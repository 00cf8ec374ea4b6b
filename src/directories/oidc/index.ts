import type { Directory, DirectoryModule } from '../../core/directory.ts';
import { SallyportError } from '../../core/errors.ts';
import { createClient } from './client.ts';
import { createPeople } from './people.ts';
import { createRedirects } from './redirects.ts';
import { type Settings, settings } from './settings.ts';

/** People of another house, who sign in at its OpenID provider. Those are known who have come by it. */
const oidc: DirectoryModule<Settings> = {
  id: 'oidc',
  settings,
  create(options, ports): Directory {
    const people = createPeople(ports.records, { now: ports.now, askAgain: options.askAgain });
    const client = createClient(options, ports);
    return {
      passwordless: true,
      redirects: createRedirects(options, ports, client, people),
      byKey: people.get,
      async find(username) {
        const [person, another] = await people.byName(username);
        if (another) throw new SallyportError('ERR_AMBIGUOUS', 'the provider gives this name to several');
        return person;
      },
      list: people.all,
      verifyPassword: async () => 'wrong',
    };
  },
};

export default oidc;
