import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { aggregate } from '../../src/saml/metadata/testing/aggregate.ts';
import { createIdentity } from '../../src/saml/testing/identity.ts';
import { temporaryFolder } from '../support/folders.ts';
import type { Measured, Order } from './saml-aggregate-subject.ts';

const COUNT = 10_000;
const MB = 1_000_000;

async function served(file: string): Promise<string> {
  const server = createServer((_request, response) => {
    createReadStream(file).pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return `http://127.0.0.1:${address.port}/aggregate`;
}

async function measured(order: Order): Promise<Measured> {
  const subject = fork(new URL('./saml-aggregate-subject.ts', import.meta.url), { execArgv: ['--expose-gc'] });
  onTestFinished(() => {
    subject.kill('SIGKILL');
  });
  subject.send(order);
  const [answer] = await once(subject, 'message');
  return answer as Measured;
}

it('holds neither the serving process up nor its memory, at the size of eduGAIN’s', async () => {
  const folder = temporaryFolder();
  const [federation, template] = await Promise.all([createIdentity(), createIdentity()]);
  const file = join(folder, 'aggregate.xml');
  writeFileSync(file, aggregate(COUNT, template, federation, '2026-12-15T00:00:00Z'));
  const { size } = await stat(file);
  expect(size).toBeGreaterThan(75 * MB);
  const result = await measured({
    url: await served(file),
    certificate: federation.certificatePem,
    count: COUNT,
    database: join(folder, 'durable.db'),
  });
  expect(result).toMatchObject({ providers: COUNT, found: true });
  expect(result.failure).toBeUndefined();
  expect(result.kept).toBeLessThan(50 * MB);
  expect(result.held).toBeLessThan(50 * MB);
  expect(result.stall).toBeLessThan(50);
  expect(result.restart).toBeLessThan(50);
}, 600_000);
