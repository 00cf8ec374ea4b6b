import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { counted } from '../support/counted.ts';
import { agentAt, DESK_CONFIG } from '../support/desk.ts';
import { stage } from '../support/scene.ts';

const PEOPLE = 100_000;
const EVENTS = 50_000;
const MEGABYTE = 1024 * 1024;
/** What a file of some 15 MB may add to the heap, with a test beside it. */
const MOST = 150 * MEGABYTE;

const scene = stage(() => ({ config: DESK_CONFIG }));

/** As years of sign-ins would have left them. */
function fill(): void {
  const db = new DatabaseSync(join(scene.data, 'sallyport.db'));
  const now = scene.gateway.now();
  const account = db.prepare(
    `INSERT INTO accounts (id, directory, directory_key, username, name, groups, created_at, revoked_before, version)
     VALUES (?, 'local', ?, ?, ?, ?, ?, 0, 1)`,
  );
  const credential = db.prepare(
    `INSERT INTO credentials (id, account, factor, name, sealed, created_at, last_used_at, version)
     VALUES (?, ?, 'totp', 'App', '', ?, ?, 1)`,
  );
  const entry = db.prepare(
    `INSERT INTO audit (id, node, sequence, at, event, account, application, detail, hash)
     VALUES (?, 'other', ?, ?, 'sign-in.refused', ?, 'courses', '{"reason":"wrong"}', '')`,
  );
  db.exec('BEGIN');
  for (let index = 0; index < PEOPLE; index += 1) {
    const id = `many${index}`;
    account.run(id, id, id, `Person ${index} of ${PEOPLE}`, '["students"]', now);
    if (index % 2 === 0) credential.run(id, id, now, index % 4 === 0 ? now - index : null);
  }
  for (let index = 0; index < EVENTS; index += 1) entry.run(`x${index}`, index, now - index, `many${index % 1000}`);
  db.exec('COMMIT');
  db.close();
}

it('are read of a hundred thousand people without holding them', { timeout: 300_000 }, async () => {
  const agent = await agentAt(scene);
  await agent.open('/helpdesk/reports/enrolment');
  fill();
  const before = process.memoryUsage().heapUsed;
  const { lines, heap } = await counted(agent, '/helpdesk/reports/enrolment/csv');
  expect(lines).toBe(1 + PEOPLE / 2);
  expect(heap - before).toBeLessThan(MOST);
  const page = await agent.open('/helpdesk/reports/enrolment');
  expect(page.text).toMatch(/students 100,0\d\d 50% 50,0\d\d/);
  expect((await agent.open('/helpdesk/reports/methods')).text).toContain('50,00');
  expect((await agent.open('/helpdesk/reports/failures')).text).toContain('50,000');
});

it('are made two at once, and whoever asks for more is told to wait', { timeout: 120_000 }, async () => {
  const agent = await agentAt(scene);
  await agent.open('/helpdesk/reports/enrolment');
  const replies = await Promise.all(
    Array.from({ length: 8 }, () =>
      agent.someone.client.get(`${scene.gateway.url}/helpdesk/reports/enrolment`).then(({ status }) => status),
    ),
  );
  expect(new Set(replies)).toEqual(new Set([200, 429]));
  expect((await agent.open('/helpdesk/reports/enrolment')).status).toBe(200);
});
