import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Gateway, PASSWORD, PersonAtBrowser, startGateway } from '../support/gateway.ts';

describe.each([
  ['embedded', () => ({})],
  ['redis', () => ({ redis: inject('redisUrl') })],
])('signing in, on the %s store', (_name, store) => {
  let gateway: Gateway;
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));

  beforeAll(async () => {
    gateway = await startGateway({ folder, ...store() });
    await gateway.addUser('alice', { name: 'Alice Student', groups: 'students' });
  });

  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.log(gateway.logs.filter(({ level }) => level !== 'info'));
  });
  afterAll(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true });
  });

  it('asks for a password, enrols, remembers the device, and asks again where policy says so', async () => {
    const alice = new PersonAtBrowser(gateway);

    const library = await alice.password(await alice.begin('library'), 'alice');
    expect(library.url.href).toContain('/library');
    expect(await alice.claims('library')).toMatchObject({ claims: { acr: 'https://refeds.org/profile/sfa' } });

    // A first enrolment wants the password in this very sign-in, session or not.
    const again = await alice.begin('courses');
    const enrolment = await alice.answer(again, { password: PASSWORD });
    const question = await alice.enrol(enrolment);
    expect(question.text).toContain('Is this your device?');
    const courses = await alice.remember(question, 'yes');
    expect(courses.url.href).toContain(`${gateway.relyingParty}/courses`);
    expect(await alice.claims('courses')).toMatchObject({
      claims: { acr: 'https://refeds.org/profile/mfa', amr: ['mfa', 'otp', 'pwd'] },
    });

    const payroll = await alice.begin('payroll');
    expect(payroll.url.pathname).toMatch(/^\/sign-in\//);
    gateway.advance(30_000);
    expect((await alice.code(payroll)).url.href).toContain(`${gateway.relyingParty}/payroll`);
  });
});
