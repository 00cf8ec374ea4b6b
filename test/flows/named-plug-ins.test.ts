import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readNamed } from '../../src/boot/serve/reading.ts';
import { configText, folderWith } from '../../src/boot/testing/folder.ts';

const LEAST = {
  stores: { durable: { type: 'sqlite' }, ephemeral: { type: 'embedded' } },
  directories: { local: {} },
  factors: { password: {} },
  doors: { oidc: {} },
};

it('brings in what a later reading names besides, and keeps what was there', async () => {
  const file = join(folderWith({ 'config.yaml': configText(LEAST) }), 'config.yaml');
  const { modules, again } = await readNamed(file, {});
  const { factors } = modules;
  expect([...factors.keys()]).toEqual(['password']);
  writeFileSync(file, configText({ ...LEAST, factors: { totp: {}, recovery: {} } }));
  expect([...(await again()).factors.keys()]).toEqual(['totp', 'recovery']);
  expect([...factors.keys()]).toEqual(['password', 'recovery', 'totp']);
});

it('takes what a variable names', async () => {
  const file = join(folderWith({ 'config.yaml': configText(LEAST) }), 'config.yaml');
  const { config } = await readNamed(file, { SALLYPORT_FACTORS_TOTP_ISSUER: 'Example' });
  expect([...config.factors.keys()]).toEqual(['password', 'totp']);
});

it('tells what is wrong beside all that is installed', async () => {
  const wrong = configText({ ...LEAST, factors: { pasword: {}, sms: {} } });
  const told = await readNamed(join(folderWith({ 'config.yaml': wrong }), 'config.yaml'), {}).then(
    () => '',
    (error: Error) => error.message,
  );
  expect(told).toContain('did you mean password');
  expect(told).toMatch(/needs a sender for text messages: senders\.http-gateway/);
});
