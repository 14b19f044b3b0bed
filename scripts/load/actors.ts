/** Who uses the daemon in a load run. Each keeps what it was told, for the checker. */
import { setTimeout as delay } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import type { AcceptedAnswer } from '../../src/contract/answers.ts';
import type { EventStatus } from '../../src/contract/host.ts';
import type { Served } from './served.ts';

export type Kind = 'chat' | 'tool' | 'patch';

/** A message that a client sent, and what it was told of it. */
export interface Sent {
  marker: string;
  kind: Kind;
  lane: 'interactive' | 'background';
  /** Absent: the daemon makes one. */
  session?: string;
  /** Absent: refused. */
  accepted?: { event_id: string; session_id: string };
  status?: EventStatus;
  /** From sending it to knowing what became of it (ms). */
  tookMs?: number;
}

/** What a reader of a stream was given: ids of entries, in order. */
export interface Read {
  session: string;
  ids: string[];
}

export interface Ledger {
  sent: Sent[];
  read: Read[];
  /** Answers that contradict an earlier one. */
  contradictions: string[];
  granted: string[];
  /** Ids of messages that the job says it has sent. */
  fired: string[];
}

export interface Load {
  served: Served;
  ledger: Ledger;
  random: () => number;
  /** Aborted when nothing more is to be begun. */
  over: AbortSignal;
}

/** Sends a message until it is known whether it was accepted, each time with the same key. */
export async function send(load: Load, message: Omit<Sent, 'marker'>): Promise<Sent> {
  const { served, ledger } = load;
  const sent: Sent = { ...message, marker: `m-${ledger.sent.length + 1}` };
  ledger.sent.push(sent);
  const { session, lane, kind, marker } = sent;
  const began = performance.now();
  const { status, body } = await served.ask<AcceptedAnswer>('POST', '/v1/events', {
    content: `${marker} ${kind}`,
    lane,
    idempotency_key: marker,
    ...(session !== undefined && { session_id: session }),
  });
  if (status !== 200 && status !== 202) {
    ledger.contradictions.push(`${marker}: refused with ${status} ${JSON.stringify(body)}`);
    return sent;
  }
  const { event_id, session_id } = body;
  sent.accepted = { event_id, session_id };
  if (session !== undefined && session_id !== session) ledger.contradictions.push(`${marker}: in ${session_id}`);
  sent.tookMs = performance.now() - began;
  return sent;
}

/** Waits until it is known what became of a message. */
export async function settle({ served, ledger }: Load, sent: Sent): Promise<void> {
  if (!sent.accepted) return;
  for (;;) {
    const { status, body } = await served.ask<EventStatus>('GET', `/v1/events/${sent.accepted.event_id}?wait_ms=1000`);
    if (status === 200) sent.status = body;
    if (status !== 200) ledger.contradictions.push(`${sent.marker}: answered ${status} ${JSON.stringify(body)}`);
    if (status !== 200 || body.status === 'done' || body.status === 'dead') return;
  }
}

/** Somebody who asks, waits for the answer, and asks again. */
export async function chatter(load: Load, session: string): Promise<void> {
  while (!load.over.aborted) {
    const roll = load.random();
    const kind: Kind = roll < 0.6 ? 'chat' : roll < 0.9 ? 'tool' : 'patch';
    const began = performance.now();
    const sent = await send(load, { kind, lane: 'interactive', session });
    if (kind !== 'patch') await settle(load, sent); // an approval takes its time
    sent.tookMs = performance.now() - began;
  }
}

/** Bursts of work that nobody waits for. */
export async function batches(load: Load, most: number): Promise<void> {
  while (!load.over.aborted) {
    const count = 1 + Math.floor(load.random() * most);
    const kind: Kind = load.random() < 0.5 ? 'chat' : 'tool';
    await Promise.all(Array.from({ length: count }, () => send(load, { kind, lane: 'background' })));
    await delay(load.random() * 500);
  }
}

/** Answers what waits for a person, until `ends` resolves. */
export async function approver({ served, ledger }: Load, ends: Promise<void>): Promise<void> {
  let ended = false;
  void ends.then(() => (ended = true));
  while (!ended) {
    const { body } = await served.ask<{ approvals: { id: string }[] }>('GET', '/v1/approvals');
    for (const { id } of body.approvals ?? []) {
      const { status } = await served.ask('POST', `/v1/approvals/${id}/resolve`, { decision: 'grant' });
      if (status === 200) ledger.granted.push(id);
    }
    await delay(50);
  }
}

/** Reads a session's stream, and goes on where it was when the daemon goes away. */
export async function reader({ served, ledger }: Load, session: string, ends: Promise<void>): Promise<void> {
  const read: Read = { session, ids: [] };
  ledger.read.push(read);
  let ended = false;
  let cancel = (): void => {};
  void ends.then(() => {
    ended = true;
    cancel();
  });
  while (!ended) {
    try {
      const last = read.ids.at(-1);
      const path = `/v1/sessions/${session}/stream?absent=wait`;
      const response = await served.open(path, last === undefined ? {} : { 'last-event-id': last });
      const body = response.body!.getReader();
      cancel = () => void body.cancel().catch(() => {});
      if (ended) cancel();
      const parser = createParser({
        onEvent({ event, id }) {
          if (event === 'reset') read.ids.length = 0;
          if (id !== undefined && id !== '') read.ids.push(id);
        },
      });
      const decoder = new TextDecoder();
      for (;;) {
        const { done, value } = await body.read();
        if (done) break;
        parser.feed(decoder.decode(value, { stream: true }));
      }
    } catch {
      // away: again
    }
    await delay(50);
  }
}
