import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Visitor } from '../test/browser/visitor.ts';
import { startGateway } from '../test/support/gateway.ts';
import { mmdbOf } from '../test/support/mmdb.ts';
import { DESKTOP, PHONE } from './screens.ts';

type Take = (visitor: Pick<Visitor, 'page'>, name: string, whole?: boolean) => Promise<void>;

const ANOTHER = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Edg/140.0.0.0';
/** All of it is this machine; for the picture it lies somewhere. */
const SOMEWHERE = {
  '127.0.0.0/8': { city: { names: { en: 'Cambridge' } }, country: { iso_code: 'GB' } },
};

/** A sign-in that was somebody else's, and the new password after it. */
export async function reportedScreens(take: Take): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
  const database = join(folder, 'places.mmdb');
  writeFileSync(database, mmdbOf(SOMEWHERE));
  const support = { email: 'helpdesk@university.example', phone: '+44 1632 960000' };
  const gateway = await startGateway({ folder, config: { geoip: { database }, support } });
  try {
    await gateway.addUser('alice', { name: 'Alice Student', groups: 'students' });
    const alice = await Visitor.arrive(gateway, { ...DESKTOP, colorScheme: 'light' });
    await alice.settle('alice');
    const thief = await Visitor.arrive(gateway, { ...PHONE, userAgent: ANOTHER });
    thief.authenticator = alice.authenticator;
    await thief.open('courses');
    await thief.password('alice');
    await thief.code();
    await thief.press('No, other people use it');
    await thief.page.waitForURL(`${gateway.relyingParty}/courses`);
    await thief.leave();

    const theirs = alice.page.getByRole('row').filter({ hasText: 'Microsoft Edge' });
    while ((await theirs.count()) === 0) await alice.page.goto(`${gateway.url}/account`);
    await theirs.getByRole('link').click();
    await take(alice, 'not-me', true);
    await alice.press('This wasn’t me');
    await alice.page.getByRole('heading', { level: 1 }).waitFor();
    const phone = await Visitor.arrive(gateway, { ...PHONE, colorScheme: 'light' });
    phone.authenticator = alice.authenticator;
    await phone.open('library');
    await phone.password('alice');
    await phone.code();
    await phone.page.locator('#next').waitFor();
    await take(phone, 'new-password', true);
    await phone.leave();
    await alice.leave();
  } finally {
    await gateway.close();
    rmSync(folder, { recursive: true });
  }
}
