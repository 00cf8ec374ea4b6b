import { expect, it, vi } from 'vitest';
import type { AuditEntry } from '../../../src/core/store.ts';
import { ada, type DurableSubject, TIME, together } from './subject.ts';

function entry(sequence: number, more: Partial<AuditEntry> = {}): AuditEntry {
  const base = { id: `n1-${sequence}`, node: 'n1', sequence, at: TIME + sequence, event: 'sign-in', hash: 'ab' };
  return { ...base, detail: { reason: '原因', nested: { n: sequence } }, ...more };
}

export function consentSuite({ open }: DurableSubject): void {
  it('keeps one consent for an account and application', async () => {
    const { accounts, consents } = await open();
    await accounts.link(ada);
    const consent = {
      account: ada.id,
      application: 'library',
      scopes: ['openid', 'profile'],
      claims: [],
      resources: { 'https://api.example.edu/': ['read'] },
      at: TIME,
    };
    await consents.put({ ...consent, scopes: [] });
    await consents.put(consent);
    await consents.put({ ...consent, application: 'courses' });
    expect(await consents.get(ada.id, 'library')).toEqual(consent);
    expect((await consents.ofAccount(ada.id)).map(({ application }) => application)).toEqual(['courses', 'library']);
    await consents.remove(ada.id, 'library');
    expect(await consents.get(ada.id, 'library')).toBeUndefined();
    expect(await consents.ofAccount('other')).toEqual([]);
  });
}

export function clockSuite({ open }: DurableSubject): void {
  it('has a clock, in milliseconds, that goes on', async () => {
    const store = await open();
    const [before, first] = [Date.now(), await store.now()];
    expect(Number.isInteger(first)).toBe(true);
    // The server of these tests is on this machine.
    expect(Math.abs(first - before)).toBeLessThan(10_000);
    await vi.waitFor(async () => expect(await store.now()).toBeGreaterThan(first));
  });
}

export function auditSuite({ open }: DurableSubject): void {
  it('appends to each chain and reads it forwards, an account backwards', async () => {
    const { audit } = await open();
    expect(await audit.head('n1')).toBeUndefined();
    await audit.append([]);
    await audit.append(
      [1, 2, 3].map((sequence) => entry(sequence, { account: ada.id, application: 'library', event: `e${sequence}` })),
    );
    await audit.append([entry(4), entry(1, { id: 'n2-1', node: 'n2' })]);
    expect(await audit.head('n1')).toEqual(entry(4));
    const sequences = (entries: AuditEntry[]) => entries.map(({ sequence }) => sequence);
    expect(sequences(await audit.ofNode('n1', { limit: 3 }))).toEqual([1, 2, 3]);
    expect(sequences(await audit.ofNode('n1', { after: 3, limit: 3 }))).toEqual([4]);
    expect(sequences(await audit.ofAccount(ada.id, { limit: 2 }))).toEqual([3, 2]);
    expect(sequences(await audit.ofAccount(ada.id, { limit: 9, events: ['e1', 'e3'] }))).toEqual([3, 1]);
    expect(await audit.ofAccount(ada.id, { limit: 9, events: [] })).toEqual([]);
  });

  it('knows whose chains there are', async () => {
    const { audit } = await open();
    expect(await audit.nodes()).toEqual([]);
    const of = (node: string) => entry(1, { id: `${node}-1`, node });
    await audit.append([entry(1), entry(2), of('n2'), of('n1.cli'), of('a')]);
    expect(await audit.nodes()).toEqual(['a', 'n1', 'n1.cli', 'n2']);
  });

  it('reads one kind of event backwards in pages, within a period', async () => {
    const { audit } = await open();
    const at = [10, 20, 20, 20, 30, 40];
    await audit.append(at.map((time, index) => entry(index + 1, { at: time, event: 'asked', id: `e${index}` })));
    await audit.append([entry(7, { at: 20, event: 'other', id: 'x' })]);
    const read: string[] = [];
    for (let after: AuditEntry | undefined; ; ) {
      const page = await audit.ofEvent('asked', { from: 20, until: 40, limit: 2, ...(after ? { after } : {}) });
      read.push(...page.map(({ id }) => id));
      after = page.at(-1);
      if (page.length < 2) break;
    }
    expect(read).toEqual(['e4', 'e3', 'e2', 'e1']);
  });

  it('takes thousands of entries at once', async () => {
    const { audit } = await open();
    await audit.append(Array.from({ length: 5_000 }, (_, index) => entry(index + 1)));
    expect((await audit.head('n1'))?.sequence).toBe(5_000);
  });

  it('refuses a second writer of a chain, and writes nothing of what it brought', async () => {
    const { audit } = await open();
    await audit.append([entry(1), entry(2)]);
    const forked = [entry(3), entry(2, { id: 'another' })];
    await expect(audit.append(forked)).rejects.toMatchObject({ code: 'ERR_VERSION_CONFLICT' });
    expect((await audit.head('n1'))?.sequence).toBe(2);
  });
}

