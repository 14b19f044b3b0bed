/** The nearest place at or before `at` that splits no character: continuation bytes begin with the bits 10. */
export function characterStart(bytes: Uint8Array, at: number): number {
  let place = at;
  while (place > 0 && (bytes[place]! & 0xc0) === 0x80) place--;
  return place;
}
