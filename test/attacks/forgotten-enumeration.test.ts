import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type DomainDouble, startDomainDouble } from '../../src/directories/ldap/double.ts';
import type { Reply } from '../support/client.ts';
import { issueTo, passFor } from '../support/issued.ts';
import { scrape } from '../support/management.ts';
import { outbox } from '../support/outbox.ts';
import { type Forgetful, forgetful, RESET, register, withApp } from '../support/reset.ts';
import { ownForm, stage } from '../support/scene.ts';

const hashed = vi.hoisted(() => ({ count: 0 }));

vi.mock('../../src/boot/hashing/index.ts', async (original) =>
  (await import('../support/counted-hashes.ts')).countedHashes(hashed, original),
);

/** That strangers cause for one account in an hour: half as many from one address. */
const MESSAGES = 8;
const ELSEWHERE = 'https://password.university.example/';

let staff: DomainDouble;
beforeAll(async () => {
  staff = await startDomainDouble();
  staff.person('ada', { mail: 'ada@university.example' });
  return () => staff.close();
});

describe('the work for a forgotten password', () => {
  const scene = stage(() => ({
    config: {
      ...RESET,
      directories: { staff: { ...staff.settings(), changePassword: false } },
      passwordReset: {
        ...RESET.passwordReset,
        elsewhere: { staff: ELSEWHERE },
        perHour: { address: 10_000, installation: 100_000, messages: MESSAGES },
      },
    },
  }));

  /** What processes do by themselves, whoever asks. */
  const OWN = /^(audit|nodes|ping|census|state)/;

  async function counted(): Promise<Map<string, number>> {
    const { series } = await scrape(scene.gateway);
    const operations = series.filter(({ name }) => name === 'sallyport_store_seconds_count');
    return new Map(
      operations
        .filter(({ labels: { operation = '' } }) => !OWN.test(operation))
        .map(({ labels: { store, operation }, value }) => [`${store} ${operation}`, value]),
    );
  }

  /** How often each operation of a store or the directory was asked for, and how often argon2 was. */
  async function workOf(act: () => Promise<Reply>): Promise<{ page: Reply; work: Record<string, number> }> {
    const before = await counted();
    staff.asked.splice(0);
    hashed.count = 0;
    const page = await act();
    const work: Record<string, number> = { hashes: hashed.count };
    for (const [name, count] of await counted()) {
      const more = count - (before.get(name) ?? 0);
      if (more > 0) work[name] = more;
    }
    // Connections of the service account stay open, as many as were needed at once.
    for (const it of staff.asked.filter(({ operation }) => operation !== 'bind')) {
      const name = `directory ${it.operation === 'search' ? it.scope : it.operation}`;
      work[name] = (work[name] ?? 0) + 1;
    }
    return { page, work };
  }

  const cookiesOf = ({ setCookies }: Reply): string[] =>
    setCookies.map((line) => line.replace(/^(sallyport\.reset\.)[\w-]+=[^;]*/, '$1*'));

  /** Chooses a way by which something is sent, and waits for what is done off the request's path. */
  async function sending(other: Forgetful, page: Reply): Promise<Reply> {
    const asked = () => scene.audit().filter(({ event }) => event === 'reset.asked').length;
    const before = asked();
    const next = await other.give(page, { way: 'mail' });
    await expect.poll(asked, { timeout: 10_000 }).toBe(before + 1);
    return next;
  }

  /** All that a stranger can do under a name, and what each step of it was: the work, and the names of cookies. */
  async function walk(name: string) {
    const other = forgetful(scene, { username: name });
    const begun = await other.client.open(`${scene.gateway.url}/reset`);
    const { url, fields } = ownForm(begun);
    const seen: { step: string; work: Record<string, number>; cookies: string[] }[] = [];
    let page = begun;
    const step = async (called: string, act: () => Promise<Reply>) => {
      const done = await workOf(act);
      page = done.page;
      seen.push({ step: called, work: done.work, cookies: cookiesOf(page) });
    };
    await step('the name', () => other.client.post(url, { ...fields, username: name }));
    page = await other.client.follow(page);
    for (const [way, wrong] of [
      ['saved', '0000-0000-0000'],
      ['issued', '0000-0000'],
    ] as const) {
      await step(way, () => other.give(page, { way }));
      await step(`a wrong code, ${way}`, () => other.code(page, wrong));
      await step('back', () => other.give(page, { back: 'yes' }));
    }
    await step('to be sent', () => sending(other, page));
    await step('a wrong code, sent', () => other.code(page, '0000-0000'));
    return seen;
  }

  /** Of what is done for a message that goes out, off the request's path: somebody's who has a contact. */
  const withoutSending = (steps: Awaited<ReturnType<typeof walk>>) => steps.filter(({ step }) => step !== 'to be sent');

  it('is the same for any name, to the last query, search and hash, and so are cookies', async () => {
    const people: Record<string, string> = { elsewhere: 'ada' };
    for (const kind of ['new', 'seen', 'disabled'] as const) {
      const someone = await scene.newcomer();
      if (kind !== 'new') await someone.enter('library');
      people[kind] = someone.username;
    }
    await scene.gateway.command('user disable', [String(people.disabled)]);
    const rich = await withApp(scene);
    await issueTo(scene, rich, 'recovery');
    await register(scene, rich, 'mail', 'rich@private.example');
    await passFor(scene, rich);
    people.rich = rich.username;

    await walk('nobody-at-all');
    const nobody = await walk('nobody-goes-by-this');
    expect(nobody.find(({ step }) => step === 'a wrong code, saved')?.work).toMatchObject({
      'durable credentials.ofAccount': 1,
      'directory sub': 1,
    });
    // A code that was sent is compared, and nobody looked for.
    expect(nobody.at(-1)?.work).not.toHaveProperty('directory sub');
    for (const kind of ['new', 'seen', 'disabled'])
      expect({ kind, seen: await walk(String(people[kind])) }).toEqual({ kind, seen: nobody });
    for (const kind of ['rich', 'elsewhere']) {
      const seen = withoutSending(await walk(String(people[kind])));
      expect({ kind, seen }).toEqual({ kind, seen: withoutSending(nobody) });
    }
  });

  it('is the same for a message once no more go out, for somebody who has a contact as for nobody', async () => {
    const someone = await scene.newcomer();
    await someone.enter('library');
    await register(scene, someone, 'mail', 'spent@private.example');
    const last: Record<string, unknown>[] = [];
    for (const name of ['nobody-has-any', someone.username]) {
      let work = {};
      for (let time = 0; time < MESSAGES / 2 + 2; time += 1) {
        const other = forgetful(scene, { username: name });
        const page = await other.ask();
        ({ work } = await workOf(() => sending(other, page)));
      }
      last.push(work);
    }
    const sent = (await outbox(scene.gateway, 'spent@private.example')).filter(({ text }) => text.includes('/reset/'));
    expect(sent).toHaveLength(MESSAGES / 2);
    expect(last[1]).toEqual(last[0]);
  });

  it('is told by mail where the password is changed that can’t be changed here, once a day', async () => {
    staff.person('eve', { mail: 'eve@university.example' });
    const told = async () =>
      (await outbox(scene.gateway, 'eve@university.example')).filter(({ text }) => text.includes(ELSEWHERE));
    const first = forgetful(scene, { username: 'eve' });
    const page = await sending(first, await first.ask());
    expect(page.text).not.toContain(ELSEWHERE);
    await expect.poll(async () => (await told()).length).toBe(1);
    const [mail] = await told();
    expect(mail?.subject).toContain('your forgotten password');
    expect(mail?.text).toContain('It isn’t changed here, but by another service of your institution.');
    expect(mail?.text).not.toMatch(/\b[0-9A-Z]{4}-[0-9A-Z]{4}\b/);
    expect(mail?.html).toContain(`href="${ELSEWHERE}"`);
    const again = forgetful(scene, { username: 'eve' });
    await sending(again, await again.ask());
    expect(await told()).toHaveLength(1);
  });
});
