import { expect, it } from 'vitest';
import { stage } from '../support/scene.ts';

const LINES = 50_000;
const PEOPLE = 500;
const MEGABYTE = 1024 * 1024;
/** What may be held besides the file itself. */
const MOST = 80 * MEGABYTE;

const scene = stage(() => ({ config: {} }));

/** The highest that the heap was while something ran, after what was there before is collected. */
async function peakOf(work: () => Promise<unknown>): Promise<number> {
  let peak = 0;
  const look = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().heapUsed);
  }, 20);
  try {
    await work();
  } finally {
    clearInterval(look);
  }
  return peak;
}

it('reads 50,000 lines without holding them', { timeout: 600_000 }, async () => {
  for (let nth = 0; nth < PEOPLE; nth += 1) await scene.newcomer();
  const lines = Array.from({ length: LINES }, (_, nth) => {
    const known = nth % (LINES / PEOPLE) === 0;
    const name = known ? `person${nth / (LINES / PEOPLE) + 1}` : `stranger${nth}`;
    return `${name},Person ${nth},,p${nth}@example.edu,active,+8529123${String(nth).padStart(4, '0').slice(-4)},iphone,Staff`;
  });
  const file = `username,realname,alias1,email,status,phone1,platform1,group1\n${lines.join('\n')}\n`;
  lines.length = 0;
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  let told = '';
  const peak = await peakOf(async () => {
    const done = scene.gateway.command('migrate duo', [], { dryRun: true }, file);
    told = await done.then(String, (error: Error) => error.message);
  });
  expect(told).toContain(`keys of Duo Mobile\t0\t0\t${LINES}`);
  expect(told).toContain(`phones\t0\t0\t${PEOPLE}\t${PEOPLE} nothing that is enabled here takes it`);
  expect(told).toContain(`people\t0\t0\t${LINES - PEOPLE}`);
  expect(peak - before).toBeLessThan(MOST);
});
