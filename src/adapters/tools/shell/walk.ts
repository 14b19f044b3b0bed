/** Walks what the parser made of a shell line, and gives every simple command in it, however deep. */
import { type Command, forEachChild, type ParsedScript, parse, type SyntaxNode } from 'unbash';
import { VIA_JOINT, type Unclear, type Via } from '../../../contract/command-words.ts';
import type { CommandFact } from '../../../contract/values.ts';
import { evaluates, isDeclaration } from './builtins.ts';
import { bringsText, calculates, declaresValue, hidesCode, keepsCode, makesList, namesText } from './calculated.ts';
import { misleads } from './characters.ts';
import type { Dialect } from './judgement.ts';
import { judgeProgram } from './program.ts';
import { isDynamicRedirect, isReadTwice, redirectText } from './redirects.ts';
import { isHarmless, namesReaching, reachesCommands } from './variables.ts';
import { argumentWord, plainWord, recordedText, type ShellWord, shellWord } from './words.ts';

/** Thrown, and caught by who asked: of such a line nothing is known. */
export class NotRead extends Error {
  readonly why: Unclear;
  constructor(why: Unclear) {
    super(why);
    this.why = why;
  }
}

/** Lines within lines, and programs that run programs. */
const MOST_DEPTH = 8;
const MOST_NODES_DEEP = 120;
const MOST_COMMANDS = 1000;
/** As they are recorded: a line that holds a line is told twice, and what is recorded of a call fits one line of a journal. */
const MOST_RECORDED_BYTES = 500_000;

