/** Whether and where traces and metrics go: by the configuration, else by OpenTelemetry's own variables. */
import { parseDuration } from '../../base/duration.ts';
import type { Environment } from '../../base/environment.ts';
import type { Config } from '../../contract/config.ts';
import type { TelemetrySettings } from '../../contract/telemetry.ts';

const SERVICE = 'runtime';

/** Undefined: nowhere, and nothing of it is loaded. */
export function telemetrySettings({ telemetry }: Config, environment: Environment): TelemetrySettings | undefined {
  const endpoint = telemetry.endpoint || environment['OTEL_EXPORTER_OTLP_ENDPOINT'];
  if (!endpoint || environment['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return undefined;
  const attributes = pairsOf(environment['OTEL_RESOURCE_ATTRIBUTES']);
  return {
    endpoint,
    headers: telemetryHeaders(environment),
    service_name: telemetry.service_name || environment['OTEL_SERVICE_NAME'] || attributes['service.name'] || SERVICE,
    attributes,
    interval_ms: parseDuration(telemetry.interval)!,
    timeout_ms: parseDuration(telemetry.timeout)!,
  };
}

/** They hold what opens the collector: only the environment has them. */
export function telemetryHeaders(environment: Environment): Record<string, string> {
  return pairsOf(environment['OTEL_EXPORTER_OTLP_HEADERS']);
}

/** `name=value,name=value`, with percent-encoded values. What isn't that is left out. */
function pairsOf(text = ''): Record<string, string> {
  const pairs = text.split(',').flatMap((pair): [string, string][] => {
    const at = pair.indexOf('=');
    const name = pair.slice(0, Math.max(0, at)).trim();
    return name === '' ? [] : [[name, decoded(pair.slice(at + 1).trim())]];
  });
  return Object.fromEntries(pairs);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
