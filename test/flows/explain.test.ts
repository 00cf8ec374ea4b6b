import { describe, expect, it } from 'vitest';
import { stage } from '../support/scene.ts';

describe('policy explain', () => {
  const scene = stage();
  const explain = async (options: Record<string, string>) =>
    (await scene.gateway.command('policy explain', [], options)).join('\n');

  it('says what would be asked, with a remembered device and without, and which rule asks it', async () => {
    const someone = await scene.member({ groups: 'students' });
    const account = someone.username;
    const courses = await explain({ account, application: 'courses', device: 'trusted' });
    expect(courses).toMatch(/^account +person1, Person 1$/m);
    expect(courses).toMatch(/^groups +students$/m);
    expect(courses).toMatch(/^enrolled +yes$/m);
    expect(courses).toMatch(/^level +mfa$/m);
    expect(courses).toMatch(/^remember +30d$/m);
    expect(courses).toMatch(/^after the first factor +signed in, the device stands for the second factor$/m);
    expect(courses).toMatch(/^courses +applied +level: mfa, remember: 30d/m);
    expect(await explain({ account, application: 'courses' })).toMatch(
      /after the first factor +a second factor is asked/,
    );
    const payroll = await explain({ account, application: 'payroll', device: 'trusted' });
    expect(payroll).toMatch(/after the first factor +a second factor is asked for/);
    expect(payroll).toMatch(/remember +never: a second factor in each request/);
    expect(await explain({ account, application: 'library' })).toMatch(/after the first factor +signed in$/m);
  });

  it('agrees with what the sign-in then asks', async () => {
    const newcomer = await scene.newcomer();
    const text = await explain({ account: newcomer.username, application: 'courses' });
    expect(text).toMatch(/^enrolled +no$/m);
    expect(text).toMatch(/^first enrolment +allowed$/m);
    expect((await newcomer.enter('courses')).body).toContain('otpauth:');
  });

  it('names what it doesn’t know, and fails', async () => {
    await expect(explain({ account: 'nobody', application: 'courses' })).rejects.toThrow(
      'There is no account "nobody".',
    );
    const { username } = await scene.newcomer();
    await expect(explain({ account: username, application: 'nowhere' })).rejects.toThrow('no application "nowhere"');
  });
});
