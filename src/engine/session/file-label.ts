import type { Part } from '../../contract/values.ts';

/** What people read in the place of an image or a document: `[image cat.png, 70 bytes]`. */
export function fileLabel({ type, name, media_type, bytes }: Extract<Part, { blob: string; bytes: number }>): string {
  return `[${type} ${name ?? media_type}, ${bytes.toLocaleString('en')} bytes]`;
}
