import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Visitor } from '../test/browser/visitor.ts';
import { startGateway } from '../test/support/gateway.ts';
import { RESET } from '../test/support/reset.ts';
import { DESKTOP, PHONE } from './screens.ts';

type Take = (visitor: Pick<Visitor, 'page'>, name: string, whole?: boolean) => Promise<void>;

/** What somebody sees who has forgotten a password. */
export async function resetScreens(take: Take): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
  const support = { email: 'help@university.example', phone: '+852 1234 5678' };
  const gateway = await startGateway({ folder, config: { ...RESET, support } });
  const walk = async (visitor: Visitor) => {
    await visitor.page.goto(`${gateway.url}/reset`);
    await visitor.page.locator('#username').fill('alice');
    await visitor.page.locator('form button.button').click();
    await visitor.page.waitForURL(/\/reset\/.+/);
  };
  try {
    const desktop = await Visitor.arrive(gateway, { ...DESKTOP, colorScheme: 'light' });
    await walk(desktop);
    await take(desktop, 'reset', true);
    const phone = await Visitor.arrive(gateway, { ...PHONE, locale: 'zh-Hant', colorScheme: 'dark' });
    await walk(phone);
    await phone.page.locator('button[value=mail]').click();
    await phone.page.locator('#code').waitFor();
    await take(phone, 'reset-code');
  } finally {
    await gateway.close();
    rmSync(folder, { recursive: true });
  }
}
