import type { Directory, DirectoryModule } from '../../core/directory.ts';
import { createPeople, knownThrough } from '../../core/known-people.ts';
import { createClient } from './client.ts';
import { createLooks } from './looks.ts';
import { createRedirects } from './redirects.ts';
import { type Settings, settings, waysOf } from './settings.ts';

/** People of another house, who sign in at its OpenID provider. Those are known who have come by it. */
const oidc: DirectoryModule<Settings> = {
  id: 'oidc',
  settings,
  create(options, ports): Directory {
    const { issuer, requires, repeatsUs } = options;
    const people = createPeople(ports.records, { now: ports.now, askAgain: options.askAgain });
    const client = createClient(options, ports);
    const ways = waysOf(options, repeatsUs || ports.house.repeatsUs([issuer, ...Object.values(requires).flat()]));
    const looks = createLooks(options, ways, ports, client, people);
    const redirects = createRedirects(options, ways, ports, { client, people, looks });
    return { ...knownThrough(people), byKey: looks.byKey, redirects };
  },
  called: ({ name }) => name,
};

export default oidc;
