import { readdirSync } from 'node:fs';

/** What is directly in a folder. Undefined: there is none, or nobody here may look. */
export function namesIn(folder: string): string[] | undefined {
  try {
    return readdirSync(folder);
  } catch {
    return undefined;
  }
}
