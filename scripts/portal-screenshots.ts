import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { add, type Me, settleWithApp } from '../test/browser/passkeys.ts';
import { SecurityKey } from '../test/browser/security-key.ts';
import { Visitor } from '../test/browser/visitor.ts';
import { DESK } from '../test/support/desk.ts';
import { type Gateway, startGateway } from '../test/support/gateway.ts';
import { DESKTOP } from './screens.ts';

type Take = (visitor: Pick<Visitor, 'page'>, name: string, whole?: boolean) => Promise<void>;

const DAY = 86_400_000;
/** People in the picture of the reports: in thousands of a group, and how many of these have set something up. */
const PEOPLE = [
  ['students', 240, 0.86],
  ['staff', 60, 0.95],
] as const;

async function arrive(gateway: Gateway, username: string, name: string, groups: string): Promise<Me> {
  await gateway.addUser(username, { name, groups });
  return Object.assign(await Visitor.arrive(gateway, { ...DESKTOP, colorScheme: 'light' }), { username });
}

/** Accounts as sign-ins would have left them, straight into the tables. */
async function populate(gateway: Gateway): Promise<void> {
  const { accounts, credentials } = gateway.app.rooms;
  for (const [group, count, share] of PEOPLE) {
    for (let index = 0; index < count; index += 1) {
      await gateway.addUser(`${group}${index}`, { name: `Person ${index}`, groups: group });
      const account = await accounts.find(`${group}${index}`);
      if (account === undefined || index >= count * share) continue;
      const secret = 'A'.repeat(32);
      const data = { secret, algorithm: 'SHA1', digits: 6, period: 30, lastStep: 0 };
      await credentials.add(account.id, 'totp', 'Code app', data);
    }
  }
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
    await populate(gateway);
    await dana.page.goto(`${gateway.url}/helpdesk/reports/enrolment`);
    const reports = dana.page.getByRole('heading', { name: 'By group' });
    const asked = dana.page.getByRole('button', { name: /passkey/ }).first();
    await reports.or(asked).first().waitFor();
    if (await asked.isVisible()) await asked.click();
    await reports.waitFor();
    await take(dana, 'reports', true);
    await dana.leave();
  } finally {
    await gateway.close();
    rmSync(folder, { recursive: true });
  }
}
