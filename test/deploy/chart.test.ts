import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfig } from '../../src/boot/config.ts';
import { loadModules } from '../../src/boot/modules.ts';
import { STOPPED_WITHIN } from '../../src/boot/serve/stopping.ts';
import { temporaryFolder } from '../support/folders.ts';
import { CHART, pathOf, RENDERINGS, type Rendering, sourceOf } from './chart/source.ts';

interface Container {
  image: string;
  command?: string[];
  env: { name: string; value?: string }[];
  ports?: { name: string; containerPort: number }[];
  securityContext: object;
  volumeMounts: { name: string; mountPath: string }[];
  lifecycle?: { preStop: { exec: { command: string[] } } };
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
}
interface Probe {
  httpGet: { path: string; port: string };
}
interface Pod {
  metadata: { labels: Record<string, string> };
  spec: {
    containers: [Container];
    volumes: { name: string }[];
    securityContext: object;
    automountServiceAccountToken: boolean;
    terminationGracePeriodSeconds?: number;
  };
}
interface Thing {
  kind: string;
  metadata: { name: string; annotations?: Record<string, string> };
  data?: Record<string, string>;
  spec: {
    template: Pod;
    serviceName?: string;
    replicas?: number;
    selector: Record<string, string> & { matchLabels?: Record<string, string> };
    podSelector?: { matchLabels: Record<string, string> };
    ports?: { targetPort: string }[];
    endpoints?: { port: string }[];
  };
}

const textOf = (rendering: Rendering) => readFileSync(pathOf(`${rendering}.rendered.yaml`), 'utf8');
const thingsOf = (rendering: Rendering) =>
  parseAllDocuments(textOf(rendering)).map((document) => document.toJS() as Thing);

