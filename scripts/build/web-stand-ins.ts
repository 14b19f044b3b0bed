/**
 * What the packages of model services see in place of the web's globals. The first touch of a real one loads undici, http2 and web
 * streams: 22 ms and 14 MB, for nothing, as requests go through our own transport (their `fetch` option). They use
 * `Headers` to build requests, and the others in `instanceof` checks of bodies that we never give it.
 */

/** A fetch-like list of headers. The transport gets it in `init.headers`. */
export class Headers {
  readonly #values = new Map<string, string>();

  constructor(init?: Iterable<readonly [string, unknown]> | Record<string, unknown>) {
    if (init === undefined) return;
    const rows = Symbol.iterator in init ? init : Object.entries(init);
    for (const [name, value] of rows) this.append(name, value);
  }

  append(name: string, value: unknown): void {
    const before = this.get(name);
    this.set(name, value);
    if (before !== null) this.#values.set(name.toLowerCase(), `${before}, ${this.get(name)}`);
  }

  delete(name: string): void {
    this.#values.delete(name.toLowerCase());
  }

  get(name: string): string | null {
    return this.#values.get(name.toLowerCase()) ?? null;
  }

  has(name: string): boolean {
    return this.#values.has(name.toLowerCase());
  }

  set(name: string, value: unknown): void {
    this.#values.set(name.toLowerCase(), String(value).trim());
  }

  forEach(visit: (value: string, name: string, headers: Headers) => void): void {
    for (const [name, value] of this.entries()) visit(value, name, this);
  }

  /** By name, as the web's does. */
  entries(): IterableIterator<[string, string]> {
    return [...this.#values].toSorted(([a], [b]) => (a < b ? -1 : 1)).values();
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }
}

class Absent {
  static [Symbol.hasInstance](_value: unknown): boolean {
    return false;
  }

  constructor() {
    throw new Error('Not part of this build of the package: see scripts/build/web-stand-ins.ts.');
  }
}

/** Google's package reads each event by one. */
export class Response {
  readonly headers = new Headers();
  readonly #body: string;

  constructor(body: string) {
    this.#body = body;
  }

  json(): unknown {
    return JSON.parse(this.#body);
  }
}

export class Request extends Absent {}
export class FormData extends Absent {}
export class Blob extends Absent {}
export class File extends Absent {}
export class ReadableStream extends Absent {}
export const navigator = undefined;
/** Without the `fetch` option a package says that it needs one. */
export const fetch = undefined;
