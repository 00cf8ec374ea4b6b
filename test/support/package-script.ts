import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Starts what a package script does, for this test; answers once it has said this. */
export async function startScript(script: string, words: readonly string[], until: string): Promise<string> {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const child = spawn('sh', ['-c', `exec ${scripts[script].replace(/^exec /, '')} "$@"`, script, ...words], {
    cwd: root,
    env: environment(),
  });
  onTestFinished(() => ended(child));
  let said = '';
  return new Promise((resolve, reject) => {
    const hear = (text: Buffer) => {
      said += text;
      if (said.includes(until)) resolve(said);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', () => reject(new Error(`${script} ended: ${said}`)));
  });
}

/** As npm sets it. */
const environment = () => ({ ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` });

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
