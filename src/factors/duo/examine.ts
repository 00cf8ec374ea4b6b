import { randomBytes } from 'node:crypto';
import type { Examine, Finding } from '../../core/finding.ts';
import { createAuthApi } from './auth-api.ts';
import type { Settings } from './settings.ts';
import { createUniversal } from './universal.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Whether Duo takes our keys, by both ways. Nobody is asked for anything. */
export const examine: Examine<Settings> = async (settings, { fetch, now }) => {
  const { host, web, api } = settings;
  const ports = { fetch, now, log: silent, random: (bytes: number) => randomBytes(bytes) };
  const found: Finding[] = [];
  if (web) {
    const well = await createUniversal(settings, ports).healthy();
    found.push(
      well
        ? { level: 'good', text: `${host}: the Universal Prompt takes us in` }
        : {
            level: 'fault',
            text: `${host}: the Universal Prompt’s health check fails`,
            todo: 'Look at web.clientId and web.clientSecret, at this machine’s clock, and at status.duo.com.',
          },
    );
  }
  if (api) found.push(await apiFinding(settings, ports));
  return found;
};

async function apiFinding(settings: Settings, ports: Parameters<typeof createAuthApi>[1]): Promise<Finding> {
  const { host } = settings;
  try {
    await createAuthApi(settings, ports).check();
    return { level: 'good', text: `${host}: the Auth API takes our keys` };
  } catch (error) {
    return {
      level: 'fault',
      text: `${host}: the Auth API ${error instanceof Error ? error.message : 'can’t be asked'}`,
      todo: 'Look at api.integrationKey and api.secretKey, at this machine’s clock, and at status.duo.com.',
    };
  }
}