/** A subscript that holds a command: whatever calculates with it runs that. */
const HIDDEN = /[A-Za-z_]\w*\[[^\]]*(?:\$[({]|`)/;

const SUBSTITUTION = /\$[({[]|`/;
/** Also that of a process. */
const ANY_SUBSTITUTION = /\$[({[]|`|[<>]\(/;
const ESCAPED = /\\[^]/g;

/** Quotes that hold nothing which would be more than text without them. */
const PLAIN_QUOTES = /'[\w ,.:/@%+=-]*'/g;

/** A process substitution: where it stands in what looks calculated, that may be commands after all. */
const PROCESS = /[<>](?:\\\n)*\(/;

/** To bash `((` or `$$` all the same, so that it reads on otherwise. */
const PARTED = /\((?:\\\n)+\(|\$(?:\\\n)+\$/;

/** A `$'…'` that is more than plain text: within `${…}` that stands in quotes its value is read once more. */
const READ_TWICE = /\$'(?!(?:[^\\$`"'{}]|\\[abefnrtv])*')/;

/** A subscript that is more than a name or a number. */
const SUBSCRIPT = /\[[^\]]*[^\w\]@*]/;

interface Place {
  via: readonly Via[];
  dialect: Dialect;
  /** Lines within lines. */
  depth: number;
  nodes: number;
  /** The text of a here-document, in which `'` is no quote. */
  isHereText?: boolean;
  /** Between quotes, or in such a text; and of that within a `${…}`, where it depends on the shell's mode whether `'` quotes. */
  isQuoted?: boolean;
  isInBraces?: boolean;
}

interface Simple {
  words: ShellWord[];
  assignments?: string[];
  redirects?: string[];
  unclear?: Unclear | undefined;
  /** Further words follow that are not in the text. */
  more?: boolean;
}

export interface Walker {
  /** @throws NotRead */
  line(text: string, dialect: Dialect, via?: readonly Via[], depth?: number): void;
  /** A program with its words, that no shell reads. */
  program(words: readonly string[]): void;
  facts(): CommandFact[];
}

export function createWalker(parser: 'bash' | 'argv'): Walker {
  const found: { fact: CommandFact; name: string | undefined }[] = [];
  const functions = new Set<string>();
  let everywhere: Unclear | undefined;
  let isCalculated = false;
  let isReaching = false;
  let isFromElsewhere = false;
  let [isList, isValue] = [false, false];
  let recorded = 0;

  function add(simple: Simple, place: Place): void {
    const { words, assignments = [], redirects = [], more = false } = simple;
    isFromElsewhere ||= more || place.via.includes('find -exec');
    if (place.depth > MOST_DEPTH) throw new NotRead('too_deep');
    const judged = judgeProgram(words, place.dialect, more);
    if (judged.unclear === 'environment' && isDeclaration(words[0]?.text ?? '')) everywhere ??= 'environment';
    const why = simple.unclear ?? judged.unclear ?? hiddenIn(words, assignments);
    const dynamic = words.flatMap((word, index) => (word.dynamic ? [index] : []));
    const texts = words.map(recordedText);
    const fact: CommandFact = {
      words: texts,
      ...(dynamic.length > 0 && { dynamic }),
      assignments,
      redirects,
      parser,
      ...(place.via.length > 0 && { via: place.via.join(VIA_JOINT) }),
      ...(why && { unclear: why }),
    };
    found.push({ fact, name: texts[0] });
    recorded += Buffer.byteLength(JSON.stringify(fact));
    if (found.length > MOST_COMMANDS || recorded > MOST_RECORDED_BYTES) throw new NotRead('too_large');
    for (const inner of judged.runs ?? []) {
      const via = [...place.via, inner.via];
      const behind = inner.via === 'xargs' || (more && inner.via !== 'find -exec');
      const given = simple.unclear === 'environment' || judged.unclear === 'environment' ? 'environment' : undefined;
      add({ words: inner.words, more: behind, unclear: given }, { ...place, via, depth: place.depth + 1 });
    }
    for (const { text, via, dialect } of judged.lines ?? []) line(text, dialect, [...place.via, via], place.depth + 1);
  }

  function command(node: Command, place: Place): void {
    const words = [...(node.name ? [node.name] : []), ...node.args].map(argumentWord);
    const assignments: string[] = [];
    let why: Unclear | undefined;
    for (const one of node.prefix) {
      if (one.type !== 'Assignment') continue;
      assignments.push(one.text);
      // Without a command it is the shell's alone.
      if (words.length === 0 ? !reachesCommands(one.text) : isHarmless(one.text)) continue;
      // `IFS= read` is how a line is read as it is; it holds for that alone.
      if (one.name === 'IFS' && words[0]?.text === 'read') continue;
      why = 'environment';
      if (words.length === 0) everywhere ??= 'environment';
    }
    const redirects = node.redirects.map(redirectText);
    why ??= node.redirects.some(isDynamicRedirect) ? 'dynamic_redirect' : undefined;
    add({ words, assignments, redirects, unclear: why }, place);
  }

  function visit(node: SyntaxNode, at: Place): void {
    const place = { ...at, nodes: at.nodes + 1 };
    if (place.nodes > MOST_NODES_DEEP) throw new NotRead('too_deep');
    isCalculated ||= calculates(node);
    isList ||= makesList(node);
    isValue ||= declaresValue(node);
    isFromElsewhere ||= bringsText(node);
    isReaching ||= node.type === 'Word' && node.text.includes("$'") && namesReaching(shellWord(node).text);
    const into = (via?: Via): void => {
      const inner =
        via === undefined
          ? place
          : { ...place, via: [...place.via, via], isHereText: false, isQuoted: false, isInBraces: false };
      forEachChild(node, (child) => visit(child, inner));
    };
    if (place.dialect === 'posix' && (isOwnToBash(node) || isKeyword(node))) throw new NotRead('other_shell');
    switch (node.type) {
      case 'Script':
        if ('errors' in node && node.errors && node.errors.length > 0) throw new NotRead('parse_error');
        return into();
      case 'Command':
        command(node, place);
        return into();
      case 'Redirected':
        add({ words: [], redirects: node.redirects.map(redirectText), unclear: node.redirects.some(isDynamicRedirect) ? 'dynamic_redirect' : undefined }, place); // prettier-ignore
        return into();
      case 'Function':
        functions.add(node.name.value);
        return into('function');
      case 'CommandExpansion':
      case 'ArithmeticCommandExpansion':
        if (node.script === undefined) throw new NotRead('parse_error');
        if (losesText(node)) throw new NotRead('unknown_syntax');
        return into('substitution');
      case 'ProcessSubstitution':
        if (node.script === undefined) throw new NotRead('parse_error');
        return into('process substitution');
      case 'TestCommand':
        // Its operators calculate with what quotes hold, too.
        if (hidesCode(sourceOf(node))) everywhere = 'hidden_code';
        add({ words: ['[[', sourceOf(node), ']]'].map((text, index) => ({ text, dynamic: index === 1 })) }, place);
        return into();
      case 'ArithmeticCommand':
        if (PROCESS.test(node.body)) throw new NotRead('unknown_syntax');
        add({ words: [{ text: '((', dynamic: false }, { text: node.body, dynamic: true }, { text: '))', dynamic: false }] }, place); // prettier-ignore
        return into();
      case 'For':
      case 'Select':
        if (reachesCommands(node.name.value)) everywhere ??= 'environment';
        if (node.wordlist?.some(({ text }) => keepsCode(text))) everywhere = 'hidden_code';
        return into();
      case 'ParameterExpansion':
        if (node.operation?.type === 'Default' && node.operation.operator.includes('=') && reachesCommands(node.parameter)) everywhere ??= 'environment'; // prettier-ignore
        if (node.prefix === '!' && node.operation?.type !== 'Names') everywhere = 'hidden_code';
        if (node.index && hidesCode(node.index.text)) everywhere = 'hidden_code';
        if (READ_TWICE.test(node.text)) everywhere = 'hidden_code';
        return forEachChild(node, (child) => visit(child, { ...place, isInBraces: place.isQuoted === true }));
      case 'Transform':
        if (node.operand.value !== 'Q' && !/^[aUuLKk]$/.test(node.operand.value)) everywhere = 'hidden_code';
        return into();
      case 'Slice':
        if (hidesCode(`${node.offset.text} ${node.length?.text ?? ''}`)) everywhere = 'hidden_code';
        return into();
      case 'ArithmeticExpansion':
        if (PROCESS.test(node.text)) throw new NotRead('unknown_syntax');
        return into();
      case 'ArithmeticWord':
        if (hidesCode(node.value)) everywhere = 'hidden_code';
        return into();
      case 'SingleQuoted':
      case 'AnsiCQuoted':
        if (place.isInBraces && maySplit(node.text)) everywhere = 'hidden_code';
        if ((place.isHereText ? SUBSTITUTION : HIDDEN).test(node.value)) everywhere = 'hidden_code';
        return into();
      case 'Word':
      case 'Literal':
        // What bash reads as more than one piece.
        if (place.isInBraces && !('parts' in node && node.parts) && maySplit(node.text)) everywhere = 'hidden_code';
        if (!('parts' in node && node.parts) && ANY_SUBSTITUTION.test(node.text.replace(ESCAPED, ''))) everywhere = 'hidden_code'; // prettier-ignore
        return into();
      case 'Glob':
        // Where it is a subscript after all, whoever calculates it runs what quotes hold.
        if (/['"\\]/.test(node.text)) everywhere = 'hidden_code';
        return into();
      case 'Redirect':
        if (isReadTwice(node)) everywhere = 'hidden_code';
        return into();
      case 'HereDoc':
        if (!node.delimiter?.value || /[$`]/.test(node.delimiter.text)) throw new NotRead('unknown_syntax');
        return into();
      case 'HereDocBody':
        return forEachChild(node, (child) => visit(child, { ...place, isHereText: true, isQuoted: true }));
      case 'DoubleQuoted':
      case 'LocaleString':
        return forEachChild(node, (child) => visit(child, { ...place, isQuoted: true }));
      case 'Coproc':
        if (node.name && reachesCommands(node.name.value)) everywhere ??= 'environment';
        return into('coproc');
      case 'Assignment':
        if (node.index && hidesCode(node.index.text)) everywhere = 'hidden_code';
        return into();
      case 'Subshell':
        if (losesText(node)) throw new NotRead('unknown_syntax');
        return into();
      case 'Statement':
      case 'CompoundList':
      case 'CaseItem':
      case 'Elif':
      case 'Pipeline':
      case 'AndOr':
      case 'Time':
      case 'Negation':
      case 'ArrayValue':
      case 'HereString':
      case 'FileDescriptor':
      case 'HereDocDelimiter':
      case 'If':
      case 'ArithmeticFor':
      case 'While':
      case 'BraceGroup':
      case 'Case':
      case 'SimpleExpansion':
      case 'BraceExpansion':
      case 'ArithmeticBinary':
      case 'ArithmeticUnary':
      case 'ArithmeticTernary':
      case 'ArithmeticGroup':
      case 'TestUnary':
      case 'TestBinary':
      case 'TestLogical':
      case 'TestNot':
      case 'TestGroup':
      case 'Remove':
      case 'Replace':
      case 'CaseModification':
      case 'Names':
      case 'Default':
        return into(); // prettier-ignore
      default:
        // Also what bash reads so only when it is told to: extended globs, `{variable}>file`, operations that nobody knows.
        throw new NotRead('unknown_syntax');
    }
  }

  let source = '';
  const isKeyword = (node: SyntaxNode): boolean => node.type === 'Function' && source.startsWith('function', node.pos);
  /** Subshells that looked calculated: bash has lost what a here-document in them says, and takes that for commands. */
  const losesText = ({ pos, end }: { pos: number; end: number }): boolean =>
    /^\$?\(\([^]*<</.test(source.slice(pos, end));
  const sourceOf = ({ pos, end }: { pos: number; end: number }): string => source.slice(pos + 2, end - 2).trim();

  function line(text: string, dialect: Dialect, via: readonly Via[] = [], depth = 0): void {
    if (depth > MOST_DEPTH) throw new NotRead('too_deep');
    if (text.includes('\0')) throw new NotRead('control_characters');
    if (PARTED.test(text) || goesOnBehindProcess(text) || keepsNumber(text)) throw new NotRead('unknown_syntax');
    const misleading = misleads(text);
    if (misleading) everywhere ??= misleading;
    isFromElsewhere ||= namesText(text);
    isReaching ||= namesReaching(text);
    const before = found.length;
    const around = source;
    source = text;
    const script: ParsedScript = parse(text);
    visit(script, { via, dialect, depth, nodes: 0 });
    source = around;
    // Something stands there, and no command was found in it.
    if (found.length === before && script.commands.length > 0) throw new NotRead('unknown_syntax');
  }

  return {
    line,
    program: (words) => add({ words: words.map(plainWord) }, { via: [], dialect: 'bash', depth: 0, nodes: 0 }),
    facts: () =>
      found.map(({ fact, name }) => {
        if ((isCalculated || (isList && isValue)) && isFromElsewhere) everywhere = 'hidden_code';
        if (isCalculated && isReaching) everywhere ??= 'environment';
        const why = fact.unclear ?? (name !== undefined && functions.has(name) ? 'function' : everywhere);
        return why === undefined ? fact : { ...fact, unclear: why };
      }),
  };
}

function hiddenIn(words: readonly ShellWord[], assignments: readonly string[]): Unclear | undefined {
  const [program, ...rest] = words;
  if (program && evaluates(program.text) && rest.some(isEvaluated)) return 'hidden_code';
  for (const { text, dynamic } of words) {
    if (dynamic) continue;
    const misleading = misleads(text);
    if (misleading) return misleading;
    if (HIDDEN.test(text)) return 'hidden_code';
  }
  return assignments.some((text) => keepsCode(text)) ? 'hidden_code' : undefined;
}

/** A substitution that quotes keep for the program; one that the shell makes itself is a command of its own. */
function isEvaluated({ text, dynamic }: ShellWord): boolean {
  return dynamic ? hidesCode(text) || SUBSCRIPT.test(text) : /\$[({]|`/.test(text);
}

/** `<(x)#y`: a word goes on there, and no comment begins. */
function goesOnBehindProcess(text: string): boolean {
  const start = text.search(PROCESS);
  return start !== -1 && /\)(?:\\\n)*#/.test(text.slice(start));
}

/** `{a[…]}>x`: bash keeps the number of what it opens there, and calculates what stands in brackets; the parser takes it for a word. */
function keepsNumber(text: string): boolean {
  const joined = text.replaceAll('\\\n', '');
  const start = joined.search(/(?<!\$)\{[^\s${[]*\[/);
  return start !== -1 && /\]\}[<>]/.test(joined.slice(start));
}

/** Whether a text means something else where `'` is a character as any other. */
function maySplit(text: string): boolean {
  return text.replace(ESCAPED, '').replace(PLAIN_QUOTES, '').includes("'");
}

/** What a plain shell reads in another way, or not at all. */
function isOwnToBash(node: SyntaxNode): boolean {
  switch (node.type) {
    case 'TestCommand':
    case 'ArithmeticCommand':
    case 'ArithmeticFor':
    case 'Select':
    case 'Coproc':
    case 'AnsiCQuoted':
    case 'LocaleString':
    case 'ProcessSubstitution':
    case 'BraceExpansion':
    case 'HereString':
    case 'ArrayValue':
    case 'Replace':
    case 'CaseModification':
    case 'Transform':
    case 'Slice':
      return true;
    case 'Redirect':
      return (
        node.operator.startsWith('&>') ||
        (node.operator === '>&' && node.target !== undefined && !/^[\d-]+$/.test(node.target.text))
      );
    case 'Pipeline':
      return node.operators.includes('|&') || node.prefixes.some(({ type }) => type === 'Time');
    case 'ParameterExpansion':
      return node.prefix === '!' || node.index !== undefined;
    case 'Function':
      return node.body.type !== 'BraceGroup' && node.body.type !== 'Subshell';
    case 'CommandExpansion':
      return node.text.startsWith('${');
    case 'Assignment':
      return node.append === true || node.index !== undefined;
    default:
      return false;
  }
}
