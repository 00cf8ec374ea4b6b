import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch } from '../support/chromium.ts';
import { PASSWORD } from '../support/gateway.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { stage } from '../support/scene.ts';
import { closeBrowser, JOURNEY } from './scene.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis({ persist: true });
});
afterAll(async () => {
  await closeBrowser();
  await redis.stop();
});
const scene = stage(() => ({ redis: redis.url }));

it('a page that could not be shown comes by itself, and the sign-in goes on where it was', JOURNEY, async () => {
  const { username } = await scene.member();
  const context = await (await launch()).newContext({ locale: 'en-GB', reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(`${scene.gateway.relyingParty}/library/login`);
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);

  await redis.kill();
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect.poll(() => page.getByRole('status').innerText()).toMatch(/tries again by itself in \d+ seconds/);
  expect(await page.getByRole('link', { name: 'Try again' }).getAttribute('href')).toMatch(/^\/sign-in\/[^/]+$/);
  await redis.restart();

  // Nobody presses anything.
  await page.getByLabel('User name').waitFor({ timeout: 60_000 });
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL(`${scene.gateway.relyingParty}/library`);
  await context.close();
});
