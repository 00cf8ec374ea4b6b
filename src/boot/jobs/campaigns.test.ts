import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { openDurable } from '../../../test/support/durable.ts';
import { recordingAudit, recordingLog } from '../../../test/support/recording.ts';
import type { AuditEvent } from '../../core/door.ts';
import { createLetters } from '../../notices/letters.ts';
import { campaignMails } from './campaigns.ts';

const DAY = 86_400_000;
const START = Date.UTC(2027, 5, 1);
const CAMPAIGN = {
  ...{ name: 'leave', groups: ['staff'], leaves: ['old'], to: ['new'], from: START, end: START + 60 * DAY },
  ...{ reminders: [30 * DAY, 7 * DAY, 90 * DAY], snooze: DAY },
};

/** One person of a campaign, and nodes that all do what is due, on one store; each letter that was sent. */
async function institution({ campaign = CAMPAIGN } = {}) {
  const { durable } = await openDurable();
  const rest = { directory: 'local', directoryKey: 'k', username: 'ada', name: 'Ada', groups: ['staff'] };
  await durable.accounts.link({ id: 'ada', ...rest, email: 'ada@university.example', createdAt: START });
  const account = await durable.accounts.byId('ada');
  const clock = { now: START };
  const sent: string[] = [];
  const now = () => clock.now;
  const state = { through: false, usable: true, campaign };
  const people = async function* () {
    yield { account, methods: [], campaign: state.campaign, through: state.through };
  };

  function node({ dies = false } = {}) {
    const ephemeral = { attempt: async () => ({ allowed: true, count: 1, retryAfter: 0 }), add: async () => true };
    const mail = {
      write: (notice: { kind: string }) => ({ subject: notice.kind, text: '' }),
      send: async ({ subject }: { subject: string }) => {
        sent.push(subject);
        return { ok: true } as const;
      },
    };
    const ports = {
      durable,
      ephemeral,
      log: recordingLog().log,
      audit: recordingAudit().audit,
      now,
      random: randomBytes,
    };
    const letters = createLetters({ ...ports, mail: mail as never });
    const audit = {
      async commit(event: AuditEvent) {
        await letters.hear(event, 'committed');
        if (dies) throw new Error('killed');
      },
    };
    const statistics = { campaigns: { people } } as never;
    const job = campaignMails({ now, durable, audit, statistics, usable: async () => state.usable });
    return { run: () => job.run(clock.now, async () => true), letters };
  }

  /** On a day, by several nodes in the same moment; what was sent then. */
  async function onDay(day: number, ...nodes: ReturnType<typeof node>[]) {
    clock.now = START + day * DAY;
    const before = sent.length;
    await Promise.allSettled(nodes.map(({ run }) => run()));
    for (const { letters } of nodes) await letters.deliver();
    return sent.slice(before);
  }
  return { node, onDay, state };
}

it('writes as a campaign begins and at each reminder, once, by any number of nodes at once', async () => {
  const { node, onDay } = await institution();
  const nodes = [node(), node(), node()];
  expect(await onDay(-1, ...nodes)).toEqual([]);
  expect(await onDay(0, ...nodes)).toEqual(['move-begun']);
  expect(await onDay(1, ...nodes)).toEqual([]);
  expect(await onDay(30, ...nodes)).toEqual(['move-ending']);
  expect(await onDay(31, ...nodes)).toEqual([]);
  expect(await onDay(53, ...nodes)).toEqual(['move-ending']);
  expect(await onDay(59, ...nodes)).toEqual([]);
  expect(await onDay(60, ...nodes)).toEqual([]);
});

it('writes once where a node dies between the letter and the note that it was written', async () => {
  const { node, onDay } = await institution();
  expect(await onDay(0, node({ dies: true }))).toEqual(['move-begun']);
  expect(await onDay(0, node())).toEqual([]);
  expect(await onDay(0.5, node())).toEqual([]);
  expect(await onDay(30, node())).toEqual(['move-ending']);
});

it('writes of the latest alone to whoever comes to a group late, to nobody who is through or out, and anew of another end', async () => {
  const { node, onDay, state } = await institution();
  state.through = true;
  expect(await onDay(1, node())).toEqual([]);
  Object.assign(state, { through: false, usable: false });
  expect(await onDay(2, node())).toEqual([]);
  state.usable = true;
  expect(await onDay(54, node())).toEqual(['move-ending']);
  state.campaign = { ...CAMPAIGN, end: START + 120 * DAY };
  expect(await onDay(59, node())).toEqual(['move-ending']);
  expect(await onDay(60, node())).toEqual([]);
});
