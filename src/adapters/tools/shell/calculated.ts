/**
 * What bash calculates it reads as code: a value like `a[$(rm x)]` runs its subscript, wherever it came from. So a line
 * that calculates with names and takes texts from elsewhere may run anything.
 */
import { forEachChild, type SyntaxNode } from 'unbash';

const NAMES = /[A-Za-z_$`]/;
const COMPARES = /^-(?:eq|ne|lt|le|gt|ge)$/;
const READS = new Set(['read', 'mapfile', 'readarray', 'getopts']);
const KEEPS = new Set(['set', 'printf']);

/** With more than numbers. */
export function calculates(node: SyntaxNode): boolean {
  switch (node.type) {
    case 'ArithmeticWord':
      return NAMES.test(node.value);
    case 'ArithmeticCommandExpansion':
      return true;
    case 'TestBinary':
      return COMPARES.test(node.operator);
    case 'TestUnary':
      return node.operator === '-v';
    case 'Slice':
      return NAMES.test(`${node.offset.text} ${node.length?.text ?? ''}`);
    case 'ParameterExpansion':
    case 'Assignment':
      return node.index !== undefined && NAMES.test(node.index.text);
    case 'Command': {
      const name = node.name?.text;
      if (name === 'let') return true;
      return (name === 'test' || name === '[') && node.args.some(({ text }) => text === '-v' || text.startsWith('$'));
    }
    default:
      return false;
  }
}

/** Texts that are not plain in the line: output, input, names of files; pieces of which one has a bracket. */
export function bringsText(node: SyntaxNode): boolean {
  switch (node.type) {
    case 'CommandExpansion':
    case 'ArithmeticCommandExpansion':
    case 'Select':
      return true;
    case 'Default':
      return node.operator.includes('=');
    case 'Assignment':
      return hasBracket(node);
    case 'For':
      return node.wordlist?.some((word) => hasBracket(word) || hasGlob(word)) === true;
    case 'Command': {
      const name = node.name?.text ?? '';
      return READS.has(name) || (KEEPS.has(name) && node.args.some(hasBracket));
    }
    default:
      return false;
  }
}

function hasBracket(node: SyntaxNode): boolean {
  if ((node.type === 'Literal' || node.type === 'SingleQuoted' || node.type === 'AnsiCQuoted') && node.value.includes('[')) return true; // prettier-ignore
  if (node.type === 'Word' && node.parts === undefined && node.value.includes('[')) return true;
  return someChild(node, hasBracket);
}

function hasGlob(node: SyntaxNode): boolean {
  return node.type === 'Glob' || someChild(node, hasGlob);
}

function someChild(node: SyntaxNode, holds: (child: SyntaxNode) => boolean): boolean {
  let found = false;
  forEachChild(node, (child) => {
    found ||= holds(child);
  });
  return found;
}
