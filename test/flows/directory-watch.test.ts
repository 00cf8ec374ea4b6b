import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Client } from '../support/client.ts';
import { type Agent, agentAt, DESK_CONFIG } from '../support/desk.ts';
import { temporaryFolder } from '../support/folders.ts';
import { type Gateway, type GatewayOptions, PersonAtBrowser, startGateway } from '../support/gateway.ts';
import { startPostgres } from '../support/postgres.ts';
import { type Scene, Someone } from '../support/scene.ts';
import { LDAP_PASSWORD, type Slapd, startSlapd } from '../support/slapd.ts';

const MINUTE = 60_000;

let slapd: Slapd;
beforeAll(async () => {
  slapd = await startSlapd();
});
afterAll(() => slapd.stop());

/** People below a unit of the test's own, so that others' come and go without it. */
async function unit(): Promise<{ base: string; person(uid: string): Promise<string> }> {
  const ou = `unit-${randomUUID().slice(0, 8)}`;
  const base = `ou=${ou},ou=people,${slapd.suffix}`;
  await slapd.add(base, { objectClass: 'organizationalUnit', ou });
  return {
    base,
    async person(uid) {
      const dn = `uid=${uid},${base}`;
      const more = { cn: uid, sn: uid, mail: `${uid}@university.example`, userPassword: LDAP_PASSWORD };
      await slapd.add(dn, { objectClass: 'inetOrgPerson', uid, ...more });
      return dn;
    },
  };
}

const directoriesAt = (base: string) => ({ campus: slapd.settings({ base, watch: { every: '1h' } }) });

async function gateway(base: string, more: Partial<GatewayOptions> = {}): Promise<Gateway> {
  const config = { directories: directoriesAt(base), ...more.config };
  // A machine under load isn't what is looked at here.
  const lag = { now: () => 0, close: () => {} };
  const started = await startGateway({ folder: temporaryFolder(), lag, ...more, config });
  onTestFinished(() => started.close());
  return started;
}

interface Known {
  person: PersonAtBrowser;
  id: string;
}

async function signedIn(at: Gateway, name: string): Promise<Known> {
  const person = new PersonAtBrowser(at, new Client());
  const page = await person.password(await person.begin('library'), name, LDAP_PASSWORD);
  expect(page.url.pathname, name).toBe('/library');
  const account = await at.app.rooms.accounts.named(name);
  return { person, id: account?.id ?? '' };
}

/** Somebody of the help desk, who is in the gateway's own directory. */
function agentOf(gateway: Gateway): Promise<Agent> {
  const newcomer = async ({ groups = '' } = {}) => {
    await gateway.addUser('agent', { groups });
    return new Someone(gateway, 'agent');
  };
  return agentAt({ gateway, newcomer } as unknown as Scene);
}

const look = (at: Gateway) => at.app.building.watch.look('campus');

/** How the account stands, and how often all of it has been ended. */
async function standing(at: Gateway, { id }: Known): Promise<string> {
  const account = await at.app.rooms.accounts.byId(id);
  return `${account?.standing} ${account?.generation}`;
}

/** What is left of a session: it opens, or asks to sign in. */
const opens = async ({ person }: Known) => (await person.begin('library')).url.pathname === '/library';

const told = (at: Gateway, message: string) => at.logs.filter((line) => line.message.includes(message)).length;

