import { percentile } from '../soak/figures.ts';
import type { Flow } from './flows.ts';
import { load, type Row, rounded } from './measure.ts';
import type { Server } from './servers.ts';

/** Sign-ins at once in a storm. */
export const CROWD_AT_ONCE = 32;
/** Milliseconds. */
const STORM = Number(process.env.BENCH_STORM ?? 10_000);

/** The visit, and what the crowd does. */
export function stormFlows(flows: Record<string, Flow>): [Flow, Flow] {
  const [visit, signIn] = [flows['SSO return visit'], flows['full sign-in, password']];
  if (!visit || !signIn) throw new Error('no flows for a storm');
  return [visit, signIn];
}

/** What a crowd that signs in does to those who have: one visit after the other, alone and beside it. */
export async function storm(server: Server, flows: Record<string, Flow>): Promise<Row> {
  const [visit, signIn] = stormFlows(flows);
  const alone = await load(visit, STORM, 1);
  let [over, done] = [false, 0];
  const refused = new Map<string, number>();
  const crowd = Array.from({ length: CROWD_AT_ONCE }, async () => {
    while (!over) {
      try {
        await signIn();
        done += 1;
      } catch (error) {
        refused.set(String(error), (refused.get(String(error)) ?? 0) + 1);
      }
    }
  });
  const beside = await load(visit, STORM, 1);
  over = true;
  await Promise.all(crowd);
  for (const [error, count] of refused) process.stderr.write(`${server.name}, storm: ${count} × ${error}\n`);
  const of = (times: number[], share: number) => rounded(percentile(times, share), 1);
  return {
    at: server.name,
    'p50 alone': of(alone, 0.5),
    'p50 beside': of(beside, 0.5),
    'p99 alone': of(alone, 0.99),
    'p99 beside': of(beside, 0.99),
    'sign-ins': done,
  };
}
