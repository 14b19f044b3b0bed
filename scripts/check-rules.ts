/**
 * House rules that the linter has no word for, checked on the syntax tree. Exits with 1 and a line per breach.
 * - Time, waiting, randomness and environment have one owner module each and are passed in.
 * - The kernel is pure: nothing whose result changes with the engine, the machine or the moment.
 * - zod stays in the contract, imported so that the bundler can leave out what isn't used.
 * - A file has a size that one can read.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '..');
const LONGEST_FILE_LINES = 400;

const CLOCK = 'src/base/clock.ts';
const IDS = 'src/base/ids.ts';
const ENVIRONMENT = 'src/base/environment.ts';

/** What may be named only in these files. */
const OWNED: Record<string, string[]> = {
  'Date.now': [CLOCK],
  'new Date()': [CLOCK],
  'performance.now': [CLOCK],
  'process.hrtime': [CLOCK],
  setTimeout: [CLOCK],
  setInterval: [CLOCK],
  'AbortSignal.timeout': [CLOCK],
  'Math.random': [IDS],
  randomBytes: [IDS],
  randomInt: [IDS],
  randomUUID: [IDS],
  'process.env': [ENVIRONMENT, 'src/main.ts'],
};

/** What the kernel may not name. */
const IMPURE = /^(Date|Intl|process|Buffer|localeCompare|toLocale\w+)$/;

const breaches: string[] = [];
const files = globSync('src/**/*.ts', { cwd: ROOT }).filter((file) => !file.endsWith('.test.ts'));
if (files.length === 0) breaches.push('no source file was found');
for (const file of files) checkFile(file, readFileSync(join(ROOT, file), 'utf8'));
for (const breach of breaches) console.error(breach);
process.exitCode = breaches.length === 0 ? 0 : 1;

function checkFile(file: string, text: string): void {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2024, true);
  const report = (node: ts.Node, what: string): void => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    breaches.push(`${file}:${line + 1}: ${what}`);
  };
  const visit = (node: ts.Node): void => {
    checkOwners(node, file, report);
    if (file.startsWith('src/kernel/')) checkPurity(node, report);
    if (ts.isImportDeclaration(node)) checkZod(node, file, report);
    ts.forEachChild(node, visit);
  };
  visit(source);
  const lines = source.getLineStarts().length;
  if (lines > LONGEST_FILE_LINES)
    breaches.push(`${file}: ${lines} lines, more than ${LONGEST_FILE_LINES}: split by meaning`);
}

type Report = (node: ts.Node, what: string) => void;

function checkOwners(node: ts.Node, file: string, report: Report): void {
  const name = nameOf(node);
  const owners = name !== undefined && Object.hasOwn(OWNED, name) ? OWNED[name]! : undefined;
  if (owners !== undefined && !owners.includes(file))
    report(node, `${name} belongs to ${owners[0]}: have it passed in`);
}

/** The name by which OWNED lists what the node uses. */
function nameOf(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node))
    return `${node.expression.getText()}.${node.name.text}`.replace(/^globalThis\./, '');
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && node.arguments?.length !== 1)
    return 'new Date()';
  if (ts.isImportSpecifier(node)) return (node.propertyName ?? node.name).text;
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
    return node.expression.text === 'Date' ? 'new Date()' : node.expression.text;
  }
  return undefined;
}

function checkPurity(node: ts.Node, report: Report): void {
  if (ts.isIdentifier(node) && IMPURE.test(node.text) && !isKey(node))
    report(node, `the kernel may not use ${node.text}`);
  if ((ts.isRegularExpressionLiteral(node) || ts.isStringLiteralLike(node)) && /\\p\{/i.test(node.text)) {
    report(node, 'the kernel may not use Unicode properties: they change with the engine');
  }
}

/** Is it the name of a member that is declared here, so not a use? */
function isKey(node: ts.Identifier): boolean {
  const { parent } = node;
  return (ts.isPropertyAssignment(parent) || ts.isTypeElement(parent)) && parent.name === node;
}

function checkZod(node: ts.ImportDeclaration, file: string, report: Report): void {
  if (node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) return; // loads nothing
  if (!ts.isStringLiteral(node.moduleSpecifier) || !/^zod(\/|$)/.test(node.moduleSpecifier.text)) return;
  if (!file.startsWith('src/contract/')) report(node, 'zod is imported in src/contract only');
  if (node.getText() !== "import * as z from 'zod';") report(node, "write `import * as z from 'zod';`");
}
