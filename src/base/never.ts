/** The signal of what nobody cancels. */
export const NEVER = new AbortController().signal;
