import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';
import { startSlapd } from '../support/slapd.ts';
import { addMany } from '../support/slapd-many.ts';

const PEOPLE = 50_000;
const MINUTE = 60_000;
const MEGABYTE = 1024 * 1024;
/** What looking at all of them may add to the heap: their keys, and a page. */
const MOST = 100 * MEGABYTE;

it('looks at 50,000 people in bounded memory, and ends nobody where the server dies in the middle', {
  timeout: 300_000,
}, async () => {
  const slapd = await startSlapd();
  onTestFinished(() => slapd.stop());
  await addMany(slapd, PEOPLE);

  const folder = temporaryFolder();
  const campus = slapd.settings({ watch: { every: '1h' }, connectWithin: '30s', answerWithin: '60s' });
  const at = await startGateway({ folder, config: { directories: { campus } } });
  onTestFinished(() => at.close());
  const { directories } = at.app.building;
  const db = new DatabaseSync(join(folder, 'data', 'sallyport.db'));
  onTestFinished(() => db.close());
  const insert = db.prepare(
    `INSERT INTO accounts (id, directory, directory_key, username, name, groups, created_at, revoked_before, version)
     VALUES (?, 'campus', ?, ?, ?, '[]', 0, 0, 1)`,
  );
  db.exec('BEGIN');
  for await (const page of directories.get('campus')?.changes?.everybody() ?? []) {
    for (const { key } of page) insert.run(key, key, key, key);
  }
  db.exec('COMMIT');
  const ended = () => Number(db.prepare('SELECT count(*) AS n FROM accounts WHERE generation > 0').get()?.n);

  const before = process.memoryUsage().heapUsed;
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().heapUsed - before);
  }, 20);
  onTestFinished(() => clearInterval(timer));
  const { watch } = at.app.building;
  expect(await watch.look('campus')).toBe(true);
  const [first] = await watch.states();
  expect(first?.state).toMatchObject({ seen: PEOPLE, known: PEOPLE, suspects: {} });
  expect(most).toBeLessThan(MOST);

  // Killed while the pages come.
  at.advance(16 * MINUTE);
  const look = watch.look('campus');
  const failed = expect(look).rejects.toMatchObject({ code: 'ERR_DIRECTORY_UNAVAILABLE' });
  while ((await watch.states())[0]?.state.holder === undefined) await pause(1);
  await slapd.kill();
  await failed;
  await slapd.restart();
  for (let looks = 0; looks < 3; looks += 1) {
    at.advance(16 * MINUTE);
    await watch.look('campus');
  }
  expect(ended()).toBe(0);
  expect(at.logs.filter(({ message }) => message.includes('can’t be watched'))).toHaveLength(1);
});
