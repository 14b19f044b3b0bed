/** What must hold when the story has come to its end, whatever it went through. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Entry } from '../../src/contract/entries.ts';
import { COUNTER, WORKLOAD } from '../../src/engine/chaos/workload.ts';
import { dataOf } from './evidence.ts';
import { messagesIn, type Story } from './play.ts';

/** What a model and a person can see of the sessions: without ids, times and what was tried again. */
export type Transcript = Record<string, unknown>;

export function transcriptOf({ scratch }: Story, sessions: readonly string[]): Transcript {
  return Object.fromEntries(sessions.map((session) => [session, seenIn(scratch.journal(session))]));
}

function seenIn(entries: readonly Entry[]): unknown {
  return {
    messages: messagesIn(entries),
    replies: dataOf(entries, 'model.replied').map(({ parts, tool_calls }) => ({ parts, tool_calls })),
    results: Object.fromEntries(
      dataOf(entries, 'call.finished').map(({ call_id, outcome, output }) => [call_id, { outcome, output }]),
    ),
    endings: dataOf(entries, 'turn.ended').map(({ reason }) => reason),
  };
}

/**
 * What doesn't hold, in words, of a story in which what the `undisturbed` sessions have was played. `printed`: the ids of entries that a program had told when it ended. `mayFail`: tools may
 * have met the fault, too, so that the turn took another way.
 */
export async function brokenIn(
  story: Story,
  undisturbed: Transcript,
  { printed, mayFail }: { printed: readonly string[]; mayFail: boolean },
): Promise<string[]> {
  const { scratch, workspace } = story;
  const broken: string[] = [];
  const expect = (holds: boolean, what: string): void => void (holds || broken.push(what));
  const one = scratch.journal('one');
  const sessions = Object.keys(undisturbed);
  const all = sessions.flatMap((session) => scratch.journal(session));

  const verified = await story.run(['session', 'verify', '--all', '-o', 'json']);
  expect(verified.code === 0, `verify: ${verified.stdout} ${verified.stderr}`);
  const unproven = (JSON.parse(verified.stdout) as { status: string }[]).filter(({ status }) => status !== 'verified');
  expect(unproven.length === 0, `not verified: ${JSON.stringify(unproven)}`);

  const accepted = dataOf(all, 'input.received').map(({ event_id }) => event_id);
  const ended = dataOf(all, 'turn.ended').flatMap(({ event_ids }) => event_ids);
  expect(
    isDeepStrictEqual(accepted.toSorted(), ended.toSorted()),
    `messages ${accepted.join(' ')}, of ended turns ${ended.join(' ')}`,
  );

  const command = dataOf(one, 'call.started').filter(({ tool }) => tool === 'exec_command');
  const runs = scratch.read(COUNTER).split('\n').length - 1;
  const finished = dataOf(one, 'call.finished').some(({ call_id }) => call_id === command[0]?.call_id);
  const unknown = dataOf(one, 'call.abandoned').some(({ call_id }) => call_id === command[0]?.call_id);
  expect(command.length === 1, `the command was started ${command.length} times`);
  expect(finished !== unknown, 'the command has neither a result nor "unknown", or both');
  expect(runs === 1 || (runs === 0 && unknown), `the command ran ${runs} times, ${unknown ? '' : 'not '}unknown`);

  const asked = dataOf(one, 'approval.requested').length;
  const granted = dataOf(one, 'approval.resolved').map(({ outcome }) => outcome);
  expect(asked === 1 && isDeepStrictEqual(granted, ['granted']), `${asked} approvals, answered: ${granted.join(' ')}`);

  const patch = dataOf(one, 'call.started').filter(({ tool }) => tool === 'apply_patch')[0]?.call_id;
  const patched = dataOf(one, 'call.finished').find(({ call_id }) => call_id === patch)?.outcome === 'ok';
  const { before, after } = WORKLOAD;
  const files: Record<string, string> = patched ? after : { 'b.txt': '', ...before };
  for (const [path, text] of Object.entries(files)) {
    expect(scratch.read(path) === text, `${path} is not as ${patched ? 'after' : 'before'} the patch`);
  }
  expect(patched || mayFail, 'the patch was not made');

  const lines = new Set(all.map(({ seq, at, type }) => `${seq} ${at} ${type}`));
  for (const line of printed) expect(lines.has(line), `was told, and is gone: ${line}`);
  expect(!existsSync(join(workspace, 'sessions/gone.jsonl')), 'a removed session is there');

  const seen = transcriptOf(story, sessions);
  const otherwise = unknown || (mayFail && dataOf(all, 'call.finished').some(({ outcome }) => outcome !== 'ok'));
  expect(
    otherwise || isDeepStrictEqual(seen, undisturbed),
    `another transcript: ${JSON.stringify(seen).slice(0, 2000)}`,
  );
  return broken;
}
