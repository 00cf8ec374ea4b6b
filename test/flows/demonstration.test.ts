import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { launch } from '../support/chromium.ts';
import { Client } from '../support/client.ts';
import { temporaryFolder } from '../support/folders.ts';
import { PersonAtBrowser } from '../support/gateway.ts';
import { startScript } from '../support/package-script.ts';
import { freePort } from '../support/ports.ts';
import { wayTo } from '../support/upstream.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Ports of the two houses and of their applications, as the files name them. */
const PORTS = [3000, 3001, 3002, 3010, 3013];

afterAll(async () => (await launch()).close());

/** Everything that the demonstration offers is seen at once in a small laptop's window, and who helps as well. */
async function fitsItsWindow(application: string): Promise<void> {
  const page = await (await launch()).newPage({ viewport: { width: 1280, height: 720 } });
  await page.goto(application);
  await page
    .getByRole('button', { name: 'Sign in' })
    .or(page.getByRole('link', { name: 'Sign in' }))
    .first()
    .click();
  for (const way of ['#password', '[data-ceremony-start]', 'a.option', 'a[href*="reset"]']) {
    expect(await page.locator(way).first().isVisible(), way).toBe(true);
  }
  const end = await page.evaluate<number>("document.querySelector('.foot').getBoundingClientRect().bottom");
  expect(end).toBeLessThanOrEqual(720);
  await page.context().close();
}

it('npm start: people of the Partner Hospital enter the Library by a button, and may sign out there as well', async () => {
  const folder = temporaryFolder();
  cpSync(join(root, 'config'), join(folder, 'config'), { recursive: true });
  const moved = new Map<number, number>();
  for (const port of PORTS) moved.set(port, await freePort());
  const at = (port: number) => moved.get(port) ?? 0;
  for (const name of ['demo', 'partner']) {
    const file = join(folder, `config/${name}.yaml`);
    const text = readFileSync(file, 'utf8').replaceAll(
      /(?<=(?:localhost:|127\.0\.0\.1:|port: ))\d{4}/g,
      (port) => `${moved.get(+port) ?? port}`,
    );
    const ports = `listen: { port: ${at(3000)} }\nmanagement: { port: ${await freePort()} }\n`;
    writeFileSync(
      file,
      name === 'demo' ? ports + text.replace('radius: {}', 'radius: { listen: { port: 0, accountingPort: 0 } }') : text,
    );
  }
  const says = await startScript('start', ['--config', join(folder, 'config/demo.yaml')], 'nora ');
  expect(says.indexOf('Stop with Ctrl-C')).toBeLessThan(says.indexOf('Partner Hospital, another house, is at'));
  const [, password = ''] = /^nora +(\S+)$/m.exec(says) ?? [];

  const home = {
    url: `http://localhost:${at(3000)}`,
    relyingParty: `http://127.0.0.1:${at(3001)}`,
    serviceProvider: '',
  };
  await fitsItsWindow(`${home.relyingParty}/library`);
  const browser = new Client();
  const nora = new PersonAtBrowser({ ...home, now: Date.now }, browser);
  const page = await nora.begin('library');
  expect(page.text).toContain('Sign in with Partner Hospital');
  const there = await browser.open(new URL(wayTo(page.body, 'partner'), page.url));
  expect(there.url.origin).toBe(`http://127.0.0.1:${at(3010)}`);
  const back = await nora.password(there, 'nora', password);
  expect(back.url.href).toContain(`${home.relyingParty}/library`);
  expect(await nora.claims('library')).toMatchObject({ claims: { acr: 'https://refeds.org/profile/sfa' } });

  const out = await browser.open(`${home.url}/logout`);
  const done = await browser.follow(await browser.submit(out, {}, { action: '/logout/confirm', button: 'Sign out' }));
  const link = /href="([^"]*\/signed-out\/there[^"]*)"/.exec(done.body)?.[1] ?? '';
  const asked = await browser.open(new URL(link, done.url));
  expect(asked.url.origin).toBe(`http://127.0.0.1:${at(3010)}`);
  const end = await browser.follow(await browser.submit(asked, {}, { action: '/logout/confirm', button: 'Sign out' }));
  expect(end.url.href).toBe(`${home.url}/signed-out`);
});
