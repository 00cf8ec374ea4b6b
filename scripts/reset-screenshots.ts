import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContextOptions } from 'playwright-core';
import { Visitor } from '../test/browser/visitor.ts';
import { movableClock } from '../test/support/clock.ts';
import { startGateway } from '../test/support/gateway.ts';
import { passFor } from '../test/support/issued.ts';
import { phones, startPushService } from '../test/support/phones.ts';
import { codeIn, codesTo, RESET, register, setQuestions } from '../test/support/reset.ts';
import { type Scene, Someone } from '../test/support/scene.ts';
import { DESKTOP, PHONE } from './screens.ts';

type Take = (visitor: Pick<Visitor, 'page'>, name: string, whole?: boolean) => Promise<void>;

/** What somebody sees who has forgotten a password. */
export async function resetScreens(take: Take): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
  const clock = movableClock();
  const push = await startPushService({ now: () => Date.now() });
  const support = { email: 'help@university.example', phone: '+852 1234 5678' };
  const factors = { ...RESET.factors, push: { services: [push.origin] } };
  const gateway = await startGateway({ folder, config: { ...RESET, factors, support } });
  // As tests have it; nobody here needs the rest.
  const scene = {
    gateway,
    clock,
    async newcomer({ groups = 'students', username = 'alice' } = {}) {
      await gateway.addUser(username, { groups, name: 'Alice Student' });
      return new Someone(gateway, username);
    },
  } as Scene;
  const { owner } = phones(scene, () => push);

  /** At what can be shown, for whoever is named. */
  async function forgets(username: string, options: BrowserContextOptions): Promise<Visitor> {
    const visitor = await Visitor.arrive(gateway, { colorScheme: 'light', ...options });
    await visitor.page.goto(`${gateway.url}/reset`);
    await visitor.page.locator('#username').fill(username);
    await visitor.page.locator('form button.button').click();
    await visitor.page.waitForURL(/\/reset\/.+/);
    return visitor;
  }
  async function gives({ page }: Visitor, way: string, code: () => Promise<string>): Promise<void> {
    await page.locator(`button[value=${way}]`).click();
    await page.locator('#code').fill(await code());
    await page.locator('form button.button').click();
    await page.locator('.option').first().waitFor();
  }

  try {
    const desktop = await forgets('alice', DESKTOP);
    await take(desktop, 'reset', true);
    const phone = await forgets('alice', { ...PHONE, locale: 'zh-Hant', colorScheme: 'dark' });
    await phone.page.locator('button[value=mail]').click();
    await phone.page.locator('#code').waitFor();
    await take(phone, 'reset-code');

    const { someone } = await owner();
    const beside = await forgets(someone.username, DESKTOP);
    await gives(beside, 'issued', () => passFor(scene, someone));
    await take(beside, 'reset-more', true);
    await beside.page.locator('button[value="method:push"]').click();
    await beside.page.locator('.number').waitFor();
    await take(beside, 'reset-push', true);

    const legacy = await scene.newcomer({ groups: 'legacy', username: 'mei' });
    await legacy.enter('library');
    await register(scene, legacy, 'mail', 'mei@mail.example');
    await setQuestions(scene, legacy);
    const asked = await forgets(legacy.username, PHONE);
    await gives(asked, 'mail', async () => codeIn((await codesTo(scene, 'mei@mail.example', 2))[0]));
    await asked.page.locator('button[value=questions]').click();
    await asked.page.locator('#answer1').waitFor();
    await take(asked, 'reset-questions');
  } finally {
    await gateway.close();
    await push.close();
    clock.restore();
    rmSync(folder, { recursive: true });
  }
}
