import { describe, expect, it } from 'vitest';
import { asksPassword, STORES, stage } from '../support/scene.ts';

describe.each(STORES)('switching and cancelling, on the %s store', (_name, options) => {
  const scene = stage(options);

  it('ends the first person’s session and tells their applications when somebody else signs in', async () => {
    const first = await scene.member();
    const second = await scene.member();
    await first.begin('library');
    expect(await first.subject('library')).toBeDefined();

    const page = await first.begin('payroll');
    const again = await first.client.follow(await first.client.submit(page, {}, { action: '/switch' }));
    expect(asksPassword(again)).toBe(true);
    expect(again.body).not.toContain(first.username);
    const code = await first.password(again, second.username);
    const guest = scene.elsewhere(second, first.client);
    const back = await guest.code(code, scene.nextCode(second));
    expect(back.url.pathname).toBe('/payroll');
    expect(await guest.subject('payroll')).toBe(await second.subject('courses'));
    expect(await guest.claims('library')).toBeUndefined();
    expect(await guest.claims('courses')).toBeUndefined();
    // The session is the second person's, with that one's own proofs and no others.
    await guest.begin('library');
    expect(await guest.subject('library')).toBe(await second.subject('courses'));
  });

  it('keeps the first person’s session while the second one hasn’t finished', async () => {
    const first = await scene.member();
    const subject = await first.subject('courses');
    const page = await first.begin('payroll');
    await first.client.follow(await first.client.submit(page, {}, { action: '/switch' }));
    expect((await first.begin('courses')).url.pathname).toBe('/courses');
    expect(await first.subject('courses')).toBe(subject);
  });

  it('answers access_denied to the application when the person cancels, at each step', async () => {
    const someone = await scene.newcomer();
    const first = await someone.begin('courses');
    const cancelled = await someone.client.follow(await someone.client.submit(first, {}, { action: '/cancel' }));
    expect(cancelled.url.searchParams.get('error')).toBe('access_denied');

    const setup = await someone.enter('courses');
    const again = await someone.client.follow(await someone.client.submit(setup, {}, { action: '/cancel' }));
    expect(again.url.searchParams.get('error')).toBe('access_denied');
    expect(await someone.claims('courses')).toBeUndefined();
    // Nothing of what was proven stays.
    expect(asksPassword(await someone.begin('library'))).toBe(true);
  });

  it('is over once finished: its address leads nowhere any more', async () => {
    const someone = await scene.newcomer();
    const page = await someone.begin('library');
    await someone.password(page, someone.username);
    const old = await someone.client.get(page.url);
    expect(old.status).toBe(400);
    expect(old.text).toContain('This sign-in has expired');
  });
});
