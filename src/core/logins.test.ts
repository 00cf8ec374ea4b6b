import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldName, loginsOf, readLogin, type SignInWith } from './logins.ts';

const BOTH: SignInWith = { names: ['username', 'email'], domains: ['UNI'], realms: ['uni.example'] };
const ADA = { name: 'ada', usernames: ['ada', 'ada@uni.example'] };
const PLAIN: SignInWith = { names: ['username'], domains: [], realms: [] };

describe('a name as it is typed', () => {
  it.each<[string, SignInWith, object]>([
    ['Ada', PLAIN, { name: 'ada', usernames: ['ada'] }],
    ['ada@uni.example', PLAIN, { name: 'ada@uni.example', usernames: ['ada@uni.example'] }],
    ['UNI\\ada', PLAIN, { name: 'uni\\ada', usernames: ['uni\\ada'] }],
    ['Ada', BOTH, ADA],
    ['uni\\ADA', BOTH, { name: 'ada', usernames: ['ada'], domain: 'uni' }],
    ['other\\ada', BOTH, { name: 'other\\ada', usernames: ['other\\ada', 'other\\ada@uni.example'] }],
    ['ada＠UNI.example', BOTH, { ...ADA, email: 'ada@uni.example', realm: 'uni.example' }],
    ['ada@x.org', BOTH, { name: 'ada@x.org', usernames: ['ada@x.org'], email: 'ada@x.org' }],
    ['ada@x.org', { ...BOTH, names: ['email'] }, { name: 'ada@x.org', usernames: [], email: 'ada@x.org' }],
  ])('%s is read as configured', (typed, settings, login) => {
    expect(readLogin(typed, settings)).toEqual(login);
  });

  it.each(['', ' ', 'x'.repeat(257)])('is nobody’s where it says nothing: %j', (typed) => {
    expect(readLogin(typed, BOTH)).toBeUndefined();
  });

  it('counts under one name whatever stands around it', () => {
    const part = fc.stringMatching(/^[a-z0-9.-]{1,20}$/).filter((text) => foldName(text) === text);
    fc.assert(
      fc.property(part, (name) => {
        const typed = [name, name.toUpperCase(), ` ${name} `, `UNI\\${name}`, `uni\\${name}`, `${name}@Uni.Example`];
        expect(new Set(typed.map((one) => readLogin(one, BOTH)?.name))).toEqual(new Set([name]));
      }),
    );
  });

  it('finds whoever is called so by each of their names', () => {
    const ada = { username: 'Ada', email: 'a.lovelace@x.org' };
    expect(loginsOf(ada, BOTH)).toEqual(['Ada', 'Ada@uni.example', 'a.lovelace@x.org']);
    expect(loginsOf(ada, PLAIN)).toEqual(['Ada']);
    for (const login of loginsOf({ username: 'ada@uni.example' }, BOTH)) {
      expect(readLogin(login, BOTH)?.usernames).toContain('ada@uni.example');
    }
  });
});
