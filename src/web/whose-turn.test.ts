import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pageOfForm, REFUSALS, type RefusalKey, turnOf } from './whose-turn.ts';

describe('a page of errors', () => {
  it('leads to a page of ours, whatever went wrong and whoever sent it', () => {
    const keys = Object.keys(REFUSALS) as RefusalKey[];
    const anywhere = fc.oneof(fc.constant(undefined), fc.constant('/sign-in/abc?x=1'));
    fc.assert(
      fc.property(fc.constantFrom(...keys), anywhere, (key, again) => {
        const { button } = turnOf(key, again, 'https://login.example.edu');
        expect(new URL(button.href, 'https://login.example.edu').origin).toBe('https://login.example.edu');
      }),
    );
  });

  it.each([
    ['/sign-in/abc', '/sign-in/abc'],
    ['/sign-in/abc/method', '/sign-in/abc'],
    ['/account/methods/1/remove', '/account'],
    ['/helpdesk/people/1/unlock', '/helpdesk'],
    ['/door/logout/next', '/door/logout'],
    ['/authorize', undefined],
    ['/door/sso', undefined],
    ['//evil.example/account', undefined],
  ])('finds where a form posted to %s stands', (path, page) => {
    expect(pageOfForm(path)).toBe(page);
  });
});
