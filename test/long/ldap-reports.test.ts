import { afterAll, beforeAll, expect, it } from 'vitest';
import { counted } from '../support/counted.ts';
import { agentAt, DESK_CONFIG } from '../support/desk.ts';
import { stage } from '../support/scene.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { addMany } from '../support/slapd-many.ts';

const PEOPLE = 50_000;
const MEGABYTE = 1024 * 1024;
/** What a page of people, a file as it is sent and a test beside it may add to the heap. */
const MOST = 150 * MEGABYTE;

let slapd: Slapd;
beforeAll(async () => {
  slapd = await startSlapd();
  await addMany(slapd, PEOPLE, 'students');
}, 600_000);
afterAll(() => slapd.stop());

const scene = stage(() => {
  const campus = slapd.settings({ watch: { every: '1h' }, answerWithin: '60s' });
  return { config: { ...DESK_CONFIG, directories: { local: {}, campus } } };
});

it('name 50,000 people of a directory who never signed in, without holding them', { timeout: 600_000 }, async () => {
  const agent = await agentAt(scene);
  await agent.open('/helpdesk/reports/enrolment');
  const before = process.memoryUsage().heapUsed;
  const { lines, heap } = await counted(agent, '/helpdesk/reports/enrolment/csv');
  expect(lines).toBeGreaterThanOrEqual(1 + PEOPLE);
  expect(heap - before).toBeLessThan(MOST);
  // Of a server that dies in the middle nobody is told half of it as the whole.
  const report = agent.open('/helpdesk/reports/enrolment');
  await slapd.kill();
  expect((await report).text).not.toMatch(/students 50,0\d\d/);
});
