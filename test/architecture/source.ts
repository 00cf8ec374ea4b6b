import { join, relative } from 'node:path';
import { type Node, SyntaxKind } from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';
import { type Measured, measuredFunctions } from './functions.ts';
import { type Early, earlyNames } from './order.ts';

/** What a file takes from another: by `import`, `export … from`, `import()` or in a type. */
export interface Import {
  /** As written; undefined where it is computed. */
  from: string | undefined;
  /** Nothing of it is left at run time. */
  type: boolean;
  /** `import()`. */
  dynamic: boolean;
  line: number;
}

/** One source file, as far as the rules look at it. */
export interface Source {
  /** From the root, with slashes. */
  path: string;
  text: string;
  imports: Import[];
  /** Strings and templates without a substitution, but for those that name a module. */
  strings: { text: string; line: number }[];
  /** Names in `a.name` and in `{ name: … }`. */
  properties: { text: string; line: number }[];
  /** What functions use before the line that makes it. */
  early: Early[];
  /** Lines of `as any`, `<any>` and `: any`. */
  any: number[];
  functions: Measured[];
}

/**
 * Reads the TypeScript files of a folder with the compiler's own parser, by its `tsconfig.json`. The
 * compiler runs once for all of them, beside this process.
 */
export function readSources(root: string): Source[] {
  const api = new API({ cwd: root });
  try {
    const [project] = api.updateSnapshot({ openProject: join(root, 'tsconfig.json') }).getProjects();
    if (project === undefined) throw new Error(`${root} has no tsconfig.json`);
    return project.rootFiles.map((file) => {
      const parsed = project.program.getSourceFile(file);
      if (parsed === undefined) throw new Error(`${file} can't be parsed`);
      return read(relative(root, file).replaceAll('\\', '/'), parsed, parsed.text);
    });
  } finally {
    api.close();
  }
}

function read(path: string, root: Node, text: string): Source {
  const source: Source = { path, text, imports: [], strings: [], properties: [], early: [], any: [], functions: [] };
  const lineOf = (node: Node): number => text.slice(0, node.getStart()).split('\n').length;
  const visit = (node: Node): void => {
    const line = () => lineOf(node);
    const found = importOf(node);
    if (found) source.imports.push({ ...found, line: line() });
    else if (isText(node) && !namesModule(node)) source.strings.push({ text: textOf(node), line: line() });
    else if (node.kind === SyntaxKind.AnyKeyword) source.any.push(line());
    else if (isPropertyName(node)) source.properties.push({ text: textOf(node), line: line() });
    node.forEachChild(visit);
  };
  visit(root);
  source.early = earlyNames(root, lineOf);
  source.functions = measuredFunctions(root, text);
  return source;
}

// Nodes are looked at by their kind and by the members that the kind has.
type Any = Node & { readonly [member: string]: unknown };
const member = (node: Node, name: string): Any | undefined => (node as Any)[name] as Any | undefined;
const textOf = (node: Node): string => String((node as Any).text);

function isText(node: Node): boolean {
  return node.kind === SyntaxKind.StringLiteral || node.kind === SyntaxKind.NoSubstitutionTemplateLiteral;
}

function importOf(node: Node): Omit<Import, 'line'> | undefined {
  const literal = (named: Node | undefined) => (named && isText(named) ? textOf(named) : undefined);
  switch (node.kind) {
    case SyntaxKind.ImportDeclaration:
      return { from: literal(member(node, 'moduleSpecifier')), type: isTypeImport(node), dynamic: false };
    case SyntaxKind.ExportDeclaration: {
      const from = literal(member(node, 'moduleSpecifier'));
      return from === undefined ? undefined : { from, type: (node as Any).isTypeOnly === true, dynamic: false };
    }
    case SyntaxKind.ImportType: {
      const argument = member(node, 'argument');
      return { from: literal(argument && member(argument, 'literal')), type: true, dynamic: false };
    }
    case SyntaxKind.CallExpression: {
      if (member(node, 'expression')?.kind !== SyntaxKind.ImportKeyword) return undefined;
      const [first] = (node as Any).arguments as readonly Node[];
      return { from: literal(first), type: false, dynamic: true };
    }
    default:
      return undefined;
  }
}

/** `import type …` alone: of `import { type A }` the import itself is left at run time. */
function isTypeImport(node: Node): boolean {
  return member(node, 'importClause')?.phaseModifier === SyntaxKind.TypeKeyword;
}

/** The text after `from`, in `import()`, and in the type `import('…')`. */
function namesModule({ parent }: Node): boolean {
  const { kind } = parent;
  if (kind === SyntaxKind.LiteralType) return parent.parent.kind === SyntaxKind.ImportType;
  if (kind === SyntaxKind.CallExpression) return importOf(parent) !== undefined;
  return [SyntaxKind.ImportDeclaration, SyntaxKind.ExportDeclaration, SyntaxKind.ModuleDeclaration].includes(kind);
}

function isPropertyName(node: Node): boolean {
  if (node.kind !== SyntaxKind.Identifier) return false;
  const { parent } = node;
  if (![SyntaxKind.PropertyAccessExpression, SyntaxKind.PropertyAssignment].includes(parent.kind)) return false;
  return member(parent, 'name') === node;
}
