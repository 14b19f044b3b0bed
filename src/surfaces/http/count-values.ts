const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const BRACKET = 0x5b;
const BRACE = 0x7b;

/**
 * Counts the values of a text of JSON while it comes, by what opens and separates them: so it is known before the text is
 * parsed how long that would take. Gives for each piece how many there are so far. The text may be no JSON.
 */
export function createValueCounter(): (piece: Uint8Array) => number {
  let count = 0;
  let inString = false;
  let isEscaped = false;
  return (piece) => {
    for (const byte of piece) {
      if (isEscaped) isEscaped = false;
      else if (byte === QUOTE) inString = !inString;
      else if (inString) isEscaped = byte === BACKSLASH;
      else if (byte === COMMA || byte === BRACKET || byte === BRACE) count++;
    }
    return count;
  };
}
