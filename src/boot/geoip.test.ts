import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../test/support/folders.ts';
import { mmdbOf } from '../../test/support/mmdb.ts';
import { MINUTE, stoppedClock } from '../../test/support/sign-in.ts';
import { openGeoip } from './geoip.ts';

const CAMBRIDGE = {
  city: { names: { en: 'Cambridge', 'zh-CN': '剑桥' } },
  country: { iso_code: 'GB', names: { en: 'United Kingdom' } },
};

async function fixture(
  bytes = mmdbOf({ '192.0.2.0/24': CAMBRIDGE, '198.51.100.0/25': { country: { iso_code: 'TW' } } }),
) {
  const file = join(temporaryFolder(), 'places.mmdb');
  writeFileSync(file, bytes);
  const clock = stoppedClock();
  const logged: string[] = [];
  const log = (_: object, message: string) => void logged.push(message);
  const open = () => openGeoip(file, { now: clock.now, log: { debug: log, info: log, warn: log, error: log } });
  return { file, clock, logged, open };
}

describe('where an address may be', () => {
  it('is said in the language of the page, as far as the database knows it', async () => {
    const { locate } = await (await fixture()).open();
    expect(locate('192.0.2.17', 'en')).toEqual({ city: 'Cambridge', country: 'United Kingdom' });
    expect(locate('192.0.2.17', 'zh-Hans')).toEqual({ city: '剑桥', country: '英国' });
    expect(locate('192.0.2.17', 'zh-Hant')).toEqual({ city: 'Cambridge', country: '英國' });
    expect(locate('198.51.100.7', 'en')).toEqual({ country: 'Taiwan' });
  });

  it('is unknown outside of the database, for what is no address, and without a file', async () => {
    const { open, clock, logged } = await fixture();
    const { locate } = await open();
    for (const ip of ['198.51.100.200', '10.0.0.1', '::1', 'unknown', '', '1.2.3']) {
      expect([ip, locate(ip, 'en')]).toEqual([ip, undefined]);
    }
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    expect((await openGeoip(undefined, { now: clock.now, log })).locate('192.0.2.17', 'en')).toBeUndefined();
    expect(logged).toEqual([]);
  });

  it('is read again when the file has changed; one that can’t be read leaves the old', async () => {
    const { file, clock, logged, open } = await fixture();
    const { locate } = await open();
    const change = (bytes: Buffer, at: number) => {
      writeFileSync(file, bytes);
      utimesSync(file, at, at);
      clock.pass(MINUTE);
      locate('192.0.2.17', 'en');
    };
    change(Buffer.from('half a file'), 1_000);
    await vi.waitFor(() => expect(logged).toEqual(['the GeoIP database can not be read again']), { timeout: 20_000 });
    expect(locate('192.0.2.17', 'en')).toMatchObject({ city: 'Cambridge' });
    change(mmdbOf({ '192.0.2.0/24': { country: { iso_code: 'FR' } } }), 2_000);
    await vi.waitFor(() => expect(locate('192.0.2.17', 'en')).toEqual({ country: 'France' }), { timeout: 20_000 });
    expect(logged.at(-1)).toBe('the GeoIP database was read again');
  });

  it('keeps the gateway from starting where the file is something else', async () => {
    const { open } = await fixture(Buffer.from('not a database'));
    await expect(open()).rejects.toMatchObject({ code: 'ERR_CONFIG', message: expect.stringContaining('places.mmdb') });
  });
});
