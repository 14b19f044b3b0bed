/** The files that every run of a workspace needs. Sessions prove themselves one by one: `session verify`. */
import { toRuntimeError } from '../../contract/errors.ts';
import type { Workspace } from '../wire.ts';
import type { Finding } from './finding.ts';

export async function examineRecords({ store }: Workspace): Promise<Finding[]> {
  const found = await Promise.all([
    examineAudit(store.audit),
    examineReading('accepted messages', () => store.ingress.pending()),
    examineReading('standing grants', () => store.grants.list()),
  ]);
  const problems = found.filter((finding) => finding !== undefined);
  if (problems.length > 0) return problems;
  return [{ check: 'records', status: 'ok', message: 'audit log, accepted messages and grants are whole' }];
}

async function examineAudit(audit: Workspace['store']['audit']): Promise<Finding | undefined> {
  return examineReading('audit log', async () => {
    const { failure } = await audit.read(() => {});
    if (failure) throw new Error(`audit.jsonl is damaged: ${failure.message}`);
  });
}

async function examineReading(what: string, read: () => Promise<unknown>): Promise<Finding | undefined> {
  try {
    await read();
    return undefined;
  } catch (thrown) {
    const { message } = toRuntimeError(thrown);
    const next = 'See what can be saved with `runtime store repair`; it changes nothing by itself.';
    return { check: 'records', status: 'problem', message: `${what}: ${message}`, next };
  }
}
