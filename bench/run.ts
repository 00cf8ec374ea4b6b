import { cpus } from 'node:os';
import { beside, storms } from './beside.ts';
import { cores } from './cores.ts';
import { costs } from './costs.ts';
import { fido2 } from './fido2.ts';
import { million } from './million.ts';
import { passwords } from './password.ts';
import { push } from './push.ts';
import { radius } from './radius.ts';
import { reports } from './reports.ts';
import { samlFull, samlSso } from './saml.ts';
import { sso } from './sso.ts';
import { start } from './start.ts';
import { table } from './table.ts';

/** `npm run bench [-- NAME]`: measures, prints tables. One benchmark is one function that answers rows. */
const BENCHMARKS: Readonly<Record<string, () => Promise<Record<string, string | number>[]>>> = {
  beside,
  storm: storms,
  start,
  cores,
  passwords,
  sso,
  'saml-sso': samlSso,
  'saml-full': samlFull,
  fido2,
  push,
  radius,
  costs,
  million,
  reports,
};

/** Only where they are asked for: they take minutes, and gigabytes, or are a part of another one. */
const LARGE = new Set(['storm', 'costs', 'million', 'reports']);

const wanted = process.argv[2];
const names = Object.keys(BENCHMARKS).filter((name) => (wanted === undefined ? !LARGE.has(name) : name === wanted));
if (names.length === 0) {
  process.stderr.write(`no benchmark ${wanted}; there are: ${Object.keys(BENCHMARKS).join(', ')}\n`);
  process.exitCode = 1;
}
const processors = cpus();
process.stdout.write(
  `Node ${process.version}, ${processors.length} × ${processors[0]?.model ?? 'unknown processor'}\n`,
);
for (const name of names) {
  process.stdout.write(`\n${name}\n${table((await BENCHMARKS[name]?.()) ?? [])}\n`);
}
