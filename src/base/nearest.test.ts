import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';

const KEYS = ['governance', 'orchestrator', 'max_turns', 'max_tool_calls', 'deny'];

test.each([
  ['governnance', 'governance'],
  ['orchestrater', 'orchestrator'],
  ['max_turn', 'max_turns'],
  ['MAX_TURNS', 'max_turns'],
  ['dney', 'deny'],
  ['zebra', undefined],
  ['x', undefined],
  ['', undefined],
])('%s most likely means %s', (word, meant) => {
  expect(nearest(word, KEYS)).toBe(meant);
});
