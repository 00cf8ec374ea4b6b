/** What breaks the rules, and what keeps them: short sources, read by the same parser as the project's own. */

export const BROKEN = [
  ['core, of the journey', 'src/core/a.ts', "export { b } from '../sign-in/b.ts'"],
  ['core, of a package', 'src/core/a.ts', "import { z } from 'zod'"],
  ['core, of types in a form that stays at run time', 'src/core/a.ts', "import { type z } from 'zod'"],
  ['core, of node:crypto but in seal.ts', 'src/core/a.ts', "import { hash } from 'node:crypto'"],
  ['core, in a type', 'src/core/a.ts', "export type A = import('../web/b.ts').B"],
  ['policy, of the journey', 'src/policy/a.ts', "import type { B } from '../sign-in/b.ts'"],
  ['a factor, of its sibling', 'src/factors/one/a.ts', "import b from '../two/b.ts'"],
  ['a factor, of a directory', 'src/factors/one/a.ts', "import b from '../../directories/two/b.ts'"],
  ['a door, of the journey', 'src/doors/one/a.ts', "const b = await import('../../sign-in/b.ts')"],
  ['a store, of the durable layer', 'src/stores/one/a.ts', "import '../../durable/b.ts'"],
  ['the durable layer, of policy', 'src/durable/a.ts', "import b from '../policy/b.ts'"],
  ['the journey, of pages', 'src/sign-in/a.ts', "export * from '../web/b.ts'"],
  ['the audit, of policy', 'src/audit/a.ts', "import b from '../policy/b.ts'"],
  ['the lock-out, of accounts', 'src/lockout/a.ts', "import type { B } from '../accounts/b.ts'"],
  ['assurance, of methods', 'src/assurance/a.ts', "import type { B } from '../methods/b.ts'"],
  ['the journey, of reports', 'src/sign-in/a.ts', "import { b } from '../reports/b.ts'"],
  ['the help desk, of statistics', 'src/help-desk/a.ts', "import { b } from '../statistics/b.ts'"],
  ['pages, of policy', 'src/web/a.ts', "import b from '../policy/b.ts'"],
  ['pages, of a plug-in', 'src/web/pages/a.ts', "import b from '../../factors/one/b.ts'"],
  ['src, of tests', 'src/boot/a.ts', "import b from '../../test/support/b.ts'"],
  ['src, of the demo', 'src/boot/a.ts', "import b from '../../demo/b.ts'"],
  ['src, of a test file', 'src/boot/a.ts', "import b from './testing/b.ts'"],
  ['a test of a factor, of its sibling', 'src/factors/one/a.test.ts', "import b from '../two/double.ts'"],
  ['the SAML room, of a door', 'src/saml/a.ts', "import b from '../doors/saml/b.ts'"],
  ['the SAML room, of the journey', 'src/saml/metadata/a.ts', "import type { B } from '../../sign-in/b.ts'"],
  ['a door, of the inside of the SAML room', 'src/doors/one/a.ts', "import b from '../../saml/gate/b.ts'"],
  ['core, of the SAML room', 'src/core/a.ts', "import type { B } from '../saml/b.ts'"],
  ['the journey, of the SAML room', 'src/sign-in/a.ts', "import b from '../saml/b.ts'"],
  ['what a command needs, before it is run', 'src/factors/one/commands.ts', "import { run } from './run.ts'"],
  ['what is computed', 'src/boot/a.ts', 'const b = (name: string) => import(name)'],
] as const;

export const EARLY = [
  [
    'a closure names what is made after it',
    'export function f() { const a = () => b; const b = 1; return a() + b; }',
    'b',
  ],
  [
    'it is handed on as a property',
    'export const f = (o: object) => { const a = { get: () => ({ b }) }; const b = o; return [a, b]; }',
    'b',
  ],
  ['it is taken apart later', 'export function f(o: { b: 1 }) { const a = () => b; const { b } = o; return a; }', 'b'],
  ['it is declared by let', 'export function f() { const a = () => b; let b = 1; b += 1; return a; }', 'b'],
] as const;

export const IN_ORDER = [
  'export function f() { const b = 1; const a = () => b; return a; }',
  'export function f() { return g(); function g() { return 1; } }',
  'export function f(b: number) { const a = () => { const b = 2; return b; }; return a() + b; }',
  'export function f(o: { b: 1 }) { const a = o.b; const b = a; return { b }; }',
  'export function f() { const a = (b: number) => b; const b = 1; return a(b); }',
  'export const f = () => LATER; const LATER = 1;',
] as const;

export const KEPT = [
  ['src/core/a.ts', "import type { z } from 'zod'"],
  ['src/core/seal.ts', "import { hash } from 'node:crypto'"],
  ['src/factors/one/a.ts', "import './b.ts'; import { c } from '../../core/c.ts'; import { d } from 'a-package'"],
  ['src/factors/one/a.test.ts', "import b from '../../../test/support/b.ts'; import './double.ts'"],
  ['src/factors/one/commands.ts', "import type { A } from './a.ts'; const run = () => import('./run.ts')"],
  ['src/factors/one/a.ts', "import b from '../../saml/index.ts'"],
  ['src/directories/one/a.test.ts', "import b from '../../saml/testing/b.ts'"],
  [
    'src/saml/gate/a.ts',
    "import b from '../../core/b.ts'; import { c } from '../xml/c.ts'; import { d } from 'a-package'",
  ],
  ['src/boot/a.ts', "import b from '../factors/one/b.ts'; // import c from '../../test/c.ts'"],
  ['src/web/a.ts', 'const text = "import b from \'../policy/b.ts\'"'],
] as const;

