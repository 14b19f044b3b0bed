/** marked's lexer, in steps: the blocks of a text first, the inline text only of those that are to be shown. */
import { Lexer, Tokenizer, type Links, type Token, type Tokens } from 'marked';

/** Definitions of link targets that count; a text of nothing else must not cost the square of its length. */
const MOST_LINKS = 200;

/** Without such a line in it a text doesn't begin with an underlined heading. */
const UNDERLINE = /\n {0,3}(?:=+|-+)[ \t]*(?:\n|$)/;

/**
 * Text, code spans and words in bold alone, which is most of what answers say: nothing in it can mean anything else. Marks of
 * bold count where they stand beside a letter or digit within and a space without; elsewhere there are more rules.
 */
const TEXT = '[^`\\\\*_~[<&@]*';
const CODE = '`[^`]+`(?!`)';
const BOLD = `(?<![^ \\n(])\\*\\*(?=[A-Za-z0-9])${TEXT}(?:(?<=[A-Za-z0-9])\\*\\*(?!\\*)|(?<=[.:!?])\\*\\*(?![^ \\n]))`;
const SIMPLE = new RegExp(`^${TEXT}(?:(?:${CODE}|${BOLD})${TEXT})*$`);
const CODE_OR_BOLD = /(`[^`]+`|\*\*[^*]+\*\*)/;
/** … but for these: a break, and addresses that become links. */
const BREAK_OR_ADDRESS = / {2}\n|:\/\/|www\./;

export interface Lexed {
  tokens: Token[];
  /** The inline tokens of what the lexer gave as `tokens` of a leaf. */
  inline: (tokens: Token[]) => Token[];
}

export interface MarkdownLexer {
  /**
   * The blocks of a text that begins where a block begins. `mend` changes the source of the last inline text, to show what
   * is still being written. Never throws: what the lexer can't take is one paragraph.
   */
  lex(text: string, mend?: (source: string) => string): Lexed;
  /** From now on references to it are links. A footnote isn't one. */
  define(definition: Tokens.Def): void;
}

export function createLexer(): MarkdownLexer {
  const tokenizer = new Tokenizer();
  // marked's own way to look for one goes back and forth at each character of each paragraph.
  const underlined = tokenizer.lheading.bind(tokenizer);
  tokenizer.lheading = (text) => (UNDERLINE.test(text) ? underlined(text) : undefined);
  const lexer = new Lexer({ gfm: true, breaks: false, pedantic: false, tokenizer });
  const links: Links = Object.create(null) as Links;
  const inlineOf = (source: string, tokens: Token[]): Token[] => {
    if (SIMPLE.test(source) && !BREAK_OR_ADDRESS.test(source)) return simpleTokens(source, tokens);
    lexer.state.inRawBlock = false;
    lexer.state.inLink = false;
    try {
      return lexer.inlineTokens(source, tokens);
    } catch {
      tokens.splice(0, Infinity, literal(source));
      return tokens;
    }
  };
  return {
    lex(text, mend) {
      // What a block defines counts once the block is final, not while it is read.
      lexer.tokens.links = Object.assign(Object.create(null) as Links, links);
      lexer.inlineQueue = [];
      lexer.state.top = true;
      delete lexer.state.lastToken;
      let tokens: Token[];
      try {
        tokens = lexer.blockTokens(text, []);
      } catch {
        // Nested deeper than the stack is.
        tokens = [{ type: 'paragraph', raw: text, text, tokens: [literal(text)] }];
        lexer.inlineQueue = [];
      }
      lexer.tokens.links = links;
      const sources = new Map(lexer.inlineQueue.map(({ src, tokens: inner }) => [inner, src]));
      if (mend !== undefined) {
        const last = lexer.inlineQueue.findLast(({ src }) => src !== '');
        if (last !== undefined) sources.set(last.tokens, mend(last.src));
      }
      const inline = (inner: Token[]): Token[] => {
        const source = sources.get(inner);
        if (source === undefined) return inner;
        sources.delete(inner);
        return inlineOf(source, inner);
      };
      return { tokens, inline };
    },
    define({ tag, href, title }) {
      if (tag.startsWith('^') || tag in links || Object.keys(links).length >= MOST_LINKS) return;
      links[tag] = { href, title };
    },
  };
}

/** What marked's lexer would give, in a tenth of the time. */
function simpleTokens(source: string, tokens: Token[]): Token[] {
  for (const part of source.split(CODE_OR_BOLD)) {
    if (part.startsWith('`')) tokens.push(codeSpan(part));
    else if (part.startsWith('**')) tokens.push(bold(part));
    else if (part !== '') tokens.push(literal(part));
  }
  return tokens;
}

function codeSpan(raw: string): Tokens.Codespan {
  const text = raw.slice(1, -1).replaceAll('\n', ' ');
  const padded = text.startsWith(' ') && text.endsWith(' ') && /[^ ]/.test(text);
  return { type: 'codespan', raw, text: padded ? text.slice(1, -1) : text };
}

function bold(raw: string): Tokens.Strong {
  const text = raw.slice(2, -2);
  return { type: 'strong', raw, text, tokens: [literal(text)] };
}

function literal(text: string): Tokens.Text {
  return { type: 'text', raw: text, text, escaped: false };
}
