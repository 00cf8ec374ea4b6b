import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { temporaryFolder } from '../support/folders.ts';
import { forms } from '../support/forms.ts';
import { type Gateway, type GatewayOptions, PersonAtBrowser, startGateway } from '../support/gateway.ts';
import { LDAP_PASSWORD, type Slapd, startSlapd } from '../support/slapd.ts';

const WRONG = 'The user name or the password isn’t right.';
const NEXT = 'a new one that nobody knows 42';

let slapd: Slapd;
beforeAll(async () => {
  slapd = await startSlapd();
});
afterAll(() => slapd.stop());

async function gateway(settings: Record<string, unknown> = {}, more: Partial<GatewayOptions> = {}): Promise<Gateway> {
  const config = { directories: { campus: slapd.settings(settings) }, ...more.config };
  const started = await startGateway({ folder: temporaryFolder(), ...more, config });
  onTestFinished(() => started.close());
  return started;
}

interface Tried {
  person: PersonAtBrowser;
  page: Reply;
}

async function tries(at: Gateway, name: string, password = LDAP_PASSWORD, application = 'library'): Promise<Tried> {
  const person = new PersonAtBrowser(at, new Client());
  return { person, page: await person.password(await person.begin(application), name, password) };
}

const opens = async (...given: Parameters<typeof tries>) => (await tries(...given)).page.url.pathname === '/library';

/** What the application is told by userinfo. */
async function told(person: PersonAtBrowser, page: Reply): Promise<Record<string, unknown>> {
  const form = forms(page.body).find(({ action }) => action.endsWith('/userinfo'));
  const shown = await person.client.post(new URL(form?.action ?? '', page.url), form?.fields ?? {});
  const [, text = ''] = /<h2>Userinfo<\/h2>\s*<pre[^>]*>([^<]+)/.exec(shown.body) ?? [];
  return JSON.parse(text.replaceAll('&quot;', '"').replaceAll('&#34;', '"'));
}

const claimsOf = async (person: PersonAtBrowser) =>
  ((await person.claims('library')) as { claims: Record<string, unknown> } | undefined)?.claims;

