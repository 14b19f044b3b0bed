import type { JsonValue } from '../base/json.ts';

/** A key that holds a value: a leaf of the configuration, or of the items of a list of objects (path from the item). */
export interface ConfigKey {
  path: string;
  kind: 'text' | 'integer' | 'number' | 'boolean' | 'duration' | 'choice' | 'list' | 'texts' | 'objects' | 'counts';
  description: string;
  /** What a choice, or each item of a list, may be. */
  values?: string[];
  /** Absent where the program decides when it starts, or nothing is meant. */
  default?: JsonValue;
  required?: true;
  /** Never shown. */
  secret?: true;
  /** Keys of the objects of a list. */
  items?: ConfigKey[];
}