describe('the watch over a directory', () => {
  it('ends what they have who were locked for good, moved away or removed, and no other', async () => {
    const { base, person } = await unit();
    const at = await gateway(base);
    const dns = await Promise.all(['locked', 'moved', 'removed', 'renamed', 'stays'].map(person));
    const [lockedAt = '', movedAt = '', removedAt = '', renamedAt = ''] = dns;
    const locked = await signedIn(at, 'locked');
    const moved = await signedIn(at, 'moved');
    const removed = await signedIn(at, 'removed');
    const renamed = await signedIn(at, 'renamed');
    const stays = await signedIn(at, 'stays');
    const all = () => Promise.all([locked, moved, removed, renamed, stays].map((it) => standing(at, it)));
    expect(await look(at)).toBe(true);
    expect(await all()).toEqual(Array(5).fill('active 0'));

    await slapd.change(lockedAt, 'add', 'pwdAccountLockedTime', ['000001010000Z']);
    await slapd.rename(movedAt, `uid=moved-${Date.now()},ou=groups,${slapd.suffix}`);
    await slapd.remove(removedAt);
    await slapd.rename(renamedAt, `uid=renamed-new,${base}`);
    at.advance(MINUTE);
    await look(at);
    expect(await all()).toEqual(['disabled 1', 'active 0', 'active 0', 'active 0', 'active 0']);
    expect((await at.app.rooms.accounts.byId(renamed.id))?.username).toBe('renamed-new');

    // Whoever was moved away was seen to have changed, and is gone by a second search.
    at.advance(3 * MINUTE);
    await look(at);
    expect(await all()).toEqual(['disabled 1', 'gone 1', 'active 0', 'active 0', 'active 0']);

    // What is removed leaves no trace: it is missed by a look at everybody, and then by another search.
    at.advance(15 * MINUTE);
    await look(at);
    expect(await standing(at, removed)).toBe('active 0');
    at.advance(3 * MINUTE);
    await look(at);
    const ended = ['disabled 1', 'gone 1', 'gone 1', 'active 0', 'active 0'];
    expect(await all()).toEqual(ended);

    // Nobody is ended twice, nor comes back with what they had.
    at.advance(20 * MINUTE);
    await look(at);
    expect(await all()).toEqual(ended);
    await slapd.change(lockedAt, 'delete', 'pwdAccountLockedTime', []);
    expect(await opens(locked)).toBe(false);
    expect(await opens(stays)).toBe(true);
    expect(await opens(renamed)).toBe(true);
    await signedIn(at, 'locked');
    expect(await standing(at, locked)).toBe('active 1');
  });

  it('keeps who was missed once and came back', async () => {
    const { base, person } = await unit();
    const at = await gateway(base);
    const dn = await person('wanders');
    const wanders = await signedIn(at, 'wanders');
    await look(at);
    const away = `uid=wanders-${Date.now()},ou=groups,${slapd.suffix}`;
    await slapd.rename(dn, away);
    at.advance(MINUTE);
    await look(at);
    await slapd.rename(away, dn);
    at.advance(3 * MINUTE);
    await look(at);
    at.advance(3 * MINUTE);
    await look(at);
    expect(await standing(at, wanders)).toBe('active 0');
    expect(await opens(wanders)).toBe(true);
  });

  it('stops and asks where far fewer are there than before, and ends them once somebody says so', async () => {
    const { base, person } = await unit();
    const names = Array.from({ length: 24 }, (_, at) => `many-${at}`);
    const dns = await Promise.all(names.map(person));
    const at = await gateway(base, { config: { ...DESK_CONFIG, directories: { ...directoriesAt(base), local: {} } } });
    const agent = await agentOf(at);
    expect((await agent.open('/helpdesk')).body).not.toContain('id="directories"');
    const known: Known[] = [];
    for (const name of names) known.push(await signedIn(at, name));
    const standings = async () => Promise.all(known.map((it) => standing(at, it)));
    await look(at);
    for (const dn of dns.slice(0, 12)) await slapd.remove(dn);
    for (let looks = 0; looks < 3; looks += 1) {
      at.advance(16 * MINUTE);
      await look(at);
    }
    expect(new Set(await standings())).toEqual(new Set(['active 0']));
    expect(told(at, 'far fewer people than before')).toBe(1);
    await expect(at.command('directory list')).rejects.toThrow('asks: 12 of 24');
    expect(await at.app.building.watch.troubles()).toMatchObject([{ directory: 'campus', state: 'asks' }]);
    const desk = await agent.open('/helpdesk');
    expect(desk.text).toContain('campus Far fewer people than before');
    expect(desk.text).toContain('12 of 24 people are missing there now.');
    expect(desk.text).toContain('sallyport directory confirm campus');

    expect((await at.command('directory confirm', ['campus'])).join()).toContain('12 people of campus');
    for (let looks = 0; looks < 2; looks += 1) {
      at.advance(3 * MINUTE);
      await look(at);
    }
    expect((await standings()).map((it) => it === 'gone 1')).toEqual(names.map((_, index) => index < 12));
    expect(await at.app.building.watch.troubles()).toEqual([]);
    expect((await agent.open('/helpdesk')).body).not.toContain('id="directories"');
    await expect(at.command('directory confirm', ['campus'])).rejects.toThrow('asks nothing');
  });

  it('takes a server that is away, or has lost its people, for no reason to end anything', async () => {
    const own = await startSlapd();
    onTestFinished(() => own.stop());
    for (const name of ['ada', 'bob']) await own.person(name);
    const settings = own.settings({ watch: { every: '1h' }, connectWithin: '1s', answerWithin: '2s' });
    const at = await gateway('', { config: { directories: { campus: settings } } });
    const ada = await signedIn(at, 'ada');
    await look(at);
    await own.kill();
    for (let looks = 0; looks < 3; looks += 1) {
      at.advance(16 * MINUTE);
      await expect(look(at)).rejects.toMatchObject({ code: 'ERR_DIRECTORY_UNAVAILABLE' });
    }
    expect(told(at, 'a directory can’t be watched')).toBe(1);
    expect(await at.app.building.watch.troubles()).toMatchObject([{ directory: 'campus', state: 'away' }]);
    await own.restart();
    at.advance(16 * MINUTE);
    expect(await look(at)).toBe(true);
    expect(told(at, 'can be watched again')).toBe(1);
    for (const name of ['ada', 'bob']) await own.remove(`uid=${name},ou=people,${own.suffix}`);
    for (let looks = 0; looks < 3; looks += 1) {
      at.advance(16 * MINUTE);
      await look(at);
    }
    expect(await standing(at, ada)).toBe('active 0');
    expect(told(at, 'far fewer people than before')).toBe(1);
  });
});

