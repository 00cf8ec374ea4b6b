import { hash } from '@node-rs/argon2';
import { PASSWORD, startGateway } from '../../test/support/gateway.ts';

/** A gateway in a process of its own, with people whose phones all have one key. It tells its parent how big it is. */
const [folder = '', people = '0', key = '{}'] = process.argv.slice(2);
const gateway = await startGateway({
  folder,
  withoutRelyingParty: true,
  config: {
    factors: { password: {}, push: {} },
    lockout: { perAddress: { failures: 100_000 } },
    strangers: { perAddress: 65_536 },
  },
});
const { accounts, credentials } = gateway.app.rooms;
const codes = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const names = Array.from({ length: Number(people) }, (_, at) => `person${at}`);
// One hash for all: making thousands would take longer than what is measured.
const everybodys = await hash(PASSWORD, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
const rows = names.map((name) => `${name},${name},"${everybodys}"`);
await gateway.command('user import', [], {}, ['username,name,passwordHash', ...rows].join('\n'));
for (const [at, name] of names.entries()) {
  const account = await accounts.find(name);
  const device = `device-${at}`;
  const data = { device, key: JSON.parse(key), subscription: null, codes, lastStep: 0 };
  await credentials.add(account?.id ?? '', 'push', 'Phone', data, [device]);
}
// The test's gateway keeps all log lines for ever.
setInterval(() => gateway.logs.splice(0), 200);
process.on('message', (message) => {
  if (message === 'memory') return process.send?.({ rss: process.memoryUsage.rss() });
  // Time stands still: a request lives a minute, and thousands of them aren't made in one.
  let last = Date.now();
  return setInterval(() => {
    const now = Date.now();
    gateway.advance(last - now);
    last = now;
  }, 20);
});
process.on('disconnect', () => process.exit(0));
process.send?.({ url: gateway.url, site: gateway.relyingParty });
