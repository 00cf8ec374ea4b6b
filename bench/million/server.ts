import { PASSWORD, startGateway } from '../../test/support/gateway.ts';

/** A gateway on Redis in a process of its own, with people; it tells its parent how much of a processor it has used. */
const [folder = '', redis = '', prefix = '', people = '0'] = process.argv.slice(2);
const gateway = await startGateway({
  folder,
  redis,
  prefix,
  withoutRelyingParty: true,
  config: { sessions: { lifetime: '24h', idle: '24h' } },
});
for (let at = 0; at < Number(people); at += 1) await gateway.addUser(`person${at}`, { password: PASSWORD });
// The test's gateway keeps all log lines for ever.
setInterval(() => gateway.logs.splice(0), 200);
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: (user + system) / 1e6 });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ url: gateway.url, site: gateway.relyingParty });
