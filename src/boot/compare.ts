import { z } from 'zod';
import { INTERNAL_APPLICATIONS } from '../core/application.ts';
import type { CommandInput, CommandResult } from '../core/directory.ts';
import { SallyportError } from '../core/errors.ts';
import type { Rule } from '../core/policy.ts';
import type { DurableStore } from '../core/store.ts';
import { type Comparison, createComparison, type Side } from '../policy/index.ts';
import type { Config } from './config.ts';
import type { Modules } from './modules.ts';
import { OWN_RULES } from './parts.ts';

/** What decides, of one configuration, as it travels to the server that knows the people. */
const deciding = z.strictObject({
  // Checked where it was read, by the same program.
  rules: z.array(z.custom<Rule>((value) => typeof value === 'object' && value !== null)),
  remember: z.number(),
  networks: z.array(z.looseObject({ name: z.string(), ranges: z.array(z.string()) })),
  applications: z.array(z.string()),
  factors: z.array(z.string()),
});
export type Deciding = z.output<typeof deciding>;

type Read = Pick<Config, 'rules' | 'trustedDevices' | 'networks' | 'applications' | 'factors'>;

export function decidingOf({ rules, trustedDevices, networks, applications, factors }: Read): Deciding {
  return {
    rules: [...rules],
    remember: trustedDevices.lifetime,
    networks: networks.map(({ name, ranges }) => ({ name, ranges: [...ranges] })),
    applications: [...applications.keys()],
    factors: [...factors.keys()],
  };
}

export interface CompareTarget {
  durable: Pick<DurableStore, 'accounts' | 'credentials'>;
  modules: Pick<Modules, 'factors' | 'complete'>;
  world: { now(): number };
}

/** People read at a time: no more of them are held at once. */
const PAGE = 500;

/** Which decisions differ between two readings, for everybody who is known, or the first `most` of them. */
export async function compare(
  { durable, modules, world }: CompareTarget,
  before: Deciding,
  after: Deciding,
  most = Number.POSITIVE_INFINITY,
): Promise<Comparison> {
  // The other reading may name factors that this process doesn't have.
  await modules.complete?.();
  const comparison = createComparison(sideOf(before), sideOf(after), world.now());
  const seconds = new Set([...modules.factors.values()].filter(isSecond).map(({ id }) => id));
  const counts = ({ factors }: Deciding) => new Set(factors.filter((id) => seconds.has(id)));
  const [old, next] = [counts(before), counts(after)];
  let read = 0;
  let last: string | undefined;
  while (read < most) {
    const page = await durable.accounts.list({ limit: PAGE, ...(last !== undefined && { after: last }) });
    const had = Map.groupBy(await durable.credentials.ofAccounts(page.map(({ id }) => id)), ({ account }) => account);
    for (const { id, groups, createdAt } of page) {
      const methods = had.get(id) ?? [];
      const by = (set: ReadonlySet<string>) => methods.some(({ factor }) => set.has(factor));
      comparison.add({ id, groups, createdAt, enrolled: { before: by(old), after: by(next) } });
    }
    read += page.length;
    last = page.at(-1)?.id;
    if (page.length < PAGE) break;
  }
  return comparison;
}

/** A pass that was lent is none, though it can be used for a while. */
const isSecond = ({ kinds, standing }: { kinds: readonly string[]; standing?: string | undefined }): boolean =>
  standing !== 'bootstrap' && kinds.some((kind) => kind !== 'knowledge');

const sideOf = ({ rules, remember, networks, applications }: Deciding): Side => ({
  ...{ remember, networks, rules: [...rules, ...OWN_RULES] },
  applications: new Set([...applications, ...INTERNAL_APPLICATIONS]),
});

/** `policy explain --compare`: what is in use beside what comes on standard input. */
export async function comparePolicy(
  target: CompareTarget & { config: Config },
  { stdin = '' }: CommandInput,
): Promise<CommandResult> {
  const parsed = deciding.safeParse(JSON.parse(stdin));
  if (!parsed.success) throw new SallyportError('ERR_INPUT', 'not what a configuration decides by');
  const [before, after] = [decidingOf(target.config), parsed.data];
  const only = (ids: readonly string[], others: readonly string[]) => ids.filter((id) => !others.includes(id));
  const lines = (await compare(target, before, after)).lines();
  return {
    lines: [
      ...(lines.length > 0 ? lines : ['no decision changes for anybody known']),
      ...only(after.applications, before.applications).map((id) => `${id}: new`),
      ...only(before.applications, after.applications).map((id) => `${id}: gone`),
    ],
    exitCode: 0,
  };
}
