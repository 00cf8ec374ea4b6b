import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDurableStore } from '../src/durable/index.ts';
import sqlite from '../src/stores/sqlite/index.ts';
import { createGallery } from '../src/web/gallery/index.ts';
import { chartsOver, fillNights, fillYear } from '../test/support/year.ts';

const DAY = 86_400_000;
const NOW = 20_800 * DAY - 1;
// One hour of each day: of whole days a page reads the sums by the day, of which there are as many.
const SIZE = { days: 365, hours: 1, applications: 30, people: 100_000 };
const TIMES = 15;

/** Processor time of the page before all reports, all charts drawn and rendered, by how many days it is of. */
export async function reports(): Promise<Record<string, string | number>[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const durable = await createDurableStore(
    await sqlite.open(sqlite.settings.parse({ file: join(folder, 'durable.db') })),
  );
  try {
    const filled = await fillYear(durable, NOW + 1, SIZE);
    await fillNights(durable, NOW + 1, SIZE);
    const rows: Record<string, string | number>[] = [];
    for (const days of [7, 30, 90, 365]) rows.push({ days, ...(await pageOf(durable, days)), 'rows of days': filled });
    return rows;
  } finally {
    await durable.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function pageOf(durable: Parameters<typeof chartsOver>[0], days: number) {
  const { all, agent } = chartsOver(durable, NOW);
  const gallery = createGallery({ locales: ['en'], defaultLocale: 'en', name: 'University' });
  const filters = { query: {}, periods: [7, 30, 90, 365], usual: 30, groups: [], applications: [] };
  const spent: number[] = [];
  let size = 0;
  for (let time = 0; time < TIMES; time += 1) {
    const before = process.cpuUsage();
    const asked = { agent, from: NOW + 1 - days * DAY, until: NOW + 1 };
    const tables = await Promise.all(all.map((one) => one.draw(asked)));
    const glance = tables.flatMap((table) => (table ? [{ table, csv: '/file' }] : []));
    const model = { names: [], filters, glance, notes: [] };
    size = gallery.html({ name: 'reports', page: 'reports', model, signedIn: true }, 'en').length;
    const { user, system } = process.cpuUsage(before);
    spent.push((user + system) / 1_000);
  }
  const sorted = spent.slice(1).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return { 'CPU ms': Math.round(median), most: Math.round(sorted.at(-1) ?? 0), KiB: Math.round(size / 1024) };
}
