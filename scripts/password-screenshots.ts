import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContextOptions } from 'playwright-core';
import { Visitor } from '../test/browser/visitor.ts';
import { DAYS } from '../test/support/clock.ts';
import { PASSWORD, startGateway } from '../test/support/gateway.ts';
import { DESKTOP, PHONE } from './screens.ts';

type Take = (visitor: Pick<Visitor, 'page'>, name: string, whole?: boolean) => Promise<void>;

/** What people see of a policy: a reminder, the page for a new password, and the lock. */
export async function passwordScreens(take: Take): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
  const support = { email: 'help@university.example', phone: '+852 1234 5678' };
  const profiles = { classic: { groups: ['staff'], maximum: 64 } };
  const factors = { password: {}, totp: {}, fido2: {} };
  const config = { support, factors, lockout: { failures: 3 }, passwordPolicy: { spread: '0s', profiles } };
  const gateway = await startGateway({ folder, config });
  const signIn = async (username: string, options: BrowserContextOptions, password = PASSWORD) => {
    const visitor = await Visitor.arrive(gateway, { colorScheme: 'light', ...options });
    await visitor.page.goto(`${gateway.relyingParty}/library/login`);
    const tries = async () => {
      await visitor.page.locator('#username').fill(username);
      await visitor.page.locator('#password').fill(password);
      const [answer] = await Promise.all([
        visitor.page.waitForNavigation(),
        visitor.page.locator('#password').press('Enter'),
      ]);
      return answer;
    };
    await tries();
    return { ...visitor, page: visitor.page, tries };
  };
  try {
    for (const [name, full] of [
      ['alice', 'Alice Staff'],
      ['chan', '陳大文'],
    ] as const)
      await gateway.addUser(name, { name: full, groups: 'staff' });
    await signIn('alice', DESKTOP);
    await signIn('chan', DESKTOP);
    gateway.advance(170 * DAYS);
    await take(await signIn('alice', DESKTOP), 'password-reminder');
    const expiring = await signIn('chan', { ...PHONE, locale: 'zh-Hant', colorScheme: 'dark' });
    await take(expiring, 'password-reminder-phone');
    gateway.advance(11 * DAYS);
    const expired = await signIn('alice', DESKTOP);
    await expired.page.locator('#next').fill('vier verirrte Igel');
    await expired.page.locator('.strength [role=status]').waitFor();
    await expired.page.evaluate('scrollTo(0, 0)');
    await take(expired, 'password-choose', true);
    const locked = await signIn('chan', { ...PHONE }, 'a guess');
    for (let more = 0; more < 3; more += 1) await locked.tries();
    await take(locked, 'password-locked');
  } finally {
    await gateway.close();
    rmSync(folder, { recursive: true });
  }
}
