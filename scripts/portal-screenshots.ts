import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDurableStore } from '../src/durable/index.ts';
import sqlite from '../src/stores/sqlite/index.ts';
import { add, type Me, settleWithApp } from '../test/browser/passkeys.ts';
import { SecurityKey } from '../test/browser/security-key.ts';
import { Visitor } from '../test/browser/visitor.ts';
import { DESK } from '../test/support/desk.ts';
import { type Gateway, startGateway } from '../test/support/gateway.ts';
import { monthOfNumbers } from './report-numbers.ts';
import { DESKTOP } from './screens.ts';

type Take = (visitor: Pick<Visitor, 'page'>, name: string, whole?: boolean) => Promise<void>;

const DAY = 86_400_000;
async function arrive(gateway: Gateway, username: string, name: string, groups: string): Promise<Me> {
  await gateway.addUser(username, { name, groups });
  return Object.assign(await Visitor.arrive(gateway, { ...DESKTOP, colorScheme: 'light' }), { username });
}

/** A newcomer's walk, a new phone, and the help desk's reports. */
export async function portalScreens(take: Take): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
  const from = new Date(Date.now() + 60 * DAY).toISOString();
  const gateway = await startGateway({
    folder,

    config: {
      factors: { password: {}, totp: {}, fido2: {}, recovery: {}, tap: {} },
      helpDesk: DESK,
      policy: {
        rules: [
          { name: 'A password is enough', applications: ['library', 'payroll'], level: 'sfa' },
          { name: 'Courses', applications: ['courses'], level: 'sfa' },
          { name: 'Staff', applications: ['courses'], groups: ['staff', 'desk'], level: 'mfa', remember: '30d' },
          { name: 'Students from spring', applications: ['courses'], groups: ['students'], level: 'mfa', from },
          { name: 'Own account', applications: ['sallyport-account'], level: 'mfa', remember: '30d' },
        ],
      },
    },
  });
  try {
    const alice = await arrive(gateway, 'alice', 'Alice Student', 'students');
    await alice.page.goto(`${gateway.url}/enrol/begin`);
    await alice.password('alice');
    await alice.enrol();
    await alice.page.getByText('Step 2 of 2').waitFor();
    await take(alice, 'enrol', true);
    await alice.page.goto(`${gateway.url}/account/phone`);
    await take(alice, 'phone', true);
    await alice.leave();

    const dana = await arrive(gateway, 'dana', 'Dana Desk', 'desk');
    await SecurityKey.plugIn(dana.page, { builtIn: false });
    await settleWithApp(dana);
    await add(dana);
    const file = join(folder, 'data', 'sallyport.db');
    const durable = await createDurableStore(await sqlite.open(sqlite.settings.parse({ file })));
    await monthOfNumbers(durable, Date.now(), { from: Date.parse(from) });
    await durable.close();
    await dana.page.goto(`${gateway.url}/helpdesk/reports`);
    const reports = dana.page.getByRole('heading', { name: 'Reports', exact: true });
    const asked = dana.page.getByRole('button', { name: /passkey/ }).first();
    await reports.or(asked).first().waitFor();
    if (await asked.isVisible()) await asked.click();
    await reports.waitFor();
    await dana.page.setViewportSize({ width: 1120, height: 1740 });
    await take(dana, 'reports');
    await dana.leave();
  } finally {
    await gateway.close();
    rmSync(folder, { recursive: true });
  }
}
