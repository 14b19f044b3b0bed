/** What `open` does when it runs, told as a result. Loaded by the first call. */
import { characterStart } from '../../../base/utf8.ts';
import type { ToolContext } from '../../../contract/ports.ts';
import type { HostFact } from '../../../contract/values.ts';
import { get, type Got } from '../net/get.ts';
import { systemNetwork } from '../net/network.ts';
import type { Failure } from '../../../base/failure.ts';
import { failed, type Outcome, type Scene } from '../tool.ts';
import { pageText, refuseType } from './page-text.ts';
import { proxyFor } from './proxy.ts';

/** For all of it: looking up, connecting, redirects and the body. */
const LONGEST_MS = 30_000;
const KEPT_BYTES = 1024 * 1024 - 1024;

const TIMED_OUT: Failure = { code: 'timeout', message: `it took longer than ${LONGEST_MS / 1000} s` };

export async function openPage(
  target: HostFact,
  { network = systemNetwork, clock, environment }: Pick<Scene, 'network' | 'clock' | 'environment'>,
  { signal, mayConnect }: Pick<ToolContext, 'signal' | 'mayConnect'>,
): Promise<Outcome> {
  const proxy = target.scope === undefined ? proxyFor(environment, target) : undefined;
  if (proxy !== undefined) {
    const message = `${proxy} names a proxy, and open uses none: addresses are looked at before they are connected to`;
    return failed({ code: 'proxy', message });
  }
  const stopper = new AbortController();
  const stop = (): void => stopper.abort(signal.reason);
  const cancel = clock.at(clock.now() + LONGEST_MS, () => stopper.abort(TIMED_OUT));
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    const around = { network, clock, signal: stopper.signal, mayConnect };
    const got = await get({ url: target.url, refuse: refuseType }, around);
    const taint = [`web:${target.host}`];
    if ('code' in got) {
      const { heard, ...failure } = got;
      return { ...failed(failure), ...(heard && { taint }) };
    }
    if ('to' in got) return { ...redirected(got), taint };
    return { ...(await shown(got, around)), taint };
  } catch (error) {
    if (signal.aborted) return { outcome: 'canceled', output: 'canceled' };
    if (stopper.signal.aborted) return { outcome: 'timeout', error: TIMED_OUT, output: '' };
    return failed(failureOn(target, error));
  } finally {
    cancel();
    signal.removeEventListener('abort', stop);
  }
}

function redirected({ from, status, to }: { from: string; status: number; to: string }): Outcome {
  const output = `${from} leads to another place (${status}), which was not opened. If it is wanted, open it:\n${to}`;
  return { outcome: 'ok', output };
}

async function shown(got: Got, around: Parameters<typeof pageText>[1]): Promise<Outcome> {
  const { url, status, reason, type, bytes, address } = got;
  const page = await pageText(got, around);
  const isError = status >= 400;
  if ('code' in page && !isError) return failed(page);
  const { title, text } = 'code' in page ? { title: '', text: '' } : page;
  const { kept, isCut } = head(text);
  const about = `[${[`${status} ${reason}`.trim(), type, `${bytes.length} bytes`].filter((part) => part !== '').join(', ')} from ${address}${isCut ? '; cut' : ''}]`; // prettier-ignore
  const output = [title === '' ? url : `# ${title}\n${url}`, kept.trim(), about].filter((part) => part !== '').join('\n\n'); // prettier-ignore
  const result = { output, output_truncated: isCut };
  if (!isError) return { outcome: 'ok', ...result };
  return { outcome: 'error', error: { code: 'http_error', message: `${url} says ${status} ${reason}`.trim() }, ...result };
} // prettier-ignore

function head(text: string): { kept: string; isCut: boolean } {
  const bytes = Buffer.from(text);
  if (bytes.length <= KEPT_BYTES) return { kept: text, isCut: false };
  return { kept: bytes.toString('utf8', 0, characterStart(bytes, KEPT_BYTES)), isCut: true };
}

const NO_NAME = ['ENOTFOUND', 'ENODATA', 'EAI_NONAME', 'EAI_NODATA'];
const CERTIFICATE = /^(?:CERT_|ERR_TLS_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_PURPOSE)/;
const PROTOCOL = /^(?:ERR_SSL|EPROTO|HPE_|Z_|ERR__ERROR_FORMAT)/;

function failureOn({ host, port }: HostFact, error: unknown): Failure {
  const { code = '', message, syscall } = error as NodeJS.ErrnoException;
  const where = `${host}:${port}`;
  if (NO_NAME.includes(code)) return { code: 'name_not_found', message: `there is no host ${host}` };
  if (syscall === 'getaddrinfo') return { code: 'name_not_found', message: `${host} could not be looked up (${code})` };
  // In words of its own it would say what the certificate does.
  if (CERTIFICATE.test(code)) return { code: 'tls', message: `the certificate of ${where} is not trusted (${code})` };
  if (PROTOCOL.test(code)) return { code: 'unreadable', message: `what ${where} sends can't be read: ${message}` };
  return { code: 'no_connection', message: `no reply from ${where}: ${message}` };
}