describe('two nodes', () => {
  it('look at a directory once at a time, and go on where the other one was', async () => {
    const server = await startPostgres();
    onTestFinished(() => server.stop());
    const postgres = await server.database();
    const { base, person } = await unit();
    const dn = await person('ada');
    const patient = { ...directoriesAt(base).campus, connectWithin: '30s', answerWithin: '60s' };
    const node = (name: string) =>
      gateway(base, { postgres, config: { node: name, directories: { campus: patient } } });
    const [a, b] = [await node('a'), await node('b')];
    const ada = await signedIn(a, 'ada');
    const holder = async () => (await a.app.building.watch.states())[0]?.state.holder?.id;

    slapd.pause();
    onTestFinished(() => slapd.resume());
    const slow = look(a);
    await vi.waitFor(async () => expect(await holder()).toBeDefined(), { timeout: 30_000 });
    const first = await holder();
    expect(await look(b)).toBe(false);
    // It doesn't go on, as a node that is gone: another one does, and what it finds late counts no more.
    b.advance(3 * MINUTE);
    const next = look(b);
    await vi.waitFor(async () => expect(await holder()).not.toBe(first), { timeout: 30_000 });
    slapd.resume();
    expect(await Promise.all([slow, next])).toEqual([false, true]);

    await slapd.rename(dn, `uid=ada-${Date.now()},ou=groups,${slapd.suffix}`);
    a.advance(4 * MINUTE);
    expect(await look(a)).toBe(true);
    b.advance(4 * MINUTE);
    expect(await look(b)).toBe(true);
    expect(await standing(a, ada)).toBe('gone 1');
  });
});
