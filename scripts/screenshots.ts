import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { Visitor } from '../test/browser/visitor.ts';
import { launch } from '../test/support/chromium.ts';
import { PASSWORD, startGateway } from '../test/support/gateway.ts';
import { authenticatorScreens } from './authenticator-screenshots.ts';
import { deskScreens } from './desk-screenshots.ts';
import { movingScreens } from './moving-screenshots.ts';
import { passwordScreens } from './password-screenshots.ts';
import { portalScreens } from './portal-screenshots.ts';
import { reportedScreens } from './reported-screenshots.ts';
import { resetScreens } from './reset-screenshots.ts';
import { DESKTOP, PHONE } from './screens.ts';

const IMAGES = fileURLToPath(new URL('../docs/images/', import.meta.url));
const DEMO = new URL('../config/demo.yaml', import.meta.url);
const MOST_BYTES = 340_000;
/** What is set up first. */
const APP = /Code app/;

interface Demo {
  applications: Record<string, { name: unknown; description: unknown; oidc?: unknown }>;
  factors: unknown;
  senders: unknown;
  policy: { rules: { applications: string[] }[] };
  support: unknown;
}

/** The demo's texts and rules, on free ports; of its applications those that come by OpenID Connect. */
function demoTree(): Record<string, unknown> {
  const { applications, factors, senders, policy, support } = parse(readFileSync(DEMO, 'utf8')) as Demo;
  const kept = Object.entries(applications).filter(([, { oidc }]) => oidc !== undefined);
  const texts = Object.fromEntries(kept.map(([id, { name, description }]) => [id, { name, description }]));
  const isKept = (id: string) => texts[id] !== undefined || applications[id] === undefined;
  const all = policy.rules.map((rule) => ({ ...rule, applications: rule.applications.filter(isKept) }));
  // A rule for others alone would be one for everybody.
  const rules = all.filter((rule) => rule.applications.length > 0);
  return { demo: {}, applications: texts, factors, senders, policy: { ...policy, rules }, support };
}

/** `whole`: the page down to its end. Playwright's own full-page pictures lose the phone's touch screen. */
async function take({ page }: Pick<Visitor, 'page'>, name: string, whole = false): Promise<void> {
  const path = join(IMAGES, `${name}.png`);
  await page.evaluate('document.fonts.ready');
  // A higher window has more room between things, and so another end.
  for (let round = 0; whole && round < 3; round += 1) {
    const { width = 0, height = 0 } = page.viewportSize() ?? {};
    const end = await page.evaluate<number>('document.documentElement.scrollHeight');
    await page.setViewportSize({ width, height: Math.max(height, end) });
  }
  await page.screenshot({ path });
  const { size } = statSync(path);
  if (size > MOST_BYTES) throw new Error(`${name}.png has ${size} bytes; ${MOST_BYTES} are allowed`);
  process.stdout.write(`docs/images/${name}.png  ${Math.ceil(size / 1000)} kB\n`);
}

const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
const gateway = await startGateway({ folder, config: demoTree() });
mkdirSync(IMAGES, { recursive: true });
await gateway.addUser('alice', { name: 'Alice Student', groups: 'students' });
await gateway.addUser('chan', { name: '陳大文', groups: 'staff' });

try {
  const alice = await Visitor.arrive(gateway, { ...DESKTOP, colorScheme: 'light' });
  await alice.open('courses');
  await take(alice, 'sign-in');
  await alice.password('alice');
  await alice.press(APP);
  await alice.enrol();
  await alice.press('Yes, this is my device');
  await alice.open('payroll');
  await alice.code();
  await alice.page.goto(`${gateway.url}/account`);
  await take(alice, 'account', true);
  await alice.page.emulateMedia({ colorScheme: 'dark' });
  await alice.page.goto(`${gateway.url}/applications`);
  await take(alice, 'applications', true);
  await alice.leave();

  const chan = await Visitor.arrive(gateway, { ...PHONE, locale: 'zh-TW', colorScheme: 'light' });
  await chan.open('courses');
  await chan.page.locator('#username').fill('chan');
  await chan.page.locator('#password').fill(PASSWORD);
  await chan.page.locator('#password').press('Enter');
  await chan.page.locator('button[name=factor][value=totp]').click();
  await chan.page.locator('#key').waitFor();
  chan.addKey(await chan.page.locator('#key').innerText());
  await chan.page.locator('#code').fill(chan.codeNow());
  await chan.page.locator('#code').press('Enter');
  await chan.page.locator('[name=suggest][value=no]').click();
  await chan.page.locator('[name=remember]').first().waitFor();
  await take(chan, 'remember', true);
  await chan.leave();

  const bob = await Visitor.arrive(gateway, { ...PHONE, colorScheme: 'light' });
  await gateway.addUser('bob', { name: 'Bob Staff', groups: 'staff' });
  await bob.open('courses');
  await bob.password('bob');
  await bob.press(APP);
  await bob.page.locator('#key').waitFor();
  await take(bob, 'enrolment', true);
  await bob.leave();

  const nobody = await Visitor.arrive(gateway, { ...DESKTOP, colorScheme: 'light' });
  await nobody.page.goto(`${gateway.url}/sign-in/gone`);
  await take(nobody, 'error');
  await nobody.leave();

  await authenticatorScreens(take);
  await portalScreens(take);
  await resetScreens(take);
  await passwordScreens(take);
  await deskScreens(take);
  await reportedScreens(take);
  await movingScreens(take);
} finally {
  await (await launch()).close();
  await gateway.close();
  rmSync(folder, { recursive: true });
}