describe('people of an OpenLDAP', () => {
  it.each(['secure', 'plain'] as const)('sign in (%s)', async (kind) => {
    const uid = `ada-${kind}`;
    const dn = await slapd.person(uid, {
      ...{ cn: 'Ada Lovelace', givenName: 'Ada', sn: 'Lovelace', mail: [`${uid}@university.example`] },
      ...{ telephoneNumber: '+886 2 1234 5678', departmentNumber: 'Mathematics' },
    });
    const inner = await slapd.group(`engines-${kind}`, [dn]);
    await slapd.group(`science-${kind}`, [inner]);
    const at = await gateway({ servers: [slapd[kind]] });
    const { person, page } = await tries(at, uid.toUpperCase());
    expect(page.url.pathname).toBe('/library');
    expect(await told(person, page)).toMatchObject({
      ...{ name: 'Ada Lovelace', preferred_username: uid, email: `${uid}@university.example` },
    });
    const explained = await at.command('policy explain', [], { account: uid, application: 'library' });
    expect(explained.join('\n')).toMatch(new RegExp(`groups +engines-${kind}, science-${kind}`));
    for (const wrong of ['not it', '', `${LDAP_PASSWORD} `]) {
      expect(await opens(at, uid, wrong)).toBe(false);
    }
    expect((await tries(at, `${uid}*`)).page.text).toContain(WRONG);
    expect((await tries(at, `*)(uid=${uid}`)).page.text).toContain(WRONG);
    expect((await tries(at, 'nobody')).page.text).toContain(WRONG);
  });

  it('stay the same when they are renamed, and others get no account by their name', async () => {
    const dn = await slapd.person('former');
    const at = await gateway();
    const sub = async (name: string) => (await claimsOf((await tries(at, name)).person))?.sub;
    const first = await sub('former');
    expect(first).toBeTypeOf('string');
    await slapd.rename(dn, `uid=latter,ou=people,${slapd.suffix}`);
    expect(await sub('latter')).toBe(first);
    expect(await opens(at, 'former')).toBe(false);
    await slapd.person('former');
    const second = await sub('former');
    expect(second).toBeTypeOf('string');
    expect(second).not.toBe(first);
  });

  it.each(['memberOf', 'members'])('hide no group behind others (%s)', async (from) => {
    const uid = `deep-${from.toLowerCase()}`;
    let last = await slapd.person(uid, { cn: 'Deep', sn: 'Deep' });
    for (let depth = 0; depth < 17; depth += 1) last = await slapd.group(`${uid}-${depth}`, [last]);
    const barred = `${uid}-barred`;
    await slapd.group(barred, [last]);
    const rules = [
      { name: 'all', level: 'sfa' },
      { name: 'barred', groups: [barred], deny: true },
    ];
    const at = await gateway(
      { groups: { from, base: `ou=groups,${slapd.suffix}` } },
      { config: { policy: { rules } } },
    );
    const { page } = await tries(at, uid);
    const explained = await at.command('policy explain', [], { account: uid, application: 'library' });
    expect(explained.join('\n')).toMatch(/decision +deny/);
    expect(page.text).toContain('don’t let you sign in');
  });

  it('aren’t looked for at other servers that theirs refers to', async () => {
    let followed = 0;
    const elsewhere = createServer((socket) => {
      followed += 1;
      socket.destroy();
    });
    await new Promise<void>((done) => elsewhere.listen(0, 'localhost', done));
    onTestFinished(() => void elsewhere.close());
    const { port } = elsewhere.address() as AddressInfo;
    const people = await startSlapd();
    onTestFinished(() => people.stop());
    const dn = await people.person('here');
    await people.group('inside', [dn]);
    for (const ou of ['people', 'groups']) {
      const ref = `ldap://localhost:${port}/ou=${ou},${people.suffix}`;
      await people.add(`ou=branch,ou=${ou},${people.suffix}`, {
        ...{ objectClass: ['referral', 'extensibleObject'], ou: 'branch', ref },
      });
    }
    for (const from of ['memberOf', 'members']) {
      const campus = people.settings({ groups: { from, base: `ou=groups,${people.suffix}` } });
      const at = await gateway({}, { config: { directories: { campus } } });
      const { page } = await tries(at, 'here');
      expect(page.url.pathname).toBe('/library');
      const explained = await at.command('policy explain', [], { account: 'here', application: 'library' });
      expect(explained.join('\n')).toMatch(/groups +inside\n/);
      expect((await tries(at, 'nobody')).page.text).toContain(WRONG);
    }
    expect(followed).toBe(0);
  });

  it('take no room from others, however many groups they are in', async () => {
    const dn = await slapd.person('joiner');
    for (let count = 0; count < 520; count += 1) await slapd.group(`club-${count}`, [dn]);
    const at = await gateway();
    expect(await opens(at, 'joiner')).toBe(true);
  });

  it('must change a password that was set by somebody else, and keep to the directory’s policy', async () => {
    const dn = await slapd.person('reset');
    const at = await gateway();
    await slapd.change(dn, 'add', 'pwdReset', ['TRUE']);
    const { person, page } = await tries(at, 'reset');
    expect(page.text).toContain('Your password was set by somebody else.');
    const through = await person.answer(page, { current: LDAP_PASSWORD, next: NEXT });
    expect(through.url.pathname).toBe('/library');
    expect(await opens(at, 'reset', LDAP_PASSWORD)).toBe(false);
    expect(await opens(at, 'reset', NEXT)).toBe(true);
  });

  it('are out when they are locked, moved away or removed', async () => {
    const at = await gateway();
    const locked = await slapd.person('locked');
    const moved = await slapd.person('moved');
    const gone = await slapd.person('gone');

    const before = await Promise.all(['locked', 'moved', 'gone'].map((name) => tries(at, name)));

    expect(before.map(({ page }) => page.url.pathname)).toEqual(['/library', '/library', '/library']);
    await slapd.change(locked, 'add', 'pwdAccountLockedTime', ['000001010000Z']);
    await slapd.rename(moved, `uid=moved,ou=groups,${slapd.suffix}`);
    await slapd.remove(gone);
    for (const [index, name] of ['locked', 'moved', 'gone'].entries()) {
      expect(await opens(at, name), name).toBe(false);

      // Nor does what they had open anything.
      expect((await before[index]?.person.begin('courses'))?.url.pathname, name).not.toBe('/courses');
    }
  });
});

describe('a server of a directory', () => {
  it('that is not who its certificate says is not asked', async () => {
    await slapd.person('wary');
    const { ca: _, ...trustless } = slapd.settings();
    const at = await gateway({}, { config: { directories: { campus: trustless } } });
    expect((await tries(at, 'wary')).page.text).toContain('directory doesn’t answer');
  });

  it('that is gone is followed by the next one', async () => {
    await slapd.person('patient');
    const at = await gateway({ servers: ['ldaps://localhost:1', slapd.secure] });
    expect(await opens(at, 'patient')).toBe(true);
  });

  it('that dies or hangs in the middle is told, and asked again once it is back', async () => {
    const own = await startSlapd();
    onTestFinished(() => own.stop());
    await own.person('ada');
    const config = { directories: { campus: own.settings({ answerWithin: '1s', connectWithin: '1s' }) } };
    const at = await gateway({}, { config });
    const { person } = await tries(at, 'ada');
    await own.kill();
    expect((await tries(at, 'ada')).page.text).toContain('directory doesn’t answer');
    expect((await person.begin('courses')).status).toBe(503);
    await own.restart();
    at.advance(31_000);
    expect(await opens(at, 'ada')).toBe(true);
    own.pause();
    expect((await tries(at, 'ada')).page.text).toContain('directory doesn’t answer');
    own.resume();
    at.advance(31_000);
    expect(await opens(at, 'ada')).toBe(true);
  });
});