/** Folders of files, and which of them go round in a circle. */
export const ROUND = [
  ['two', { 'a.ts': "import { b } from './b.ts'", 'b.ts': "export * from './a.ts'" }, ['a.ts <-> b.ts']],
  [
    'two, of types alone',
    { 'a.ts': "import type { B } from './b.ts'", 'b.ts': "type A = import('./a.ts').A" },
    ['a.ts <-> b.ts'],
  ],
  [
    'two, one of them when it is needed',
    { 'a.ts': "const b = () => import('./b.ts')", 'b.ts': "import './a.ts'" },
    ['a.ts <-> b.ts'],
  ],
  [
    'three, from two folders',
    {
      'a.ts': "import type { B } from './in/b.ts'",
      'in/b.ts': "import './c.ts'",
      'in/c.ts': "import { type A } from '../a.ts'",
      'd.ts': "import './a.ts'",
    },
    ['a.ts <-> in/b.ts <-> in/c.ts'],
  ],
  ['one', { 'a.ts': "export * from './a.ts'" }, ['a.ts <-> a.ts']],
  [
    'none, by two ways to one file',
    {
      'a.ts': "import './b.ts'; import './c.ts'",
      'b.ts': "import './d.ts'",
      'c.ts': "import './d.ts'",
      'd.ts': "import 'a'",
    },
    [],
  ],
] as const;

export const NAMED = [
  ['factors', 'whistle', 'src/boot/a.ts', '// Whistle first.'],
  ['factors', 'whistle', 'src/boot/a.ts', 'export const whistle_first = 1'],
  ['factors', 'whistle', 'src/boot/a.test.ts', "export const some = 'whistle'"],
  ['factors', 'whistle', 'src/factors/chip/a.ts', 'export const other = "whistle"'],
  ['factors', 'password', 'src/boot/a.ts', "export const first = (all: Map<string, 1>) => all.get('password')"],
  ['factors', 'password', 'src/boot/a.ts', 'export const key = `password`'],
  ['factors', 'password', 'src/boot/a.ts', "export const key = 'factor:password'"],
  ['stores', 'redis', 'src/boot/a.ts', 'export const url = (stores: { redis: string }) => stores.redis'],
  ['doors', 'oidc', 'src/web/a.ts', 'export const door = { oidc: 2 }'],
  ['directories', 'local', 'src/boot/a.ts', "import '../directories/local/index.ts'"],
  ['doors', 'saml', 'src/boot/a.ts', "import '../doors/saml/index.ts'"],
  ['doors', 'saml', 'src/factors/chip/a.ts', "import '../../saml/index.ts'; export const door = 'saml'"],
  ['doors', 'saml', 'src/web/a.ts', '// What SAML calls a session.'],
  ['doors', 'saml', 'src/saml/a.ts', "import '../doors/saml/index.ts'"],
  ['doors', 'saml', 'src/saml/a.ts', '/** As doors.saml has it. */ export const a = 1'],
] as const;

/** Functions, and what is too long about each. */
export const LONG = [
  ['too many lines', `function long() {\n${'a();\n'.repeat(59)}}`, ['long has 61 lines of its own, 61 in all']],
  [
    'too many lines, as a method',
    `class A {\n  long() {\n${'a();\n'.repeat(59)}  }\n}`,
    ['long has 61 lines of its own, 61 in all'],
  ],
  ['as many as it may have', `const long = () => {\n${'a();\n'.repeat(58)}};`, []],
  [
    'as many, and a function in it',
    `function long() {\n${'a();\n'.repeat(57)}b(() => {\n${'a();\n'.repeat(58)}});\n}`,
    [],
  ],
  [
    'short lines alone, and too many of them',
    `const long = () => ({\n${'a: () => {\na();\na();\n},\n'.repeat(38)}});`,
    ['long has 40 lines of its own, 154 in all'],
  ],
  [
    'a function without a name',
    `function around() {\n  router.get(() => {\n${'a();\n'.repeat(59)}  });\n}`,
    ['around.get has 61 lines of its own, 61 in all'],
  ],
] as const;

export const UNNAMED = '/** A local password of oidc-provider. */ export const local = 1';

/** The room of a protocol, and whoever takes from it, name no plug-in that speaks it as well. */
export const OF_A_ROOM = [
  ['src/saml/a.ts', "/** What SAML says. */ export const protocol = 'urn:oasis:names:tc:SAML:2.0:protocol'"],
  ['src/factors/chip/a.ts', "import { a } from '../../saml/index.ts'; export type B = import('../../saml/xml/b.ts').B"],
] as const;

export const REFUSED = [
  ['// TODO: later', 'work left undone'],
  ['// a HACK', 'work left undone'],
  ['export const a = (b: unknown) => b as any', 'any'],
  ['export let a: any', 'any'],
  ['// biome-ignore lint/style/useConst:', 'a suppression without a reason'],
  ['// @ts-expect-error', 'a suppression without a reason'],
] as const;

export const HARMLESS =
  "// any of them\n// biome-ignore lint/style/useConst: the library writes to it\nexport const a = 'as any'";
