import type { Modules } from '../modules.ts';
import type { Parsed } from './schema.ts';
import type { Tree } from './tree.ts';

/** What a check looks at: the tree as written, and those sections of it that have no fault of their own. */
export interface Subject {
  tree: Tree;
  parsed: Partial<Parsed>;
  modules: Modules;
}
