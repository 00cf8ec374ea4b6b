import { expect, it } from 'vitest';
import { recordingAudit } from '../../test/support/recording.ts';
import type { AuditEvent } from '../core/door.ts';
import { type AuditListener, listened } from './listened.ts';

const EVENT: AuditEvent = { event: 'credential.added', account: 'alice' };

/** A listened audit, and what was done in its order. */
function fixture() {
  const { audit: inner, events } = recordingAudit();
  const order: string[] = [];
  const heard =
    (name: string): AuditListener =>
    async ({ event }, how) => {
      await Promise.resolve();
      order.push(`${name} ${how} ${event} ${events.length}`);
    };
  return { inner, audit: listened(inner), order, heard };
}

it('is heard in order once the audit has what was committed, before the caller goes on', async () => {
  const { audit, order, heard } = fixture();
  audit.listen(heard('first'));
  audit.listen(heard('second'));
  await audit.commit(EVENT);
  expect(order).toEqual(['first committed credential.added 1', 'second committed credential.added 1']);
});

it('is heard of what was noted, and nobody waits', async () => {
  const { audit, order, heard } = fixture();
  audit.listen(heard('first'));
  audit.note(EVENT);
  expect(order).toEqual([]);
  await Promise.resolve();
  await Promise.resolve();
  expect(order).toEqual(['first noted credential.added 1']);
});

it('is not heard of what the audit does not take', async () => {
  const { inner, order, heard } = fixture();
  const audit = listened({ ...inner, commit: () => Promise.reject(new Error('away')) });
  audit.listen(heard('first'));
  await expect(audit.commit(EVENT)).rejects.toThrow('away');
  expect(order).toEqual([]);
});
