import type { Entry, ToolCall } from '../../contract/entries.ts';

/** The calls that an entry makes: those of a model's reply, or the runtime's own, which checks a turn. */
export function callsMade(entry: Entry): ToolCall[] {
  if (entry.type === 'model.replied') return entry.data.tool_calls;
  if (entry.type !== 'check.requested') return [];
  const { call_id, tool, arguments_raw } = entry.data;
  return [{ call_id, provider_id: '', name: tool, arguments_raw }];
}
