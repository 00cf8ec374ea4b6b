import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { commandHandler } from '../../src/boot/commands.ts';
import { controlPath, serveControl } from '../../src/boot/control.ts';
import { sallyport } from '../support/commands.ts';
import { asksCode, asksPassword, asksToEnrol, stage } from '../support/scene.ts';

type Tree = Record<string, unknown>;

const scene = stage();
let file: string;
let original: string;

beforeAll(() => {
  file = join(scene.data, '..', 'config.yaml');
  original = readFileSync(file, 'utf8');
});

/** Writes the configuration with these sections in the place of its own, and has it read. */
async function reloaded(sections: Tree): Promise<{ lines: readonly string[]; exitCode: number }> {
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(original) as Tree), ...sections }, undefined, 1));
  return scene.gateway.app.host.run({ name: 'config reload', input: { args: [], options: {} } });
}

const rules = (library: Tree) => ({
  policy: {
    rules: [
      { name: 'library', applications: ['library'], ...library },
      ...(JSON.parse(original).policy.rules as Tree[]).slice(1),
    ],
  },
});

const told = (event: string) => scene.audit().filter((row) => row.event === event);

describe('reading the configuration again', () => {
  // Before anybody has connections that may end meanwhile.
  it('leaves nothing behind: after 50, and as many refused, no timer, socket or listener is left over', async () => {
    const settled = async () => {
      await vi.waitFor(() => expect(scene.gateway.app.buildings).toBe(1), { timeout: 30_000 });
      return { handles: handles(), rings: process.listenerCount('warning') };
    };
    const once = async (at: number) => {
      expect((await reloaded({ name: `University ${at}` })).exitCode).toBe(0);
      expect((await reloaded({ defaultLocale: 'fr' })).exitCode).toBe(1);
    };
    for (let at = 0; at < 5; at += 1) await once(at);
    const before = await settled();
    for (let at = 5; at < 50; at += 1) await once(at);
    const after = await settled();
    expect(after).toEqual(before);
    await reloaded({});
  });

  it('changes what a sign-in needs, says and audits what differs, and goes back', async () => {
    const someone = await scene.newcomer();
    expect((await someone.enter('library')).url.pathname).toBe('/library');
    const changed = await reloaded(rules({ level: 'mfa', remember: '12h' }));
    expect(changed.exitCode).toBe(0);
    expect(changed.lines).toEqual([
      'reloaded',
      'policy.rules["library"].level: sfa → mfa',
      'policy.rules["library"].remember: (default) → 12h',
      expect.stringMatching(/^decisions change for \d+ of \d+ people known$/),
      expect.stringMatching(/^application +from +to +people +groups$/),
      expect.stringMatching(/^library +sfa +mfa, remembered 12h +\d+ +/),
    ]);
    const another = scene.elsewhere(someone);
    expect(asksToEnrol(await another.enter('library'))).toBe(true);
    expect(JSON.parse(told('config.reloaded').at(-1)?.detail ?? '{}')).toMatchObject({
      by: 'cli',
      askedAt: 'main',
      changes: changed.lines.slice(1, 3),
    });
    expect(await reloaded({})).toMatchObject({ exitCode: 0 });
    expect((await scene.elsewhere(someone).enter('library')).url.pathname).toBe('/library');
  });

  it('changes nothing where there is a fault, and says all of them with file and line', async () => {
    const before = told('config.reloaded').length;
    const refused = await reloaded({ ...rules({ level: 'most' }), defaultLocale: 'fr', unknown: 1 });
    expect(refused.exitCode).toBe(1);
    expect(refused.lines[0]).toBe('nothing was reloaded');
    expect(refused.lines.slice(1)).toEqual([
      expect.stringMatching(/config\.yaml:\d+: unknown: is unknown/),
      expect.stringMatching(/config\.yaml:\d+: policy\.rules\[0\]\.level: must be one of/),
      expect.stringMatching(/config\.yaml:\d+: name: lacks the text for fr/),
      expect.stringMatching(/config\.yaml:\d+: defaultLocale: must be among locales/),
    ]);
    expect(told('config.reloaded').length).toBe(before);
    expect(JSON.parse(told('config.refused').at(-1)?.detail ?? '{}')).toMatchObject({ by: 'cli' });
    const someone = await scene.newcomer();
    expect((await someone.enter('library')).url.pathname).toBe('/library');
  });

  it('changes nothing where a setting takes more than a reload, though others wouldn’t, and says what to do', async () => {
    const { listen, secrets } = JSON.parse(original) as { listen: Tree; secrets?: Tree };
    const restart = await reloaded({ ...rules({ level: 'mfa' }), listen: { ...listen, host: '127.0.0.2' } });
    expect(restart).toMatchObject({
      exitCode: 1,
      lines: [
        'nothing was reloaded',
        expect.stringMatching(/^listen\.host: \(default\) → 127\.0\.0\.2: takes a restart: connections/),
      ],
    });
    const previousSealingKeys = ['q83vEjRWeJASNFZ4kBI0VniQEjRWeJC63P4BI0Vnify'];
    expect(await reloaded({ ...rules({ level: 'mfa' }), secrets: { ...secrets, previousSealingKeys } })).toMatchObject({
      exitCode: 1,
      lines: [
        'nothing was reloaded',
        'secrets.previousSealingKeys: changed: takes new processes',
        expect.stringMatching(/^restart one node after another; .*--workers/),
      ],
    });
    const someone = await scene.newcomer();
    expect((await someone.enter('library')).url.pathname).toBe('/library');
  });

  it('says that rules stand in another order', async () => {
    const { policy } = JSON.parse(original) as { policy: { rules: { name: string }[] } };
    const turned = [...policy.rules].reverse();
    const [from, to] = [policy.rules, turned].map((all) =>
      all
        .map(({ name }) => name)
        .join(', ')
        .slice(0, 20),
    );
    expect((await reloaded({ policy: { ...policy, rules: turned } })).lines).toContainEqual(
      expect.stringContaining(`policy.rules: in another order: ${from}`),
    );
    expect((await reloaded({})).lines).toContainEqual(expect.stringContaining(`policy.rules: in another order: ${to}`));
  });

  it('changes nothing where what is to take its place can’t be raised', async () => {
    const fido2 = { metadata: { file: 'nothing-there.jwt' }, attestation: 'required' };
    const refused = await reloaded({ factors: { password: {}, totp: {}, fido2 } });
    expect(refused.exitCode).toBe(1);
    const someone = await scene.newcomer();
    expect((await someone.enter('library')).url.pathname).toBe('/library');
  });

  it('never says a secret, only that it is another', async () => {
    const { applications } = JSON.parse(original) as { applications: Record<string, { oidc: Tree }> };
    const secret = 'another-secret-of-the-library-0123456789';
    const library = { ...applications.library, oidc: { ...applications.library?.oidc, clientSecret: secret } };
    const changed = await reloaded({ applications: { ...applications, library } });
    expect(changed.lines).toEqual(['reloaded', 'applications.library.oidc.clientSecret: changed']);
    expect(JSON.stringify(scene.audit()) + JSON.stringify(scene.gateway.logs)).not.toContain(secret);
    await reloaded({});
  });

  it('lets a sign-in that has begun go on, whatever step it is at', async () => {
    const someone = await scene.member();
    const atPassword = scene.elsewhere(someone);
    const first = await atPassword.begin('payroll');
    const atCode = scene.elsewhere(someone);
    const second = await atCode.enter('payroll');
    expect([asksPassword(first), asksCode(second)]).toEqual([true, true]);
    await reloaded({ name: 'Another University' });
    expect((await atCode.code(second, scene.nextCode(someone))).url.pathname).toBe('/payroll');
    const third = await atPassword.password(first, someone.username);
    expect(third.body).toContain('Another University');
    expect(asksCode(third)).toBe(true);
    expect(await someone.subject('courses')).toBeDefined();
    await reloaded({});
  });

  it('says beforehand which decisions another file would change, for how many', async () => {
    const member = await scene.newcomer({ groups: 'staff' });
    expect((await member.enter('library')).url.pathname).toBe('/library');
    const control = await serveControl(controlPath(scene.data), commandHandler(scene.gateway.app.host));
    onTestFinished(() => control.close());
    const other = join(scene.data, '..', 'other.yaml');
    const { applications, ...rest } = JSON.parse(original) as { applications: Tree };
    const fewer = { library: applications.library, payroll: applications.payroll };
    writeFileSync(other, JSON.stringify({ ...rest, applications: fewer, ...rules({ level: 'mfa', remember: '30d' }) }));
    const told = await sallyport(other, ['policy', 'explain', '--compare']);
    expect([told.exitCode, told.err]).toEqual([2, expect.stringContaining("courses isn't in applications")]);
    const known = rules({ level: 'mfa', remember: '30d' }).policy.rules.filter(({ name }) => name !== 'courses');
    writeFileSync(other, JSON.stringify({ ...rest, applications: fewer, policy: { rules: known } }));
    const { out, exitCode } = await sallyport(other, ['policy', 'explain', '--compare']);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^decisions change for \d+ of \d+ people known\n/);
    expect(out).toMatch(/^library +sfa +mfa, remembered 30d +\d+ +.*staff/m);
    expect(out).toMatch(/^courses: gone$/m);
  });
});

/** What keeps this process busy, by kind. */
function handles(): Record<string, number> {
  const kinds = process.getActiveResourcesInfo().filter((kind) => !/FSReq|TickObject|Immediate/.test(kind));
  return Object.fromEntries(
    Object.entries(Object.groupBy(kinds, (kind) => kind)).map(([kind, all]) => [kind, all?.length ?? 0]),
  );
}
