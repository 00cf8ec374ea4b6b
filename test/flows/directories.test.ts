import { describe, expect, it, onTestFinished } from 'vitest';
import { campus } from '../support/campus.ts';
import { Client, type Reply } from '../support/client.ts';
import { temporaryFolder } from '../support/folders.ts';
import { type Gateway, type GatewayOptions, PASSWORD, PersonAtBrowser, startGateway } from '../support/gateway.ts';

const WRONG = 'The user name or the password isn’t right.';
const NEXT = 'a new one that nobody knows 42';

async function gateway(options: Partial<GatewayOptions>): Promise<Gateway> {
  const started = await startGateway({ folder: temporaryFolder(), ...options });
  onTestFinished(() => started.close());
  return started;
}

const add = (at: Gateway, directory: string, username: string, password: string) =>
  at.command('user add', [username], { directory }, password);

interface Tried {
  person: PersonAtBrowser;
  page: Reply;
}

async function tries(at: Gateway, name: string, password = PASSWORD, application = 'library'): Promise<Tried> {
  const person = new PersonAtBrowser(at, new Client());
  return { person, page: await person.password(await person.begin(application), name, password) };
}

const opens = async (...given: Parameters<typeof tries>) => (await tries(...given)).page.url.pathname === '/library';

describe('two directories of one kind', () => {
  const directories = {
    local: { realms: ['staff.example'], domains: ['STAFF'] },
    guests: { type: 'local', realms: ['guests.example'] },
  };

  it('are asked in order, and by realm or domain alone', async () => {
    const at = await gateway({ config: { directories } });
    await add(at, 'local', 'ada', 'the password of the staff one');
    await add(at, 'guests', 'ada', 'the password of the guest one');
    await add(at, 'guests', 'bob', 'the password of guest bob');
    // The first that knows a name has it; the other one's is hers behind her realm.
    expect(await opens(at, 'ada', 'the password of the staff one')).toBe(true);
    expect(await opens(at, 'ada', 'the password of the guest one')).toBe(false);
    expect(await opens(at, 'ada@guests.example', 'the password of the guest one')).toBe(true);
    expect(await opens(at, 'ada@guests.example', 'the password of the staff one')).toBe(false);
    expect(await opens(at, 'STAFF\\ada', 'the password of the staff one')).toBe(true);
    // Whoever is in another directory isn't found by this one's realm.
    expect(await opens(at, 'bob', 'the password of guest bob')).toBe(true);
    expect(await opens(at, 'bob@staff.example', 'the password of guest bob')).toBe(false);
  });

  it('make two accounts of one name', async () => {
    const at = await gateway({ config: { directories } });
    await add(at, 'local', 'ada', 'the password of the staff one');
    await add(at, 'guests', 'ada', 'the password of the guest one');
    const sub = async (name: string, password: string) =>
      ((await (await tries(at, name, password)).person.claims('library')) as { claims: { sub: string } }).claims.sub;
    const staff = await sub('ada', 'the password of the staff one');
    expect(await sub('ada@guests.example', 'the password of the guest one')).not.toBe(staff);
    expect(await sub('ada@staff.example', 'the password of the staff one')).toBe(staff);
  });

  it('are refused where their kind is not said', async () => {
    const started = gateway({ config: { directories: { local: {}, guests: { realms: ['guests.example'] } } } });
    await expect(started).rejects.toThrow(/directories\.guests\.type: must be one of: .*local/);
  });
});