export function keySuite({ open }: DurableSubject): void {
  it('keeps keys by purpose, oldest first, and refuses an id that is taken', async () => {
    const { keys } = await open();
    const key = { id: 'k1', purpose: 'oidc', algorithm: 'RS256', sealed: '1.a.b', createdAt: TIME, activeFrom: TIME };
    const won = await together((index) => keys.insert({ ...key, sealed: `sealed ${index}` }));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await keys.insert({ ...key, id: 'k0', createdAt: TIME + 1, retiredAt: TIME + 2 })).toBe(true);
    await keys.insert({ ...key, id: 'k2', purpose: 'saml' });
    await keys.retire('k1', TIME + 9);
    const listed = await keys.list('oidc');
    expect(listed.map(({ id, retiredAt }) => ({ id, retiredAt }))).toEqual([
      { id: 'k1', retiredAt: TIME + 9 },
      { id: 'k0', retiredAt: TIME + 2 },
    ]);
    expect(listed[0]?.sealed).toBe(`sealed ${won.indexOf(true)}`);
    expect((await keys.list('saml'))[0]).toEqual({ ...key, id: 'k2', purpose: 'saml' });
  });

  it('lets a key sign sooner, never later, and never a retired one', async () => {
    const { keys } = await open();
    const key = { purpose: 'oidc', algorithm: 'RS256', sealed: '1.a.b', createdAt: TIME, activeFrom: TIME + 9 };
    await keys.insert({ ...key, id: 'next' });
    await keys.insert({ ...key, id: 'retired', retiredAt: TIME });
    expect((await together(() => keys.activate('next', TIME + 5))).filter(Boolean)).toHaveLength(1);
    expect(await keys.activate('next', TIME + 7)).toBe(false);
    expect(await keys.activate('retired', TIME + 5)).toBe(false);
    expect(await keys.activate('unknown', TIME + 5)).toBe(false);
    const listed = await keys.list('oidc');
    expect(listed.map(({ id, activeFrom }) => [id, activeFrom])).toEqual([
      ['next', TIME + 5],
      ['retired', TIME + 9],
    ]);
  });
}

export function stateSuite({ open }: DurableSubject): void {
  it('creates at version 0, replaces by version, and keeps namespaces apart', async () => {
    const store = await open();
    const state = store.state('one');
    expect(await state.get('step')).toBeUndefined();
    expect(await state.set('step', 'early', 1)).toBe(false);
    const created = await together((index) => state.set('step', String(index), 0));
    expect(created.filter(Boolean)).toHaveLength(1);
    expect(await state.get('step')).toEqual({ value: String(created.indexOf(true)), version: 1 });
    const moved = await together((index) => state.set('step', `next ${index}`, 1));
    expect(moved.filter(Boolean)).toHaveLength(1);
    expect(await state.get('step')).toEqual({ value: `next ${moved.indexOf(true)}`, version: 2 });
    expect(await store.state('two').get('step')).toBeUndefined();
  });
}
