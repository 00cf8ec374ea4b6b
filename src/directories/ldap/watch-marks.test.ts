import type { Entry } from 'ldapts';
import { describe, expect, it } from 'vitest';
import type { Connection } from './connection.ts';
import { presetOf } from './presets.ts';
import { createMarks } from './watch-marks.ts';

const NOW = Date.UTC(2026, 10, 29, 12);
const SETTINGS = 'CN=NTDS Settings,CN=DC1,CN=Servers,CN=Configuration,DC=university,DC=example';

/** A server that answers reads of single entries, as Active Directory does. */
function server(entries: Record<string, Record<string, string | string[] | Buffer>>): Connection {
  const search = async (dn: string) => ({ searchEntries: entries[dn] ? [{ dn, ...entries[dn] } as Entry] : [] });
  return { client: { search } } as unknown as Connection; // Only reads are asked for.
}

const controller = (usn: string, invocation = 1) =>
  server({
    '': { highestCommittedUSN: usn, dsServiceName: SETTINGS, namingContexts: ['DC=university,DC=example'] },
    [SETTINGS]: { invocationId: Buffer.alloc(16, invocation) },
  });

describe('changes of Active Directory', () => {
  const marks = createMarks(presetOf('active-directory'), () => NOW);

  it('go on after the number that was read before they were searched', async () => {
    const cursor = await marks.here(controller('9007199254740993'));
    const from = await marks.from(controller('9007199254740999'), cursor);
    // No number of JavaScript's: that one ends before.
    expect(from?.mark).toEqual({ attribute: 'uSNChanged', value: '9007199254740994' });
    const again = await marks.from(controller('9007199254740999'), from?.next() ?? '');
    expect(again?.mark.value).toBe('9007199254741000');
  });

  it('can’t go on at another domain controller, at one that was restored, nor from words of another kind', async () => {
    const cursor = await marks.here(controller('500'));
    expect(await marks.from(controller('900', 2), cursor)).toBeUndefined();
    expect(await marks.from(controller('499'), cursor)).toBeUndefined();
    expect(await marks.from(controller('900'), String(NOW))).toBeUndefined();
    expect(await marks.from(controller('900'), '')).toBeUndefined();
  });

  it('aren’t made up where the server doesn’t say where it is', async () => {
    await expect(marks.here(server({ '': { dsServiceName: SETTINGS } }))).rejects.toThrow('highestCommittedUSN');
    await expect(marks.here(server({ '': { highestCommittedUSN: '5' } }))).rejects.toThrow('invocationId');
  });
});

describe('changes of other servers', () => {
  const marks = createMarks(presetOf('openldap'), () => NOW);
  const any = server({ '': { namingContexts: ['dc=example', 'dc=university,dc=example', 'ersity,dc=example'] } });

  it('are asked for by time, a minute twice, and never from far behind', async () => {
    const from = await marks.from(any, String(NOW - 3_600_000));
    expect(from?.mark).toEqual({ attribute: 'modifyTimestamp', value: '20261129105900Z' });
    expect(from?.next()).toBe(String(NOW - 600_000));
    from?.saw({ dn: '', modifyTimestamp: '20261129115500Z' });
    from?.saw({ dn: '', modifyTimestamp: '20261129115000Z' });
    expect(from?.next()).toBe(String(Date.UTC(2026, 10, 29, 11, 55)));
    expect(await marks.from(any, 'c2d4 500')).toBeUndefined();
  });

  it('are those of the naming context that the base is in', async () => {
    expect(await marks.rootOf(any, 'ou=People,DC=University,dc=example')).toBe('dc=university,dc=example');
    expect(await marks.rootOf(any, 'ou=people,o=elsewhere')).toBe('ou=people,o=elsewhere');
  });
});