describe.each(RENDERINGS)('the chart with values %s', (rendering) => {
  const things = thingsOf(rendering);
  const one = (kind: string, name?: string): Thing => {
    const found = things.find((thing) => thing.kind === kind && (name === undefined || thing.metadata.name === name));
    if (found === undefined) throw new Error(`no ${kind} ${name}`);
    return found;
  };
  const nodes = one('StatefulSet');
  const { spec: pod, metadata } = nodes.spec.template;
  const [container] = pod.containers;
  const jobs = things.filter(({ kind }) => kind === 'Job');

  it('was rendered as it stands now (npm run chart)', () => {
    expect(textOf(rendering).split('\n')[0]).toMatch(
      new RegExp(`^# By helm v[0-9.]+, of ${sourceOf(rendering)} \\(npm run chart\\)$`),
    );
  });

  it('gives nodes and the migration a configuration without faults', async () => {
    const modules = await loadModules();
    for (const thing of [nodes, ...jobs]) {
      const folder = temporaryFolder();
      mkdirSync(join(folder, 'secrets'));
      const secrets = {
        'postgres-url': 'postgresql://sallyport:x@db.university.example/sallyport',
        'redis-url': 'redis://:x@redis.university.example:6379',
        'sealing-key': 'q83vEjRWeJASNFZ4kBI0VniQEjRWeJC63P4BI0Vnify',
      };
      for (const [name, value] of Object.entries(secrets)) writeFileSync(join(folder, 'secrets', name), value);
      const text = one('ConfigMap', thing.metadata.name).data?.['sallyport.yaml'] ?? '';
      const file = join(folder, 'sallyport.yaml');
      writeFileSync(file, text.replaceAll('/run/secrets', join(folder, 'secrets')));
      const env = thing.spec.template.spec.containers[0].env.map(({ name, value = 'login-sallyport-0' }) => [
        name,
        value,
      ]);
      const config = loadConfig(file, modules, Object.fromEntries(env));
      expect(config.warnings).toEqual([expect.stringContaining('management is reachable')]);
      expect(config.node).toBe(thing === nodes ? 'login-sallyport-0' : 'main');
      expect(config.stores.durable.settings).toMatchObject({ migrate: jobs.length === 0 });
      const ports = Object.fromEntries((container.ports ?? []).map((port) => [port.name, port.containerPort]));
      expect(ports).toEqual({ http: config.listen.port, management: config.management.port });
      const [data] = container.volumeMounts.filter(({ name }) => name === 'data');
      expect(config.data.startsWith(`${data?.mountPath}/`)).toBe(true);
    }
  });

  it('lets no pod do more than it needs', () => {
    for (const { spec } of [nodes, ...jobs].map((thing) => thing.spec.template)) {
      expect(spec.automountServiceAccountToken).toBe(false);
      expect(spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 10_001,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(spec.containers.map(({ securityContext }) => securityContext)).toEqual([
        { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
      ]);
      const mounted = spec.containers[0].volumeMounts.map(({ name }) => name);
      expect(mounted.sort()).toEqual(spec.volumes.map(({ name }) => name).sort());
    }
  });

  it('asks after health where it is told, and restarts no node because a store is away', () => {
    const asked = [container.startupProbe, container.livenessProbe, container.readinessProbe];
    expect(asked.map((probe) => probe?.httpGet)).toEqual(
      ['/health/live', '/health/live', '/health/ready'].map((path) => ({ path, port: 'management' })),
    );
  });

  it('waits longer than the gateway takes to finish what it has begun', () => {
    const [command, settle] = container.lifecycle?.preStop.exec.command ?? [];
    expect(command).toBe('sleep');
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(Number(settle) + STOPPED_WITHIN / 1000);
  });

  it('selects its nodes, and not the migration', () => {
    const selectors = things.flatMap(({ kind, spec }) => {
      if (kind === 'NetworkPolicy') return [spec.podSelector?.matchLabels ?? {}];
      if (kind === 'ServiceMonitor') return [];
      return spec?.selector ? [spec.selector.matchLabels ?? (spec.selector as Record<string, string>)] : [];
    });
    const matches = (labels: Record<string, string>, selector: Record<string, string>) =>
      Object.entries(selector).every(([name, value]) => labels[name] === value);
    expect(selectors.length).toBeGreaterThanOrEqual(5);
    for (const selector of selectors) {
      expect(Object.keys(selector)).toHaveLength(3);
      expect(matches(metadata.labels, selector)).toBe(true);
      for (const job of jobs) expect(matches(job.spec.template.metadata.labels, selector)).toBe(false);
    }
    expect(one('Service', nodes.spec.serviceName).spec.ports).toMatchObject([{ targetPort: 'management' }]);
  });

  it('changes tables before anything is replaced, with the new program', () => {
    for (const { metadata: job, spec } of jobs) {
      expect(job.annotations?.['helm.sh/hook']).toBe('pre-install,pre-upgrade');
      const [migrate] = spec.template.spec.containers;
      expect([migrate.command, migrate.image]).toEqual([['sallyport', 'db', 'migrate'], container.image]);
      const hooked = one('ConfigMap', job.name).metadata.annotations;
      expect(hooked?.['helm.sh/hook']).toBe('pre-install,pre-upgrade');
    }
  });
});

it('of both renderings one migrates by a job, and one scales by itself', () => {
  expect(thingsOf('plain').map(({ kind }) => kind)).toContain('Job');
  const full = thingsOf('full').map(({ kind }) => kind);
  expect(full).not.toContain('Job');
  expect(full).toEqual(expect.arrayContaining(['HorizontalPodAutoscaler', 'Ingress', 'ServiceMonitor']));
});

it('the chart has the version of the program', () => {
  const read = (path: string) => readFileSync(path, 'utf8');
  const { version } = JSON.parse(read(fileURLToPath(new URL('../../package.json', import.meta.url)))) as {
    version: string;
  };
  expect(parse(read(join(CHART, 'Chart.yaml')))).toMatchObject({ version, appVersion: version });
});
