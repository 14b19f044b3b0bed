/** Why a job's command ran, and what came of it: told from the records of schedules, where no session has anything of it. */
import { utcTime } from '../../../base/utc-time.ts';
import type { Job, ScheduleRecord } from '../../../contract/schedule.ts';
import type { WhyLine, WhyReport } from '../../../contract/why.ts';
import type { Workspace } from '../../wire.ts';

type RecordOf<T extends ScheduleRecord['type']> = Extract<ScheduleRecord, { type: T }>['data'] & { seq: number };

/** What stands in the records of the firing with this id. */
interface Traces {
  job: Job;
  added: RecordOf<'job.added'>;
  intended: RecordOf<'firing.intended'>;
  settled?: RecordOf<'firing.settled'>;
  ended?: RecordOf<'firing.ended'>;
  delivered?: RecordOf<'firing.delivered'>;
}

/** Undefined: the id is not one of a command's run. */
export async function whyCommand({ store }: Workspace, event_id: string): Promise<WhyReport | undefined> {
  const traces = await tracesOf(store, event_id);
  if (traces?.job.command === undefined) return undefined;
  const { job, added, intended, settled, ended, delivered } = traces;
  const bytes = ended?.output === undefined ? undefined : await store.blobs.get(ended.output);
  const output = bytes && Buffer.from(bytes).toString('utf8').trimEnd();
  const result = ended && (ended.outcome === 'ok' ? 'it ended well' : `it failed: ${ended.reason}`);
  const how = intended.manual ? 'asked for by hand' : `due ${utcTime(intended.due_at)}, ${intended.state}`;
  return {
    schemaVersion: 'runtime.why.v1',
    id: event_id,
    kind: 'event',
    answer: ended ? line(`job ${job.name} ran a command: ${result}`, ended) : line(`job ${job.name} fired`, intended),
    steps: [
      {
        topic: 'asked',
        lines: [
          line(`${added.by} added job ${job.name} at ${utcTime(added.added_at)}: ${job.schedule ?? job.at}`, added),
          line(how, intended),
        ],
      },
      {
        topic: 'started',
        lines: settled ? [line(`in ${job.root}: ${job.command}`, settled)] : [notKnown('that it was started')],
      },
      {
        topic: 'outcome',
        lines: ended
          ? [
              line(`${result}${ended.exit_code === undefined ? '' : ` (exit code ${ended.exit_code})`}`, ended),
              ...(output ? [line(`it printed: ${output}`, ended)] : []),
            ]
          : [notKnown('how it ended')],
      },
      ...(delivered ? [{ topic: 'followed' as const, lines: [line(`${delivered.state} to ${job.deliver}`, delivered)] }] : []), // prettier-ignore
    ],
  };
}

async function tracesOf({ schedules }: Workspace['store'], event_id: string): Promise<Traces | undefined> {
  const jobs = new Map<string, RecordOf<'job.added'>>();
  let found: Traces | undefined;
  await schedules.read((record, seq) => {
    if (record.type === 'job.added') jobs.set(record.data.job.name, { ...record.data, seq });
    if (record.type === 'firing.intended' && record.data.event_id === event_id) {
      const added = jobs.get(record.data.job)!;
      found = { job: added.job, added, intended: { ...record.data, seq } };
    }
    if (!found || !('due_at' in record.data)) return;
    if (record.data.job !== found.job.name || record.data.due_at !== found.intended.due_at) return;
    if (record.type === 'firing.settled') found.settled = { ...record.data, seq };
    if (record.type === 'firing.ended') found.ended = { ...record.data, seq };
    if (record.type === 'firing.delivered') found.delivered = { ...record.data, seq };
  });
  return found;
}

function line(text: string, { seq }: { seq: number }): WhyLine {
  return { text, evidence: [`schedules.jsonl seq ${seq}`] };
}

function notKnown(text: string): WhyLine {
  return { text, evidence: [], missing: true };
}
