import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { type Gateway, startGateway } from './gateway.ts';
import { secretOf } from './relying-party.ts';

export const API = 'https://api.example.org/';
export const REPORTS = 'https://reports.example.org/';

/** An application as `applications.<id>` has it; its redirect URI leads to a site where nobody listens. */
export function application(id: string, oidc: Record<string, unknown> = {}, more: Record<string, unknown> = {}) {
  return {
    name: id,
    ...more,
    oidc: { redirectUris: [`http://127.0.0.1:9/${id}/callback`], clientSecret: secretOf(id), ...oidc },
  };
}

/** Rules of the demo, and `sfa` for the further applications named. */
export function rules(...sfa: string[]) {
  return [
    { name: 'library', applications: ['library', ...sfa], level: 'sfa' },
    { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
    { name: 'payroll', applications: ['payroll'], level: 'mfa', remember: 'never' },
  ];
}

export interface Started {
  gateway: Gateway;
  folder: string;
}

/** One gateway for a test file, with alice and bob in it. Its fields are there once `beforeAll` has run. */
export function gatewayOfFile(config: Record<string, unknown> = {}, more: { redis?: () => string } = {}): Started {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-oidc-'));
  const started = { folder } as Started;
  beforeAll(async () => {
    started.gateway = await startGateway({
      folder,
      withoutRelyingParty: true,
      config,
      ...(more.redis ? { redis: more.redis() } : {}),
    });
    await started.gateway.addUser('alice', { name: 'Alice Student', groups: 'students' });
    await started.gateway.addUser('bob', { name: 'Bob Staff', groups: 'staff' });
  });
  afterEach(({ task }) => {
    if (task.result?.state !== 'fail') return;
    for (const { fields, message } of started.gateway.logs.filter(({ level }) => level === 'error')) {
      process.stderr.write(`${message} ${inspect(fields)}\n`);
    }
  });
  afterAll(async () => {
    await started.gateway.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return started;
}
