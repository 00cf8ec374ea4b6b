import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { PASSWORD, startGateway } from '../../test/support/gateway.ts';

/** Signed at one go: a tenth of a second or less. */
const SIGNATURES = 150;

/** A gateway in a process of its own, which tells its parent how much of a processor it has used. */
const [folder = '', redis = ''] = process.argv.slice(2);
const gateway = await startGateway({
  folder,
  withoutRelyingParty: true,
  ...(redis ? { redis, prefix: createHash('sha256').update(folder).digest('hex').slice(0, 8) } : {}),
  config: {
    doors: { saml: {} },
    applications: {
      plain: {
        name: 'Plain',
        saml: { metadata: { file: 'plain.xml' }, encrypt: 'never', sign: process.argv[4] ?? 'assertion' },
      },
    },
    policy: { rules: [{ name: 'plain', applications: ['plain'], level: 'sfa' }] },
  },
});
await gateway.addUser('alice', { password: PASSWORD });
// The test's gateway keeps all log lines for ever.
setInterval(() => gateway.logs.splice(0), 200);
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const data = Buffer.alloc(256);

function processor(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

process.on('message', (what) => {
  const before = processor();
  if (what === 'cpu') return process.send?.({ count: 0, cpu: before });
  for (let left = SIGNATURES; left > 0; left -= 1) sign('sha256', data, privateKey);
  process.send?.({ count: SIGNATURES, cpu: processor() - before });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ url: gateway.url });
