import type { EntryData } from '../../contract/entries.ts';

/** What a repair could not save, for a person. */
export function lossOf({ torn_file }: EntryData<'session.opened'>): string {
  const where = torn_file === undefined ? '' : `; what is left of it lies in torn/${torn_file}`;
  return `what stood here is lost, and the model is told so${where}`;
}
