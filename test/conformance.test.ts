import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** The conformance suite's modules, as docs/reference/conformance.md lists them: none without a test, or a reason. */
const root = fileURLToPath(new URL('../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const text = read('docs/reference/conformance.md');
const rows = [...text.matchAll(/^\| `([\w-]+)` \| (.+) \|$/gm)].map(([, name = '', held = '']) => ({ name, held }));
const FAPI = /^fapi2-security-profile-final-/;

/** Whether a file of tests names the module, whole. */
function names(file: string, module: string): boolean {
  const either = [module, module.replace(FAPI, '')].map((it) => `(?<![\\w-])${it}(?![\\w-])`);
  return new RegExp(either.join('|')).test(read(file));
}

describe("the suite's modules", () => {
  it('are all there', () => {
    const plans = text.split('\n## ').slice(1);
    expect(plans.map((plan) => plan.match(/^\| `/gm)?.length)).toEqual([38, 1, 11, 2, 2, 23, 78]);
  });

  it.each(rows)('$name: $held', ({ name, held }) => {
    const file = /^`(test\/[\w./-]+\.test\.ts)`$/.exec(held)?.[1];
    if (file === undefined) expect(held).toMatch(/^not tested: .{10}/);
    else expect(names(file, name)).toBe(true);
  });

  it('of Basic are looked at by form_post as well, each by its name', () => {
    const [basic = ''] = text.split('\n## ').slice(1);
    const modules = [...basic.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name = '']) => name);
    expect(modules.filter((name) => !names('test/interop/oidc-formpost.test.ts', name))).toEqual([]);
  });

  it('of another name are in no test', () => {
    const known = new Set(rows.map(({ name }) => name));
    const files = ['interop', 'attacks'].flatMap((folder) =>
      readdirSync(join(root, 'test', folder))
        .filter((name) => name.endsWith('.test.ts'))
        .map((name) => `test/${folder}/${name}`),
    );
    const found = files.flatMap((file) => read(file).match(/(?<![\w-])oidcc-[\w-]+/g) ?? []);
    // Two describe what several modules look at.
    const together = new Set([
      'oidcc-userinfo',
      'oidcc-formpost-basic',
      'oidcc-formpost-basic-certification-test-plan',
    ]);
    expect(found.filter((name) => !known.has(name) && !together.has(name))).toEqual([]);
  });
});
