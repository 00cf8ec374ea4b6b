import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder of this test's own, with these files in it; gone when the test ends. */
export function folderWith(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** The least that is a valid configuration with `testModules`; sections are replaced or added, `undefined` removes one. */
export function configText(sections: Readonly<Record<string, unknown>> = {}): string {
  const least = {
    issuer: 'http://localhost:3000',
    name: 'Test University',
    data: 'data',
    stores: { durable: { type: 'disk' }, ephemeral: { type: 'cache' } },
    directories: { people: {} },
    factors: { chip: {} },
    doors: { web: {} },
  };
  // JSON is YAML.
  return JSON.stringify({ ...least, ...sections }, undefined, 1);
}
