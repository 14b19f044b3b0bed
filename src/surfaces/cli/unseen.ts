import type { EntryData } from '../../contract/entries.ts';

/** That a model answered without what it can't see, for a person. */
export function unseenText({ model, parts }: NonNullable<EntryData<'model.replied'>['unseen']>): string {
  return `${model} can't see ${parts.join(', ')}: it was told the name only; \`runtime models ls\` says what models take`;
}
