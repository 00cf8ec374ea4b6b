import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DOUBLE_PASSWORD, type DomainDouble, startDomainDouble } from '../../src/directories/ldap/double.ts';
import { Client } from '../support/client.ts';
import { temporaryFolder } from '../support/folders.ts';
import { PersonAtBrowser, startGateway } from '../support/gateway.ts';

const RULES = [
  { name: 'all', level: 'sfa' },
  { name: 'barred', groups: ['barred'], deny: true },
];

let dc: DomainDouble;
let people: string;
beforeAll(async () => {
  dc = await startDomainDouble();
  people = dc.add(`CN=Users,${dc.base}`, { objectClass: 'container' });
  dc.add(`OU=Groups,${dc.base}`, { objectClass: 'organizationalUnit' });
});
afterAll(() => dc.close());

/** S-1-5-21-… of a group, or S-1-5-32-… of a built-in one (MS-DTYP section 2.4.2.2). */
const newSid = () => Buffer.concat([Buffer.from([1, 4, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0]), randomBytes(12)]);
const BUILT_IN = Buffer.from([1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 33, 2, 0, 0]);

async function enters(name: string, groups: Record<string, unknown> | undefined): Promise<boolean> {
  const campus = dc.settings({ base: people, ...(groups && { groups }) });
  const config = { directories: { campus }, policy: { rules: RULES } };
  const at = await startGateway({ folder: temporaryFolder(), config });
  onTestFinished(() => at.close());
  const person = new PersonAtBrowser(at, new Client());
  const page = await person.password(await person.begin('library'), name, DOUBLE_PASSWORD);
  if (page.url.pathname === '/library') return true;
  expect(page.text).toContain('don’t let you sign in');
  return false;
}

describe('a group that keeps people out', () => {
  const barred = newSid();
  beforeAll(() => {
    dc.add(`CN=barred,OU=Groups,${dc.base}`, { objectClass: 'group', cn: 'barred', objectSid: barred });
  });

  it('does so wherever in the domain it lies', async () => {
    dc.person('elsewhere', { tokenGroups: [barred, BUILT_IN] as never });
    dc.person('free', { tokenGroups: [BUILT_IN] as never });
    expect(await enters('elsewhere', undefined)).toBe(false);
    expect(await enters('free', undefined)).toBe(true);
  });

  it('isn’t passed over where its name may not be read, unless the operator said where groups count', async () => {
    dc.person('nameless', { tokenGroups: [newSid()] as never });
    expect(await enters('nameless', undefined)).toBe(false);
    expect(await enters('nameless', { base: `OU=Groups,${dc.base}` })).toBe(true);
  });

  it('isn’t lost above one that may not be read, or that is gone', async () => {
    dc.person('below', { memberOf: [`CN=hidden,OU=Groups,${dc.base}`] });
    const from = 'memberOf';
    expect(await enters('below', { from })).toBe(false);
    expect(await enters('below', { from, base: `OU=Groups,${dc.base}` })).toBe(false);
    // Where groups within groups don't count, a name is all that there is to know.
    expect(await enters('below', { from, nested: false })).toBe(true);
    expect(await enters('below', { from, nested: false, name: 'description' })).toBe(false);
    expect(await enters('below', { from, base: people })).toBe(true);
  });
});