describe('a password that its directory wants changed', () => {
  it.each([
    ['expired', 'Your password has expired.'],
    ['must-change', 'Your password was set by somebody else.'],
  ] as const)('opens nothing before it is (%s)', async (says, why) => {
    const there = campus();
    there.add({ key: 'k1', username: 'ada' });
    there.says = says;
    const at = await gateway({ directories: [there.module], config: { directories: { campus: {} } } });
    expect((await tries(at, 'ada', 'a wrong one')).page.text).toContain(WRONG);
    const { person, page } = await tries(at, 'ada');
    expect(page.text).toContain(why);
    // Another tab of this browser is signed in to nothing.
    expect((await person.begin('courses')).text).not.toContain(`Courses knows`);
    const wrong = await person.answer(page, { current: 'not it', next: NEXT });
    expect(wrong.text).toContain('The current password isn’t right.');
    expect(there.changes).toEqual([]);
    const through = await person.answer(wrong, { current: PASSWORD, next: NEXT });
    expect(through.url.pathname).toBe('/library');
    expect(there.changes).toEqual([{ key: 'k1', next: NEXT, current: PASSWORD }]);
    expect(await opens(at, 'ada', NEXT)).toBe(true);
    expect(await opens(at, 'ada', PASSWORD)).toBe(false);
  });

  it('comes after the second step, and says where it is done where it can’t be done here', async () => {
    const there = campus({ changes: false });
    there.add({ key: 'k1', username: 'ada' });
    const at = await gateway({ directories: [there.module], config: { directories: { campus: {} } } });
    const { person, page } = await tries(at, 'ada', PASSWORD, 'courses');
    await person.remember(await person.enrol(page), 'no');
    there.says = 'expired';
    const again = new PersonAtBrowser(at, new Client());
    const second = await again.password(await again.begin('courses'), 'ada');
    expect(second.text).toContain('Enter your code');
    at.advance(60_000);
    again.authenticator = person.authenticator;
    const end = await again.code(second);
    expect(end.text).toContain('it can’t be changed here');
  });
});

describe('a directory that is away', () => {
  it('is said to be, for whom only it could know, and keeps nobody of another out', async () => {
    const there = campus();
    there.add({ key: 'k1', username: 'ada' });
    const config = { directories: { campus: {}, local: {} } };
    const at = await gateway({ directories: [there.module], config });
    await at.command('user add', ['root'], { directory: 'local' }, PASSWORD);
    const { person } = await tries(at, 'ada');
    there.away = true;
    expect(await opens(at, 'root')).toBe(true);
    for (const name of ['ada', 'nobody']) {
      const { page } = await tries(at, name);
      expect(page.text).toContain('directory doesn’t answer');
      expect(page.text).not.toContain(WRONG);
    }
    // A session of hers isn't over, and opens nothing while nobody can say whether she may.
    const waiting = await person.begin('courses');
    expect(waiting.status).toBe(503);
    there.away = false;
    expect((await person.begin('library')).url.pathname).toBe('/library');
    expect(await opens(at, 'ada')).toBe(true);
  });
});

describe('somebody whose directory lets them in no more', () => {
  it.each(['locked', 'expired', 'gone'] as const)(
    'is asked who they are, whatever their browser holds (%s)',
    async (how) => {
      const there = campus();
      there.add({ key: 'k1', username: 'ada' });
      const at = await gateway({ directories: [there.module], config: { directories: { campus: {} } } });
      const { person } = await tries(at, 'ada');
      if (how === 'gone') there.people.delete('k1');
      else there.add({ key: 'k1', username: 'ada', status: how });
      expect((await person.begin('courses')).text).toContain('Sign in');
      expect(await opens(at, 'ada')).toBe(false);
      there.add({ key: 'k1', username: 'ada' });
      expect(await opens(at, 'ada')).toBe(true);
    },
  );
});

describe('groups that a directory says nothing of', () => {
  it('let rules for groups ask for more, and never for less', async () => {
    const there = campus();
    there.people.set('k1', { key: 'k1', username: 'ada', name: 'Ada', status: 'active' });
    there.people.set('k2', { key: 'k2', username: 'bob', name: 'Bob', status: 'active', groups: ['guests'] });
    const rules = [
      { name: 'library', applications: ['library'], groups: ['staff'], level: 'sfa' },
      { name: 'library of guests', applications: ['library'], groups: ['guests'], level: 'sfa' },
      { name: 'never', applications: ['payroll'], groups: ['suspended'], deny: true },
    ];
    const config = { directories: { campus: {} }, policy: { rules } };
    const at = await gateway({ directories: [there.module], config });
    expect(await opens(at, 'bob')).toBe(true);
    expect((await tries(at, 'ada')).page.text).toContain('authenticator');
    expect((await tries(at, 'bob', PASSWORD, 'payroll')).page.text).toContain('authenticator');
    expect((await tries(at, 'ada', PASSWORD, 'payroll')).page.text).toContain('don’t let you sign in');
  });
});
