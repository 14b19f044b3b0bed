/** What a person sees on standard error while a turn works: one line for each step, on a terminal; elsewhere only a loss and limits. */
import type { EntryData } from '../../contract/entries.ts';
import type { StreamEvent } from '../../contract/stream.ts';
import { createNearWatch, nearText } from '../../engine/budget/near.ts';
import type { CallTitles } from './call-titles.ts';
import type { Io } from './io.ts';
import { lossOf } from './loss.ts';
import { summedUp } from './summed-up.ts';
import { paint, type Colour } from './paint.ts';
import { unseenText } from './unseen.ts';
import { oneLine, truncate } from '../terminal/width.ts';

export function createProgress({ stderr }: Io, titles: CallTitles): (event: StreamEvent) => void {
  const say = (colour: Colour, mark: string, text: string): void => {
    const width = (stderr.columns ?? 80) - 2;
    stderr.write(`${paint(stderr, colour, mark)} ${truncate(oneLine(text), width)}\n`);
  };
  const near = createNearWatch();
  return (event) => {
    for (const use of near.take(event)) stderr.write(`warning: ${nearText(use)}\n`);
    if (event.type === 'session.opened') {
      const opened = event.data as EntryData<'session.opened'>;
      if (opened.reason === 'repair') stderr.write(`warning: the session was repaired: ${lossOf(opened)}\n`);
    }
    if (event.type === 'model.replied') {
      const { unseen } = event.data as EntryData<'model.replied'>;
      if (unseen) stderr.write(`warning: ${oneLine(unseenText(unseen))}\n`);
    }
    if (event.type === 'turn.ended') {
      const { given_up = [], reason } = event.data as EntryData<'turn.ended'>;
      if (reason === 'success')
        for (const why of given_up) stderr.write(`warning: another model answered; ${oneLine(why)}\n`);
    }
    if (!stderr.isTty) return;
    switch (event.type) {
      case 'model.requested': {
        const { model, attempt, purpose } = event.data as EntryData<'model.requested'>;
        if (purpose === 'compact' && attempt === 1)
          return say('dim', '·', `the conversation is long: ${model} sums it up`);
        const what = purpose === 'plan' ? ' for a plan' : '';
        return say('dim', '·', `asks ${model}${what}${attempt === 1 ? '' : `, attempt ${attempt}`}`);
      }
      case 'model.replied': {
        // What it says beside its calls; the answer itself goes to standard output.
        const { parts, tool_calls } = event.data as EntryData<'model.replied'>;
        const texts = tool_calls.length === 0 ? [] : parts.map((part) => (part.type === 'text' ? part.text : ''));
        const said = texts.map((text) => (typeof text === 'string' ? text : text.head)).join('');
        if (said.trim() !== '') say('dim', '>', said.trim());
        return;
      }
      case 'context.compacted': {
        return say('dim', '·', summedUp(event.data as EntryData<'context.compacted'>));
      }
      case 'call.started': {
        const { call_id, tool } = event.data as EntryData<'call.started'>;
        return say('dim', '·', titles.ofCall(call_id) ?? tool);
      }
      case 'call.finished': {
        const { call_id, outcome, error } = event.data as EntryData<'call.finished'>;
        if (outcome === 'ok') return;
        return say('yellow', '!', `${titles.ofCall(call_id) ?? call_id}: ${error?.message ?? outcome}`);
      }
      case 'call.refused': {
        const { call_id, message } = event.data as EntryData<'call.refused'>;
        return say('yellow', '!', `${titles.ofCall(call_id) ?? call_id}: ${message}`);
      }
      case 'model.failed': {
        const failed = event.data as EntryData<'model.failed'>;
        return say('yellow', '!', `model: ${failed.message}`);
      }
      default:
        return;
    }
  };
}
