import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/** Labels of each metric, as its reference has them; another test holds that to what a gateway really answers. */
const METRICS: ReadonlyMap<string, readonly string[]> = new Map(
  [...read('docs/reference/metrics.md').matchAll(/^\| `(sallyport_\w+)` \| (\w+) \|([^|]*)\|/gm)].flatMap(
    ([, name = '', type, labels = '']): [string, string[]][] => {
      const own = [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label);
      if (type !== 'histogram') return [[name, own]];
      return [
        [`${name}_bucket`, [...own, 'le']],
        [`${name}_sum`, own],
        [`${name}_count`, own],
      ];
    },
  ),
);
/** Of every scrape, and of prom-client. */
const OTHERS = new Set([
  'up',
  'process_resident_memory_bytes',
  'process_cpu_seconds_total',
  'nodejs_heap_size_used_bytes',
]);
const OF_SCRAPES = ['instance', 'job'];

/** What is wrong with an expression: its grammar, metrics that nobody measures, labels that none of them has. */
function faultsOf(expression: string): string[] {
  const [faults, names, labels]: [string[], string[], string[]] = [[], [], []];
  parser.parse(expression).iterate({
    enter({ type, from, to, node }) {
      const text = expression.slice(from, to);
      if (type.isError) faults.push(`not PromQL at ${from}: ${expression}`);
      if (type.name === 'Identifier' && node.parent?.name === 'VectorSelector') names.push(text);
      if (type.name === 'LabelName') labels.push(text);
    },
  });
  if (names.length === 0) faults.push(`no metric: ${expression}`);
  const allowed = [...OF_SCRAPES, ...names.flatMap((name) => METRICS.get(name) ?? [])];
  return [
    ...faults,
    ...names.filter((name) => !METRICS.has(name) && !OTHERS.has(name)).map((name) => `no metric ${name}`),
    ...labels.filter((label) => !allowed.includes(label)).map((label) => `no label ${label}: ${expression}`),
  ];
}

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; runbook: string };
}
interface Panel {
  id: number;
  type: string;
  title: string;
  targets?: { expr: string; legendFormat: string }[];
}

const rules = (parse(read('deploy/prometheus/alerts.yaml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const dashboard = JSON.parse(read('deploy/grafana/sallyport.json')) as { panels: Panel[] };

describe('alert rules', () => {
  it('ask for what is measured', () => {
    expect(rules.length).toBeGreaterThan(8);
    expect(rules.flatMap(({ expr }) => faultsOf(expr))).toEqual([]);
  });

  it('each say in a sentence what to do, and name labels that are there', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { expr, labels, annotations } of rules) {
      expect(['warning', 'critical']).toContain(labels.severity);
      expect(annotations.runbook).toMatch(/^[A-Z].{30,}\.$/);
      const named = [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
      for (const label of named) expect([...OF_SCRAPES, ...labelsIn(expr)]).toContain(label);
    }
  });
});

const labelsIn = (expression: string): string[] =>
  [...METRICS].filter(([name]) => expression.includes(name)).flatMap(([, labels]) => labels);

describe('the dashboard', () => {
  const targets = dashboard.panels.flatMap(({ targets = [] }) => targets);

  it('shows what is measured, and all of it', () => {
    const expressions = targets.map(({ expr }) => expr.replaceAll('$instance', '.*'));
    expect(expressions.flatMap(faultsOf)).toEqual([]);
    const families = [...METRICS.keys()].map((name) => name.replace(/_(?:bucket|sum|count)$/, ''));
    expect(families.filter((name) => !expressions.some((expression) => expression.includes(name)))).toEqual([]);
  });

  it('names each series by labels that it has', () => {
    for (const { expr, legendFormat } of targets) {
      const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
      for (const label of named) expect([...OF_SCRAPES, ...labelsIn(expr)]).toContain(label);
    }
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });
});

describe('what holds them', () => {
  it('finds a metric, a label and a grammar that are wrong', () => {
    expect(faultsOf('rate(sallyport_nothing_total[5m])')).toEqual(['no metric sallyport_nothing_total']);
    expect(faultsOf('sum by (user) (sallyport_store_up)')).toHaveLength(1);
    expect(faultsOf('sallyport_store_up{path="x"}')).toHaveLength(1);
    expect(faultsOf('sum(sallyport_store_up').length).toBeGreaterThan(0);
  });
});
