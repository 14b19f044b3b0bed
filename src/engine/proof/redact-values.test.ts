import { expect, test } from 'vitest';
import { UNCLEAR, VIA_JOINT, VIAS } from '../../contract/command-words.ts';
import type { CommandFact } from '../../contract/values.ts';
import { createPlaceholders } from './placeholders.ts';
import { createValueRedaction } from './redact-values.ts';

const { facts } = createValueRedaction(createPlaceholders('salt'));

function redacted(command: CommandFact): CommandFact {
  return facts({ paths: [], hosts: [], commands: [command], preimages: [] }).commands[0]!;
}

test('of a command stays how it is run and why it is unclear, and nothing of what it says', () => {
  const via = VIAS.join(VIA_JOINT);
  for (const unclear of UNCLEAR) {
    const command: CommandFact = {
      words: ['falcon', '$falcon'], dynamic: [1], assignments: ['A=falcon'], redirects: ['> falcon'], parser: 'bash', via, unclear,
    }; // prettier-ignore
    const shown = redacted(command);
    expect(shown).toMatchObject({ dynamic: [1], parser: 'bash', via, unclear });
    expect(JSON.stringify(shown)).not.toContain('falcon');
  }
});

test('what is no word of ours is replaced, also where one should stand', () => {
  const shown = redacted({
    words: ['x'],
    assignments: [],
    redirects: [],
    parser: 'falcon',
    via: 'sudo > falcon > env',
  });
  expect(JSON.stringify(shown)).not.toContain('falcon');
  expect(shown.via).toMatch(/^sudo > .* > env$/);
});
