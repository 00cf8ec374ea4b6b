import { type Node, SyntaxKind } from 'typescript/unstable/ast';

/** A function with a body, of whatever form, and its length. */
export interface Measured {
  /** Its own, or that of what it is assigned to; of one without, that of the function around it and what it is given to. */
  name: string;
  line: number;
  /** From its first to its last. */
  lines: number;
  /** The same, where each function within that has more than one counts as one. */
  own: number;
}

const FUNCTIONS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.ArrowFunction,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.Constructor,
  SyntaxKind.GetAccessor,
  SyntaxKind.SetAccessor,
]);

// Nodes are looked at by their kind and by the members that the kind has.
type Any = Node & { readonly [member: string]: unknown };
const member = (node: Node, name: string): Any | undefined => (node as Any)[name] as Any | undefined;

/** The functions of a file, in the order in which they begin. */
export function measuredFunctions(root: Node, text: string): Measured[] {
  const found: Measured[] = [];
  const lineAt = (place: number): number => text.slice(0, place).split('\n').length;
  const visit = (node: Node, around: Measured | undefined): void => {
    let within = around;
    if (isFunction(node)) {
      const line = lineAt(node.getStart());
      const lines = lineAt(node.end) - line + 1;
      within = { name: nameOf(node, around), line, lines, own: lines };
      if (around) around.own -= lines - 1;
      found.push(within);
    }
    node.forEachChild((child) => visit(child, within));
  };
  visit(root, undefined);
  return found;
}

/** With a body: neither an overload nor what a type only promises. */
function isFunction(node: Node): boolean {
  return FUNCTIONS.has(node.kind) && member(node, 'body') !== undefined;
}

function nameOf(node: Node, around: Measured | undefined): string {
  if (node.kind === SyntaxKind.Constructor) return 'constructor';
  const own = textOf(member(node, 'name') ?? member(node.parent, 'name'));
  if (own !== '') return own;
  const called = node.parent.kind === SyntaxKind.CallExpression ? member(node.parent, 'expression') : undefined;
  const to = called && (member(called, 'name') ?? called);
  return [around?.name, textOf(to)].filter(Boolean).join('.');
}

/** Of an identifier or a text; empty of anything else. */
function textOf(node: Any | undefined): string {
  return typeof node?.text === 'string' ? node.text : '';
}
