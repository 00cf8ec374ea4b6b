import { describe, expect, it } from 'vitest';
import type { Application } from '../core/application.ts';
import { createRegistry } from './registry.ts';

function application(id: string, more: Partial<Application> = {}): Application {
  return { id, name: id, door: 'front', consent: 'institution', internal: false, settings: {}, ...more };
}

/** A registry with one configured application and a federation whose members are whatever is asked for. */
function registry() {
  const applications = new Map(['one', 'two'].map((id) => [id, application(id)]));
  const made = createRegistry({ applications, issuer: 'https://idp.example.org' });
  const asked: string[] = [];
  let members: (id: string) => Application | undefined = (id) =>
    id.startsWith('two:') ? application(id, { name: `Member ${id}` }) : undefined;
  made.addSource('front', async (id) => {
    asked.push(id);
    return members(id);
  });
  return {
    made,
    asked,
    become(next: typeof members) {
      members = next;
    },
  };
}

describe('the registry', () => {
  it('has what is configured, and the gateway’s own pages', async () => {
    const { made } = registry();
    expect([...made.keys()]).toEqual([
      'one',
      'two',
      'sallyport-account',
      'sallyport-security',
      'sallyport-helpdesk',
      'sallyport-enrol',
    ]);
    expect(made.get('sallyport-account')).toMatchObject({
      internal: true,
      consent: 'institution',
      settings: { redirectUris: ['https://idp.example.org/account/signed-in'] },
    });
    expect(await made.find('sallyport-account')).toBe(made.get('sallyport-account'));
  });

  it('asks a door what it knows more of one that is configured', async () => {
    const { made, become } = registry();
    expect(await made.find('one')).toEqual(application('one'));
    become((id) => application(id, { released: ['mail'] }));
    expect(await made.find('one')).toMatchObject({ released: ['mail'] });
    // Never in the place of what is configured, for whoever only looks.
    expect(made.get('one')?.released).toBeUndefined();
  });

  it('finds members by asking, and has them afterwards', async () => {
    const { made } = registry();
    const before = made.size;
    expect(made.get('two:a')).toBeUndefined();
    expect(await made.find('two:a')).toMatchObject({ name: 'Member two:a' });
    expect(made.get('two:a')).toMatchObject({ name: 'Member two:a' });
    // They aren't listed: a federation has thousands.
    expect([...made.keys()]).not.toContain('two:a');
    expect(made.size).toBe(before);
  });

  it('asks every time, and forgets one that has gone', async () => {
    const { made, asked, become } = registry();
    await made.find('two:a');
    await made.find('two:a');
    expect(asked).toEqual(['two:a', 'two:a']);
    become(() => undefined);
    expect(await made.find('two:a')).toBeUndefined();
    expect(made.get('two:a')).toBeUndefined();
  });

  it('goes through the doors until one knows it', async () => {
    const { made } = registry();
    made.addSource('back', async (id) => (id === 'back:a' ? application(id, { door: 'back' }) : undefined));
    expect(await made.find('back:a')).toMatchObject({ door: 'back' });
    expect(await made.find('nobody')).toBeUndefined();
    expect(await made.find('__proto__')).toBeUndefined();
  });

  it('tells whoever asks that a door failed, and keeps what it had', async () => {
    const { made, become } = registry();
    await made.find('two:a');
    become(() => {
      throw new Error('away');
    });
    await expect(made.find('two:a')).rejects.toThrow('away');
    expect(made.get('two:a')).toBeDefined();
  });

  it('has the last thousand members, by use', async () => {
    const { made } = registry();
    for (let n = 0; n < 1000; n += 1) await made.find(`two:${n}`);
    await made.find('two:0');
    await made.find('two:1000');
    expect(made.get('two:0')).toBeDefined();
    expect(made.get('two:1')).toBeUndefined();
    expect(made.get('two:2')).toBeDefined();
    expect(made.get('two:1000')).toBeDefined();
    expect(made.get('one')).toBeDefined();
  });
});
