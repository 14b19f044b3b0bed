/** What must hold after a load run. Told from the journals as they lie there, and from what the clients were told. */
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from './actors.ts';

interface Line {
  seq: number;
  type: string;
  hash: string;
  data: Record<string, unknown>;
}

export interface Findings {
  violations: string[];
  turns: number;
  entries: number;
  /** Commands of which nobody knows whether they ran: killed in the middle. */
  unknown: number;
}

export function check(home: string, project: string, ledger: Ledger): Findings {
  const violations = [...ledger.contradictions];
  const journals = readJournals(join(home, 'workspaces/default/sessions'));
  const received = new Map<string, string[]>();
  const ended = new Map<string, string[]>();
  let unknown = 0;
  let entries = 0;
  for (const [session, lines] of journals) {
    entries += lines.length;
    for (const { type, data } of lines) {
      if (type === 'input.received' && data['mode'] !== 'stop') push(received, String(data['event_id']), session);
      if (type === 'turn.ended') for (const id of data['event_ids'] as string[]) push(ended, id, session);
      if (type === 'call.abandoned' || data['outcome'] === 'unknown') unknown++;
    }
  }
  const known = new Set<string>();
  for (const { marker, accepted, status, kind } of ledger.sent) {
    if (!accepted) continue;
    known.add(accepted.event_id);
    const { event_id, session_id } = accepted;
    const places = received.get(event_id) ?? [];
    if (places.length !== 1 || places[0] !== session_id) {
      violations.push(`${marker} (${event_id}): entered ${places.length} times`);
    }
    const ends = ended.get(event_id) ?? [];
    if (ends.length !== 1) violations.push(`${marker} (${event_id}): ended ${ends.length} times`);
    if (status?.status !== 'done') violations.push(`${marker} (${event_id}): told as ${status?.status}`);
    if (kind === 'chat' && status?.reason === 'success' && status.text !== `done ${marker}`) {
      violations.push(`${marker} (${event_id}): was answered "${status.text}"`);
    }
  }
  for (const id of ledger.fired) {
    known.add(id);
    const [entered, ends] = [received.get(id)?.length ?? 0, ended.get(id)?.length ?? 0];
    if (entered !== 1 || ends !== 1) violations.push(`${id} of the job: entered ${entered} times, ended ${ends} times`);
  }
  for (const id of received.keys()) if (!known.has(id)) violations.push(`${id}: entered, and nobody was told of it`);
  violations.push(...orderOf(journals, ledger), ...effectsOf(project, ledger), ...readersOf(journals, ledger));
  return { violations, turns: ended.size, entries, unknown };
}

/** In a session, messages of a lane are entered in the order in which they were accepted. */
function orderOf(journals: Map<string, Line[]>, { sent }: Ledger): string[] {
  return [...journals].flatMap(([session, lines]) => {
    const entered = lines.filter(({ type }) => type === 'input.received').map(({ data }) => data['event_id']);
    const accepted = sent.filter((one) => one.session === session && one.accepted).map((one) => one.accepted!.event_id);
    const same = accepted
      .filter((id) => entered.includes(id))
      .every((id, at, all) => {
        const before = all[at - 1];
        return before === undefined || entered.indexOf(before) < entered.indexOf(id);
      });
    return same ? [] : [`${session}: messages were entered out of order`];
  });
}

/** A command runs once, or, killed in the middle, perhaps; never twice. */
function effectsOf(project: string, { sent }: Ledger): string[] {
  const file = join(project, 'effects.log');
  const effects = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  const counts = new Map<string, number>();
  for (const marker of effects) counts.set(marker, (counts.get(marker) ?? 0) + 1);
  return sent.flatMap(({ marker, kind }) => {
    const count = counts.get(marker) ?? 0;
    const most = kind === 'tool' ? 1 : 0;
    return count > most ? [`${marker}: its command ran ${count} times`] : [];
  });
}

/** Each reader was given the journal's entries from the first on, each once. */
function readersOf(journals: Map<string, Line[]>, { read }: Ledger): string[] {
  return read.flatMap(({ session, ids }) => {
    const lines = journals.get(session) ?? [];
    const expected = lines.slice(0, ids.length).map(({ seq, hash }) => `${seq}-${hash.slice(0, 8)}`);
    const at = ids.findIndex((id, index) => id !== expected[index]);
    if (at !== -1) return [`a reader of ${session} was given ${ids[at]} where ${expected[at]} stands`];
    return ids.length === lines.length
      ? []
      : [`a reader of ${session} was given ${ids.length} of ${lines.length} entries`];
  });
}

function readJournals(folder: string): Map<string, Line[]> {
  return new Map(
    readdirSync(folder)
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => {
        const text = readFileSync(join(folder, name), 'utf8');
        return [
          name.slice(0, -'.jsonl'.length),
          text
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line) as Line),
        ];
      }),
  );
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  map.set(key, [...(map.get(key) ?? []), value]);
}
