/** Traces and metrics for a collector, where one is configured. Nothing else of it is loaded otherwise. */
import { version } from '#generated/version.js';
import { systemIds } from '../../base/ids.ts';
import type { TelemetrySink } from '../../contract/telemetry.ts';
import type { Workspace } from '../wire.ts';
import type { SessionTraces } from './session-traces.ts';
import { telemetrySettings } from './settings.ts';

export type Telemetry = SessionTraces & Pick<TelemetrySink, 'span' | 'close'>;

/** `warn` is told what keeps it from the collector, once for each time that this begins. Undefined: none is configured. */
export async function openTelemetry(
  { loaded, request, clock, store }: Workspace,
  warn: (message: string) => void,
): Promise<Telemetry | undefined> {
  const settings = telemetrySettings(loaded.config, request.environment);
  if (!settings) return undefined;
  if (!/^https?:$/.test(URL.parse(settings.endpoint)?.protocol ?? '')) {
    warn('telemetry is off: its endpoint is no URL that begins with http:// or https://');
    return undefined;
  }
  const { createOtlpSink } = await import('../../adapters/telemetry/otlp-sink.ts');
  const { createSessionTraces } = await import('./session-traces.ts');
  const sink = createOtlpSink({ settings, clock, version, instance: systemIds(clock).ulid(), warn });
  return { ...createSessionTraces(sink, store.journal), span: sink.span, close: sink.close };
}
