/** Calls `run` when all has been read that had come in by now, however long this process has stood still before. */
export function whenRead(run: () => void): void {
  // The round of the event loop that is under way may have looked for input already; the next one looks once more.
  setImmediate(() => setImmediate(run));
}
