import { recordingAudit } from '../../test/support/recording.ts';
import { cookieJar, DAY, openEphemeral, random, stoppedClock } from '../../test/support/sign-in.ts';
import type { Proof } from '../core/assurance.ts';
import { createTrustedDevices } from './trusted-devices.ts';

export function proof(credential: string, at: number, more: Partial<Proof> = {}): Proof {
  const strength = { phishingResistant: false, attested: false };
  return { factor: 'sample', credential, amr: ['otp'], kinds: ['possession'], ...strength, at, ...more };
}

/** The values of its device cookies. */
export const valuesOf = ({ jar }: ReturnType<typeof cookieJar>) => [...jar.devices].map((parts) => parts.join('.'));

/** Remembered devices on a clock that stands still, and browsers that visit. */
export async function devicesFixture(store: string) {
  const clock = stoppedClock();
  const ephemeral = await openEphemeral(store, clock.now);
  const { audit, events } = recordingAudit();
  const trustedDevices = { lifetime: 30 * DAY };
  const devices = createTrustedDevices({ ephemeral, random, now: clock.now, audit, trustedDevices });
  /** One visit on which the record stands in for a second factor. */
  async function visit(account: string, browser: ReturnType<typeof cookieJar>, lost = false): Promise<boolean> {
    const request = browser.request(lost);
    const device = await devices.recall(account, request);
    await device?.used();
    return device !== undefined;
  }
  async function remembered(account = 'alice', credential = 'phone', browser = cookieJar()) {
    await devices.remember(account, [proof(credential, clock.now())], browser.request());
    return browser;
  }
  /** Another browser with the same cookie. */
  function copyOf({ jar }: ReturnType<typeof cookieJar>) {
    const copy = cookieJar({ ip: '198.51.100.7' });
    copy.jar.devices = new Map(jar.devices);
    return copy;
  }
  return { clock, ephemeral, events, devices, visit, remembered, copyOf };
}
