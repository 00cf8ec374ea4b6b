import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SecurityKey } from '../test/browser/security-key.ts';
import { Visitor } from '../test/browser/visitor.ts';
import { type Gateway, startGateway } from '../test/support/gateway.ts';

type Take = (visitor: Pick<Visitor, 'page'>, name: string, whole?: boolean) => Promise<void>;

const REASON = 'Lost her phone; ticket 4711';

/** Dana's passkey, and what she has to show on the way to the desk. */
async function atDesk(gateway: Gateway): Promise<Visitor> {
  const dana = await Visitor.arrive(gateway, { viewport: { width: 1120, height: 760 }, colorScheme: 'light' });
  await SecurityKey.plugIn(dana.page);
  await dana.page.goto(`${gateway.url}/account`);
  await dana.password('dana');
  await dana.press(/Passkey or security key/);
  await dana.press('Continue');
  await dana.press('No, other people use it');
  await dana.page.getByRole('heading', { name: 'Your account' }).waitFor();
  await dana.page.goto(`${gateway.url}/helpdesk`);
  const ask = dana.page.getByRole('button', { name: 'Use passkey or key' });
  if (await ask.count()) await ask.click();
  await dana.page.getByLabel('Find a person').waitFor();
  return dana;
}

/** The help desk of the demonstration: a person, and what is asked before anything is done for them. */
export async function deskScreens(take: Take): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
  const gateway = await startGateway({ folder, demo: true });
  try {
    await gateway.addUser('dana', { name: 'Dana Desk', groups: 'staff,helpdesk' });
    const details = { name: 'Alice Student', groups: 'students', email: 'alice@university.example' };
    await gateway.addUser('alice', details);
    const alice = await Visitor.arrive(gateway);
    await alice.settle('alice');
    await alice.leave();

    const dana = await atDesk(gateway);
    await dana.page.getByLabel('Find a person').fill('alice');
    await dana.press('Find');
    await dana.follow('Alice Student');
    await take(dana, 'help-desk-person', true);
    await dana.follow('Issue: Temporary Access Pass');
    for (const box of await dana.page.getByRole('checkbox').all()) await box.check();
    await dana.page.getByLabel('Reason').fill(REASON);
    await dana.page.evaluate('scrollTo(0, 0)');
    await take(dana, 'help-desk-issue', true);
    await dana.leave();
  } finally {
    await gateway.close();
    rmSync(folder, { recursive: true });
  }
}
