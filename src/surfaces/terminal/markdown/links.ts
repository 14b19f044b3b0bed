/** What a link shows, and what of it may go into OSC 8. */

/** A terminal opens these without a question; anything else (a file, a program's own scheme) is only shown. */
const LINKABLE = /^(?:https?:\/\/|mailto:)/i;
/** Longer ones are cut off or ignored by terminals. */
const LONGEST_LINK = 2000;
const NOT_IN_LINK = /[^\x21-\x7E]+/g;
const LOOKS_LIKE_ADDRESS = /^(?:[a-z][a-z0-9+.-]*:|www\.)|^[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:[/:?#]|$)/i;

/**
 * The target as printable ASCII, so that nothing in it ends the sequence; undefined for what isn't to be a hyperlink. `;` may
 * stand in it: the URI is the last parameter.
 */
export function linkTarget(address: string): string | undefined {
  if (!LINKABLE.test(address)) return undefined;
  const target = address.toWellFormed().replace(NOT_IN_LINK, (text) => encodeURIComponent(text));
  return target.length > LONGEST_LINK ? undefined : target;
}

/** Does the text tell where the link leads by itself? */
export function saysAddress(text: string, address: string): boolean {
  return bare(text) === bare(address);
}

/** Text that reads like an address but is not where the link leads hides something: then both are shown. */
export function deceives(text: string, address: string): boolean {
  return LOOKS_LIKE_ADDRESS.test(text.trim()) && !saysAddress(text, address);
}

function bare(address: string): string {
  return address
    .trim()
    .replace(/^mailto:|^https?:\/\//i, '')
    .replace(/\/$/, '');
}
