/** Where a job's results go: a file, or a webhook. */
export interface Destination {
  kind: 'file' | 'webhook';
  /** The path, or the address. */
  to: string;
}

/** Of `file:<path>` or `webhook:<URL>`; undefined for anything else. */
export function parseDestination(text: string): Destination | undefined {
  const [, kind, to] = /^(file|webhook):(.+)$/s.exec(text) ?? [];
  return to === undefined ? undefined : { kind: kind as Destination['kind'], to };
}
