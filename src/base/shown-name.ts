/** Can a name be typed and shown on a line: some characters, none that controls or can't be seen, no end of a line? */
export function isShownName(text: string): boolean {
  return /^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u.test(text);
}

/** As it is, or in quotes with escapes. */
export function shownName(text: string): string {
  return isShownName(text) ? text : JSON.stringify(text);
}
