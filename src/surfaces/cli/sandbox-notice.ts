import type { EntryData } from '../../contract/entries.ts';
import type { StreamEvent } from '../../contract/stream.ts';
import type { SandboxLevel } from '../../contract/values.ts';
import type { Io } from './io.ts';

/** Says, before the first command runs, what confines it; and again before one that nothing does. */
export function createSandboxNotice({ stderr }: Io): (event: StreamEvent) => void {
  const confined = new Map<string, SandboxLevel | undefined>();
  const said = new Set<string>();
  return (event) => {
    if (event.type === 'call.inspected') {
      const { call_id, facts } = event.data as EntryData<'call.inspected'>;
      confined.set(call_id, facts.sandbox);
    }
    if (event.type !== 'policy.decided') return;
    const { call_id, effect, verdict, rules } = event.data as EntryData<'policy.decided'>;
    // One that was inspected before this process began is only judged again: it stays as confined as it was then.
    if (effect !== 'exec' || verdict === 'deny' || !confined.has(call_id)) return;
    const notice = noticeOf(
      confined.get(call_id),
      rules.some(({ id }) => id === 'sandbox:none'),
    );
    if (said.has(notice)) return;
    said.add(notice);
    stderr.write(`${notice}\n`);
  };
}

/** `isWanted`: the policy would have it in one, and it asks because it isn't. */
function noticeOf(level: SandboxLevel | undefined, isWanted: boolean): string {
  if (level === undefined && isWanted) return 'outside of the sandbox: this command would run with your own rights';
  if (level === undefined) return 'sandbox off: commands run with your own rights';
  return `sandbox ${level}: commands change the project alone, without network (what it leaves: runtime doctor)`;
}
