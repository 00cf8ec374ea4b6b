import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readSecret } from './environment.ts';
import { isTree, mapStrings, type Path, type Tree } from './tree.ts';

const PLACEHOLDER = /\$\{([a-z]+):([^}]*)\}/g;
const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/**
 * Replaces `${file:PATH}` by the trimmed contents of that file, in every string, lists included, once:
 * what a file contains isn't looked at again. `${generated:NAME}` is for demonstrations alone: a
 * random secret, made at the first start in `<data>/generated/NAME`, where another program can read it.
 */
export function fillIn(tree: Tree, folder: string, fault: (path: Path, message: string) => void): Tree {
  const generated =
    typeof tree.data === 'string' && tree.demo !== undefined ? resolve(folder, tree.data, 'generated') : undefined;
  const replacement = (kind: string, name: string): string => {
    if (kind === 'file') return readSecret(resolve(folder, name));
    if (kind !== 'generated') throw new Error(`\${${kind}:…} is unknown: \${file:PATH} reads a file`);
    if (generated === undefined)
      throw new Error(`\${generated:…} is for a configuration with a demo section: use \${file:PATH}`);
    if (!NAME.test(name)) throw new Error(`\${generated:NAME} needs a name of lower-case letters, digits and hyphens`);
    return generatedSecret(generated, name);
  };
  const filled = mapStrings(tree, (text, path) => {
    try {
      return text.replace(PLACEHOLDER, (_, kind: string, name: string) => replacement(kind, name));
    } catch (error) {
      fault(path, (error as Error).message);
      return text;
    }
  });
  return isTree(filled) ? filled : {};
}

/** The secret of that name, made if it isn't there; of several processes that make it at once one wins. */
function generatedSecret(folder: string, name: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return readSecret(writeOnce(join(folder, name), randomBytes(32).toString('base64url')));
}

/** Writes a file of mode 0600 unless it exists; it never exists half-written. Answers its path. */
export function writeOnce(file: string, text: string): string {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, `${text}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  return file;
}
