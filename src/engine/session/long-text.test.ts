import { describe, expect, it } from 'vitest';
import { digestOf, type Digest } from '../../base/digest.ts';
import type { EntryData } from '../../contract/entries.ts';
import type { Blobs } from '../../contract/ports.ts';
import { spill } from './long-text.ts';

const MAX_LINE = 1024 * 1024;

function memory(): { blobs: Blobs; texts: Map<Digest, string> } {
  const texts = new Map<Digest, string>();
  return {
    texts,
    blobs: {
      async put(data) {
        const digest = digestOf(data);
        texts.set(digest, Buffer.from(data).toString());
        return digest;
      },
      get: async () => undefined,
    },
  };
}

function reply(text: string, calls: number, argumentsLength: number): EntryData<'model.replied'> {
  return {
    call_id: 'm1.1',
    attempt: 1,
    parts: [{ type: 'text', text }],
    tool_calls: Array.from({ length: calls }, (_, index) => ({
      call_id: `c1.1.${index + 1}`,
      provider_id: `p${index}`,
      name: 'look',
      arguments_raw: `${index}`.padEnd(argumentsLength, 'x'),
    })),
    stop_reason: 'tool_calls',
    usage: { input: 0, output: 0, cached: 0, reasoning: 0 },
    model_served: 'm',
    wire_digest: digestOf(''),
    duration_ms: 0,
  };
}

describe('a long text', () => {
  it('stays in the line up to 16 KiB and becomes a blob with head and tail above', async () => {
    const { blobs, texts } = memory();
    const at = 'a'.repeat(16 * 1024);
    expect((await spill({ type: 'model.replied', data: reply(at, 0, 0) }, blobs)).data).toEqual(reply(at, 0, 0));
    const above = `${at}b`;
    const { data } = await spill({ type: 'model.replied', data: reply(above, 0, 0) }, blobs);
    const [part] = (data as EntryData<'model.replied'>).parts;
    expect(part).toEqual({
      type: 'text',
      text: { blob: digestOf(above), bytes: above.length, head: 'a'.repeat(8192), tail: `${'a'.repeat(8191)}b` },
    });
    expect(texts.get(digestOf(above))).toBe(above);
  });

  it('is never cut inside a character', async () => {
    const { blobs } = memory();
    for (const text of ['😀'.repeat(20_000), `x${'😀'.repeat(20_000)}`, `${'😀'.repeat(20_000)}y`]) {
      const { data } = await spill({ type: 'model.replied', data: reply(text, 0, 0) }, blobs);
      const [part] = (data as EntryData<'model.replied'>).parts;
      const { head, tail } = (part as { text: { head: string; tail: string } }).text;
      expect([head.isWellFormed(), tail.isWellFormed()]).toEqual([true, true]);
    }
  });
});

describe('a line', () => {
  it('stays below its limit with a thousand calls of 16 KiB each, and loses nothing', async () => {
    const { blobs, texts } = memory();
    const { data } = await spill({ type: 'model.replied', data: reply('x', 1000, 16 * 1024) }, blobs);
    expect(Buffer.byteLength(JSON.stringify(data))).toBeLessThan(MAX_LINE);
    expect(texts.size).toBe(1000);
  });
});
