import { campus } from '../../test/support/campus.ts';
import { startGateway } from '../../test/support/gateway.ts';
import { radiusClient } from '../../test/support/radius.ts';

/**
 * A gateway in a process of its own, with people of a directory that hashes nothing, who all have one key. It tells its
 * parent how much of a processor it has used.
 */
const [folder = '', people = '0', secret = ''] = process.argv.slice(2);
const elsewhere = campus();
const names = Array.from({ length: Number(people) }, (_, at) => `person${at}`);
for (const key of names) elsewhere.add({ key });
const gateway = await startGateway({
  folder,
  withoutRelyingParty: true,
  directories: [elsewhere.module],
  config: {
    directories: { campus: {} },
    doors: { oidc: {}, radius: { listen: { port: 0, accountingPort: 0 }, rate: 100_000 } },
    applications: { vpn: { name: 'VPN', radius: radiusClient() } },
  },
});
const { accounts, credentials } = gateway.app.rooms;
for (const name of names) {
  const account = await accounts.find(name);
  const data = { secret, algorithm: 'SHA1', digits: 6, period: 30, lastStep: 0 };
  await credentials.add(account?.id ?? '', 'totp', 'App', data);
}
// The test's gateway keeps all log lines for ever.
setInterval(() => gateway.logs.splice(0), 200);

process.on('message', (what) => {
  // Each code counts once: the next half minute has others.
  if (what === 'later') gateway.advance(30_000);
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: (user + system) / 1e6, now: gateway.now() });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ port: gateway.doorPorts.portOf('radius', 'access') });
