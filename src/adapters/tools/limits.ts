/** What fits into a journal line and a model's context whole: longer text would reach the model as head and tail only. */
export const SHOWN_BYTES = 15 * 1024;

/** A file is looked at this far for the NUL byte that makes it binary. */
export const BINARY_PROBE_BYTES = 8 * 1024;
