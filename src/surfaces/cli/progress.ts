/** What a person sees on standard error while a turn works: one line for each step. Only on a terminal. */
import type { EntryData } from '../../contract/entries.ts';
import type { StreamEvent } from '../../contract/stream.ts';
import type { Io } from './io.ts';
import { paint, type Colour } from './paint.ts';
import { oneLine, truncate } from './width.ts';

export function createProgress({ stderr }: Io): (event: StreamEvent) => void {
  if (!stderr.isTty) return () => {};
  const titles = new Map<string, string>();
  const say = (colour: Colour, mark: string, text: string): void => {
    const width = (stderr.columns ?? 80) - 2;
    stderr.write(`${paint(stderr, colour, mark)} ${truncate(oneLine(text), width)}\n`);
  };
  return (event) => {
    switch (event.type) {
      case 'call.inspected': {
        const { call_id, presentation } = event.data as EntryData<'call.inspected'>;
        titles.set(call_id, presentation.title);
        return;
      }
      case 'call.started': {
        const { call_id, tool } = event.data as EntryData<'call.started'>;
        return say('dim', '·', titles.get(call_id) ?? tool);
      }
      case 'call.finished': {
        const { call_id, outcome, error } = event.data as EntryData<'call.finished'>;
        if (outcome === 'ok') return;
        const title = titles.get(call_id) ?? call_id;
        return say('yellow', '!', `${title}: ${error?.message ?? outcome}`);
      }
      case 'call.refused': {
        const { call_id, message } = event.data as EntryData<'call.refused'>;
        return say('yellow', '!', `${titles.get(call_id) ?? call_id}: ${message}`);
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
