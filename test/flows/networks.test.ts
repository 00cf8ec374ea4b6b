import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/folders.ts';
import { PersonAtBrowser, startGateway } from '../support/gateway.ts';

it('lets somebody in on campus whom policy asks for more elsewhere', async () => {
  const rules = [
    { name: 'on campus', applications: ['library'], level: 'sfa' },
    { name: 'elsewhere', applications: ['library'], notNetworks: ['campus'], level: 'mfa' },
  ];
  const config = { networks: { campus: ['127.0.0.0/8', '::1'] }, policy: { rules } };
  const gateway = await startGateway({ folder: temporaryFolder(), config });
  onTestFinished(() => gateway.close());
  await gateway.addUser('alice');
  const alice = new PersonAtBrowser(gateway);
  const library = await alice.password(await alice.begin('library'), 'alice');
  expect(library.status).toBe(200);
  expect(await alice.claims('library')).toMatchObject({ claims: { acr: 'https://refeds.org/profile/sfa' } });
});
