import type { EntryData } from '../../contract/entries.ts';

/** That a part of the conversation was summed up, for a person. */
export function summedUp({ tokens_before, tokens_after }: EntryData<'context.compacted'>): string {
  return `the conversation was summed up, from about ${tokens_before} tokens to ${tokens_after}`;
}
