/** A JSON value as JavaScript holds it. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/** A JSON object. Keys that are absent are left out, never `undefined`. */
export interface JsonObject {
  [key: string]: JsonValue;
}
