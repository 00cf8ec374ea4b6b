import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { STOPPED_WITHIN } from '../../src/boot/serve/stopping.ts';

const UNIT = fileURLToPath(new URL('../../deploy/systemd/sallyport.service', import.meta.url));
/** What systemd itself calls the exposure of a service: of 10, the less the better. */
const MOST_EXPOSED = 1.5;

const settings = new Map(
  [...readFileSync(UNIT, 'utf8').matchAll(/^([A-Za-z]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
);

/** Both channels together; throws with it where the exit code isn't 0. */
function analyze(...words: string[]): string {
  return execFileSync('systemd-analyze', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

it('is a unit in which systemd finds no fault', () => {
  expect(analyze('verify', UNIT)).toBe('');
});

it('is as closed as a program with a compiler in it can be', () => {
  const threshold = String(MOST_EXPOSED * 10);
  const table = analyze('security', '--offline=true', `--threshold=${threshold}`, '--no-pager', UNIT);
  expect(Number(/exposure level for sallyport\.service: ([\d.]+)/.exec(table)?.[1])).toBeLessThanOrEqual(MOST_EXPOSED);
});

it('runs Node as everything else does, and kills nothing that is still stopping', () => {
  expect(settings.get('ExecStart')).toBe('/bin/sh /opt/sallyport/scripts/start.sh');
  expect(Number(settings.get('TimeoutStopSec'))).toBeGreaterThan(STOPPED_WITHIN / 1000);
  // With `control-group`, workers would be told to stop by systemd as well as by the process above them.
  expect(settings.get('KillMode')).toBe('mixed');
});
