import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { CHART, pathOf, RENDERINGS, sourceOf } from '../test/deploy/chart/source.ts';

/**
 * `npm run chart`: after a change of the chart, checks it with helm and against the schemas of Kubernetes, and writes
 * what it renders to test/deploy/chart, where the tests read it. Needs `helm` and, from PyPI, `kubernetes-validate`.
 */
const OLDEST = '1.28.0';
const KUBERNETES = ['1.28', '1.31', '1.34', '1.37'];

/** What an operator may get wrong, on top of everything that can be turned on. */
const REFUSED: readonly (readonly [why: string, ...set: string[]])[] = [
  ['config.node is set by the chart', 'config.node=north'],
  ['trustedProxies is empty', 'trustedProxies=null'],
  ['ingress.host', 'ingress.host='],
  ['additional properties .replica. not allowed', 'replica=3'],
  ['replicas', 'replicas=0'],
  ['/config/stores/ephemeral/type', 'config.stores.ephemeral.type=embedded'],
  ['/config/issuer', 'config.issuer=http://login.university.example'],
  ['/termination/drain', 'termination.drain=5'],
];

const helm = (...words: string[]): string => execFileSync('helm', words, { encoding: 'utf8' });

for (const [why, ...set] of REFUSED) {
  const words = ['template', 'login', CHART, '--kube-version', OLDEST, '--values', pathOf('full.values.yaml')];
  const { status, stderr } = spawnSync('helm', [...words, ...set.flatMap((it) => ['--set', it])], { encoding: 'utf8' });
  if (status === 0 || !new RegExp(why).test(stderr)) throw new Error(`${set} isn't refused by ${why}: ${stderr}`);
}
const version = helm('version', '--template', '{{ .Version }}');
for (const name of RENDERINGS) {
  const values = ['--values', pathOf(`${name}.values.yaml`)];
  helm('lint', '--strict', CHART, ...values);
  const text = helm('template', 'login', CHART, '--namespace', 'login', '--kube-version', OLDEST, ...values);
  const file = pathOf(`${name}.rendered.yaml`);
  writeFileSync(file, `# By helm ${version}, of ${sourceOf(name)} (npm run chart)\n${text}`);
  for (const kubernetes of KUBERNETES) {
    const words = ['--strict', '--quiet', '--no-warn', '--kubernetes-version', kubernetes, file];
    const { status, stdout, stderr, error } = spawnSync('kubernetes-validate', words, { encoding: 'utf8' });
    if (error) throw error;
    if (status !== 0) throw new Error(`${name}, Kubernetes ${kubernetes}: ${stdout}${stderr}`);
  }
  process.stdout.write(`${name}: ${text.split('\n---\n').length} objects, Kubernetes ${KUBERNETES.join(', ')}\n`);
}
