import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startGateway } from './gateway.ts';

interface Layer {
  route?: { path: string; methods: Record<string, boolean> };
  handle?: { stack?: Layer[] };
}

/** The process behind `startMetered`. */
const [folder = ''] = process.argv.slice(2);
const [{ metadata }] = (await once(process, 'message')) as [{ metadata: string }];
writeFileSync(join(folder, 'plain.xml'), metadata);
const most = 16_777_216;
const gateway = await startGateway({
  folder,
  demo: true,
  withoutRelyingParty: true,
  config: {
    strangers: { perAddress: most, total: most },
    api: { clients: [{ name: 'portal', secret: 'p'.repeat(48), over: { groups: ['students'] }, may: ['issue'] }] },
    directories: {
      house: { type: 'saml', name: 'House', metadata: { file: 'plain.xml' }, entityId: 'http://127.0.0.1:9/plain' },
      partner: {
        ...{ type: 'oidc', name: 'Partner', issuer: 'http://127.0.0.1:9', clientId: 'us' },
        clientSecret: 's'.repeat(32),
      },
    },
    doors: { entra: {} },
    applications: {
      plain: { name: 'Plain', saml: { metadata: { file: 'plain.xml' } } },
      'service-desk': {
        name: 'Service desk',
        oidc: { clientSecret: 's'.repeat(32), redirectUris: [], grants: ['ciba'] },
      },
      office: {
        name: 'Office',
        entra: {
          ...{
            tenant: '0'.repeat(8).concat('-0000-0000-0000-', '0'.repeat(12)),
            clientId: 'us',
            cloud: 'http://127.0.0.1:9',
          },
          applicationId: '1'.repeat(8).concat('-0000-0000-0000-', '0'.repeat(12)),
        },
      },
    },
  },
});

/** Whatever Express would answer. */
function routesOf(stack: readonly Layer[]): { method: string; path: string }[] {
  return stack.flatMap(({ route, handle }) => [
    ...(route ? Object.keys(route.methods).map((method) => ({ method: method.toUpperCase(), path: route.path })) : []),
    ...routesOf(handle?.stack ?? []),
  ]);
}

process.on('message', () => {
  gateway.logs.splice(0);
  const { user, system } = process.threadCpuUsage();
  process.send?.(user + system);
});
process.on('disconnect', () => process.exit(0));
// Express names its stack nowhere in its types.
const { router } = gateway.app.building.web as unknown as { router: { stack: Layer[] } };
process.send?.({ url: gateway.url, relyingParty: gateway.relyingParty, routes: routesOf(router.stack) });
