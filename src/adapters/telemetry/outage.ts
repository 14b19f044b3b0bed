/** Says once that a collector can't be reached, however often and of whatever kind what it is sent. */

/** What an exporter tells of an export: 0 is success, as in OpenTelemetry's `ExportResultCode`. */
interface Result {
  code: number;
  error?: Error;
}

export interface Exporter<Items> {
  export(items: Items, done: (result: Result) => void): void;
}

export interface Outage {
  /** The same exporter, watched. `kind`: what it sends. */
  watched<Items, E extends Exporter<Items>>(kind: string, exporter: E & Exporter<Items>): E;
}

/** `warn` is told when something could not be sent, and again only after all that failed was sent once more. */
export function createOutage(warn: (message: string) => void): Outage {
  const failing = new Set<string>();
  return {
    watched(kind, exporter) {
      const send = exporter.export.bind(exporter);
      exporter.export = (items, done) =>
        send(items, (result) => {
          if (result.code === 0) failing.delete(kind);
          else {
            if (failing.size === 0) warn(`${kind} can't be delivered: ${result.error?.message ?? 'refused'}`);
            failing.add(kind);
          }
          done(result);
        });
      return exporter;
    },
  };
}
