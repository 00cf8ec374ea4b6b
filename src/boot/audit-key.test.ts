import { randomBytes, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openDurable } from '../../test/support/durable.ts';
import { recordingLog } from '../../test/support/recording.ts';
import { createAudit } from '../audit/audit.ts';
import { createSealer } from '../core/seal.ts';
import { auditKey } from './audit-key.ts';
import { auditCommands } from './own-commands.ts';

const NOW = 1_800_000_000_000;
const now = () => NOW;

describe('the key that signs the audit', () => {
  it('is made once, and the same after a restart', async () => {
    const { durable } = await openDurable();
    const sealer = createSealer(randomBytes(32));
    const first = await auditKey(durable, sealer, now);
    const second = await auditKey(durable, sealer, now);
    expect(second.kid).toBe(first.kid);
    expect(await durable.keys.list('audit')).toMatchObject([{ algorithm: 'Ed25519', activeFrom: NOW }]);
    const key = second.verifyKey(first.kid);
    const signature = Buffer.from(first.sign('data'), 'base64url');
    expect(key && verify(null, Buffer.from('data'), key, signature)).toBe(true);
    expect(key && verify(null, Buffer.from('Data'), key, signature)).toBe(false);
    expect(first.verifyKey('another')).toBeUndefined();
  });

  it('opens with this installation’s sealing key alone', async () => {
    const { durable } = await openDurable();
    await auditKey(durable, createSealer(randomBytes(32)), now);
    await expect(auditKey(durable, createSealer(randomBytes(32)), now)).rejects.toMatchObject({ code: 'ERR_SEAL' });
  });

  it('verifies what a retired one signed', async () => {
    const { durable } = await openDurable();
    const sealer = createSealer(randomBytes(32));
    const old = await auditKey(durable, sealer, now);
    await durable.keys.retire(old.kid, NOW);
    const fresh = await auditKey(durable, sealer, now);
    expect(fresh.kid).not.toBe(old.kid);
    const key = fresh.verifyKey(old.kid);
    expect(key && verify(null, Buffer.from('x'), key, Buffer.from(old.sign('x'), 'base64url'))).toBe(true);
  });

  it('is agreed on by processes that start together', async () => {
    const { durable } = await openDurable();
    const sealer = createSealer(randomBytes(32));
    const keys = await Promise.all(Array.from({ length: 5 }, () => auditKey(durable, sealer, now)));
    const [a, b] = [await auditKey(durable, sealer, now), await auditKey(durable, sealer, now)];
    expect(a.kid).toBe(b.kid);
    for (const { kid } of keys) expect(a.verifyKey(kid)).toBeDefined();
  });
});

describe('audit verify', () => {
  const command = auditCommands.find(({ name }) => name === 'audit verify');
  async function fixture() {
    const { durable } = await openDurable();
    const key = await auditKey(durable, createSealer(randomBytes(32)), now);
    const target = { durable, node: 'main', publicKeyOf: key.verifyKey };
    const run = (node?: string) => command?.run(target, { args: [], options: { node } });
    return {
      durable,
      run,
      open: () => createAudit({ durable, node: 'main', now, log: recordingLog().log, sign: key }),
    };
  }

  it('tells what is whole and what is signed, of the node asked for', async () => {
    const { run, open, durable } = await fixture();
    expect(await run()).toEqual({ lines: ['main: no entries'], exitCode: 0 });
    const audit = await open();
    await audit.commit({ event: 'one' });
    const unsigned = await run();
    expect(unsigned?.lines).toContain('nothing is signed yet');
    await audit.close();
    const head = await durable.audit.head('main');
    expect(await run()).toEqual({
      lines: [
        'main: entries 1 to 2 are whole (2)',
        'signed up to entry 1',
        `last: 2 ${head?.hash} ${new Date(NOW).toISOString()}`,
      ],
      exitCode: 0,
    });
    expect(await run('other')).toEqual({ lines: ['other: no entries; there are chains of main'], exitCode: 1 });
  });

  it('fails where the chain is broken', async () => {
    const { run, durable } = await fixture();
    const entry = { id: 'x', node: 'main', sequence: 1, at: NOW, event: 'forged', detail: {}, hash: 'ff' };
    await durable.audit.append([entry]);
    expect(await run()).toEqual({ lines: ['BROKEN at entry 1: altered'], exitCode: 1 });
  });
});
