import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';
import { LDAP_PASSWORD, type Slapd, startSlapd } from '../support/slapd.ts';

let slapd: Slapd;
beforeAll(async () => {
  slapd = await startSlapd();
});
afterAll(() => slapd.stop());

async function gateway(settings: Record<string, unknown> = {}) {
  const config = { directories: { campus: slapd.settings(settings) } };
  const started = await startGateway({ folder: temporaryFolder(), config });
  onTestFinished(() => started.close());
  return started;
}

it('shows what is found of a person, step by step, and no secret', async () => {
  const dn = await slapd.person('ada', { cn: 'Ada Lovelace', mail: 'ada@university.example' });
  await slapd.group('engines', [dn]);
  const at = await gateway({ servers: [slapd.plain, slapd.secure] });

  const lines = await at.command('ldap test', ['ada'], { bind: true }, `${LDAP_PASSWORD}\n`);

  const shown = lines.join('\n');
  expect(shown).toMatch(
    new RegExp(`notice +${slapd.plain} is reached over TLS; the certificate of .*localhost is good until 20`),
  );
  expect(shown).toContain(`${slapd.secure} takes the service account ${slapd.root.dn}`);
  expect(shown).toContain('locks accounts at 20 wrong passwords');
  expect(shown).toContain(`found ${dn}`);
  expect(shown).toMatch(/groups +engines/);
  expect(shown).toMatch(/state +active/);
  expect(shown).toContain('the password: ok');
  expect(shown).not.toContain(LDAP_PASSWORD);
  expect(shown).not.toContain(slapd.root.password);
});

it('says what is wrong', async () => {
  await slapd.person('bob');
  const at = await gateway();
  await expect(at.command('ldap test', ['nobody'])).rejects.toThrow(/fault +nobody is found by nobody/);
  const wrong = at.command('ldap test', ['bob'], { bind: true }, 'not it\n');
  await expect(wrong).rejects.toThrow(/fault +the password: wrong/);
  const refused = await gateway({ bindPassword: 'not that', servers: ['ldaps://localhost:1', slapd.secure] });
  const told = refused.command('ldap test', ['bob']);
  await expect(told).rejects.toThrow(
    /localhost:1 can’t be reached[\s\S]*doesn’t take the service account[\s\S]*search failed/,
  );
});
