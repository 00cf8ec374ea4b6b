import { type Node, SyntaxKind } from 'typescript/unstable/ast';

/** A name that stands in a function before the line that makes it, be it in a closure that is called later. */
export interface Early {
  name: string;
  line: number;
}

// Nodes are looked at by their kind and by the members that the kind has.
type Any = Node & { readonly [member: string]: unknown };
const member = (node: Node, name: string): Any | undefined => (node as Any)[name] as Any | undefined;

/** A scope and the names that it makes, with where each is made. Of a name that is there from the beginning, 0. */
type Scope = Map<string, number>;

const SCOPES: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.Block,
  SyntaxKind.ArrowFunction,
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.Constructor,
  SyntaxKind.ForStatement,
  SyntaxKind.ForOfStatement,
  SyntaxKind.ForInStatement,
  SyntaxKind.CatchClause,
  SyntaxKind.CaseBlock,
]);

/**
 * What is used before it is made, within functions: a closure that does so works, if only nobody calls it too early,
 * and hides that two things need each other. Of a module's own names the order is for reading, and left alone.
 */
export function earlyNames(root: Node, lineOf: (node: Node) => number): Early[] {
  const found: Early[] = [];
  const visit = (node: Node, scopes: readonly Scope[]): void => {
    if (node.kind === SyntaxKind.Identifier && isUse(node)) {
      const name = String((node as Any).text);
      const made = scopes.findLast((scope) => scope.has(name))?.get(name);
      if (made !== undefined && node.getStart() < made) found.push({ name, line: lineOf(node) });
      return;
    }
    const inside = SCOPES.has(node.kind) ? [...scopes, namesOf(node)] : scopes;
    node.forEachChild((child) => {
      visit(child, inside);
      return undefined;
    });
  };
  visit(root, []);
  return found;
}

/** Names that a scope itself makes: parameters, and what stands in it, but not in a scope within. */
function namesOf(scope: Node): Scope {
  const names: Scope = new Map();
  const collect = (node: Node): void => {
    if (node.kind === SyntaxKind.FunctionDeclaration || node.kind === SyntaxKind.ClassDeclaration) {
      const name = member(node, 'name');
      // Functions are there from the beginning; a class isn't, but may be named by what runs later: it needs nothing.
      if (name) names.set(String(name.text), 0);
      return;
    }
    if (node.kind === SyntaxKind.Parameter) return void bind(member(node, 'name'), 0, names);
    if (node.kind === SyntaxKind.VariableDeclaration) {
      bind(member(node, 'name'), node.getStart(), names);
      return;
    }
    if (SCOPES.has(node.kind)) return;
    node.forEachChild((child) => {
      collect(child);
      return undefined;
    });
  };
  scope.forEachChild((child) => {
    collect(child);
    return undefined;
  });
  return names;
}

/** All names of a pattern, as `{ a, b: [c] }`. */
function bind(pattern: Node | undefined, at: number, names: Scope): void {
  if (pattern === undefined) return;
  if (pattern.kind === SyntaxKind.Identifier) return void names.set(String((pattern as Any).text), at);
  for (const element of ((pattern as Any).elements as readonly Node[] | undefined) ?? []) {
    bind(member(element, 'name'), at, names);
  }
}

/** Whether an identifier stands for a value: not in a type, and not the name of a property, member or label. */
function isUse(node: Node): boolean {
  const { parent } = node;
  switch (parent.kind) {
    case SyntaxKind.PropertyAccessExpression:
      return member(parent, 'expression') === node;
    case SyntaxKind.PropertyAssignment:
      return member(parent, 'initializer') === node;
    case SyntaxKind.BindingElement:
    case SyntaxKind.VariableDeclaration:
    case SyntaxKind.Parameter:
      return member(parent, 'initializer') === node;
    case SyntaxKind.MethodDeclaration:
    case SyntaxKind.PropertySignature:
    case SyntaxKind.MethodSignature:
    case SyntaxKind.PropertyDeclaration:
    case SyntaxKind.TypeReference:
    case SyntaxKind.TypeQuery:
    case SyntaxKind.LabeledStatement:
      return false;
    default:
      return true;
  }
}
