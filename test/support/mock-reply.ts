/** What a mock service is told to answer, whatever it speaks. */

/** How one request is answered. Without anything: the text "ok". */
export interface MockReply {
  text?: string;
  reasoning?: string;
  /** With the reasoning comes this seal, where the format has one. Default: `sealed`; '': none. */
  seal?: string;
  /** A block of reasoning that nobody may read, where the format has such. */
  redacted?: string;
  /** `arguments`: an object, or the raw text. `id: null` leaves the id out. */
  calls?: { id?: string | null; name: string; arguments: object | string }[];
  refusal?: string;
  /** Default: `tool_calls` with calls, else `end`. */
  stop?: 'end' | 'tool_calls' | 'length' | 'refused';
  /** The format's own word for the end of the reply, where it isn't one of those. */
  finish?: string;
  /** null: none is reported. */
  usage?: { input: number; output: number; cached?: number; reasoning?: number } | null;
  /** In how many pieces text and arguments come. */
  chunks?: number;
  /** Before the head of the reply, and before each event. */
  headDelayMs?: number;
  delayMs?: number;
  headers?: Record<string, string>;
  /** Any other than 200: `body` is sent instead of events. */
  status?: number;
  body?: object | string;
  /** The socket is cut after so many events; `cutHead`: before any byte of a reply. */
  cutAfter?: number;
  cutHead?: boolean;
  /** The reply ends properly after so many events, without its last one. */
  endAfter?: number;
  /** Nothing more comes, but the connection stays: after so many events; `hangHead`: before any byte. */
  hangAfter?: number;
  hangHead?: boolean;
  /** After so many events it waits for `release`. */
  holdAfter?: number;
  /** After the last event the reply is not ended. */
  linger?: boolean;
  gzip?: boolean;
  /** Further events, as data, before the last one. */
  extraEvents?: object[];
  /** This text instead of events, in pieces of 64 KiB; as often as `repeat` says. With `cutAfter` it is cut then. */
  raw?: string;
  repeat?: number;
}

export function textOf({ text, calls, refusal, reasoning }: MockReply): string {
  return text ?? ((calls ?? refusal ?? reasoning) ? '' : 'ok');
}

export function stopOf({ stop, calls, refusal }: MockReply): NonNullable<MockReply['stop']> {
  return stop ?? (calls ? 'tool_calls' : refusal === undefined ? 'end' : 'refused');
}

export function usageOf({ usage }: MockReply): Required<NonNullable<MockReply['usage']>> {
  return { input: 10, output: 5, cached: 0, reasoning: 0, ...usage };
}

export function callId(call: NonNullable<MockReply['calls']>[number], index: number): string | undefined {
  return call.id === null ? undefined : (call.id ?? `call_mock_${index + 1}`);
}

export function argumentsOf({ arguments: value }: NonNullable<MockReply['calls']>[number]): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function pieces(text: string, chunks = 1): string[] {
  if (text === '') return [];
  const size = Math.ceil(text.length / chunks);
  return Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    text.slice(index * size, (index + 1) * size),
  );
}
