import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDuo } from '../src/factors/duo/testing/duo.ts';
import { Visitor } from '../test/browser/visitor.ts';
import { startGateway } from '../test/support/gateway.ts';
import { DESKTOP } from './screens.ts';

type Take = (visitor: Pick<Visitor, 'page'>, name: string, whole?: boolean) => Promise<void>;

const DAY = 86_400_000;

/** What somebody is asked who has just signed in by the method that their group leaves. */
export async function movingScreens(take: Take): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
  const duo = await startDuo();
  const [from, end] = [-1, 60].map((days) => new Date(Date.now() + days * DAY).toISOString());
  const campaign = { name: 'staff leave Duo', groups: ['staff'], leaves: ['duo'], to: ['push', 'totp'], from, end };
  const policy = {
    rules: [{ name: 'all', level: 'mfa', factors: ['duo', 'push', 'totp'] }],
    campaigns: [campaign],
  };
  const factors = { password: {}, push: {}, totp: {}, duo: duo.settings() };
  const support = { email: 'help@university.example', phone: '+852 1234 5678' };
  const gateway = await startGateway({ folder, config: { factors, policy, support } });
  try {
    await gateway.addUser('bob', { name: 'Bob Staff', groups: 'staff' });
    duo.enrol('bob');
    const bob = await Visitor.arrive(gateway, { ...DESKTOP, colorScheme: 'light' });
    await bob.open('courses');
    await bob.password('bob');
    await bob.page.getByRole('link', { name: 'Go on to Duo' }).click();
    await bob.page.getByRole('button', { name: 'Approve' }).click();
    await bob.page.getByRole('heading', { name: /You still use Duo/ }).waitFor();
    await take(bob, 'move', true);
    await bob.leave();
  } finally {
    await gateway.close();
    await duo.close();
    rmSync(folder, { recursive: true });
  }
}
