import { describe, expect, it } from 'vitest';
import { PASSWORD } from '../support/gateway.ts';
import { STORES, stage } from '../support/scene.ts';

describe.each(STORES)('signing in, on the %s store', (_name, options) => {
  const scene = stage(options);

  it('asks for a password, enrols, remembers the device, and asks again where policy says so', async () => {
    const { gateway } = scene;
    const alice = await scene.newcomer({ username: 'alice' });

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
    const code = scene.nextCode(alice);
    expect((await alice.code(payroll, code)).url.href).toContain(`${gateway.relyingParty}/payroll`);
  });
});
