import { PASSWORD, startGateway } from '../../test/support/gateway.ts';

/** A gateway in a process of its own, with people whose phones all have one key. It tells its parent how big it is. */
const [folder = '', people = '0', key = '{}'] = process.argv.slice(2);
const gateway = await startGateway({
  folder,
  withoutRelyingParty: true,
  config: { factors: { password: {}, push: {} }, lockout: { perAddress: { failures: 100_000 } } },
});
const { accounts, credentials } = gateway.app.signIn;
const codes = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
for (let at = 0; at < Number(people); at += 1) {
  await gateway.addUser(`person${at}`, { password: PASSWORD });
  const account = await accounts.find(`person${at}`);
  const device = `device-${at}`;
  const data = { device, key: JSON.parse(key), subscription: null, codes, lastStep: 0 };
  await credentials.add(account?.id ?? '', 'push', 'Phone', data, [device]);
}
// The test's gateway keeps all log lines for ever.
setInterval(() => gateway.logs.splice(0), 200);
process.on('message', () => process.send?.({ rss: process.memoryUsage.rss() }));
process.on('disconnect', () => process.exit(0));
process.send?.({ url: gateway.url, site: gateway.relyingParty });
