import type { Tool } from './tool.ts';
import { noFacts, succeeded } from './tool.ts';

const MINUTE_MS = 60_000;

export const time: Tool = {
  name: 'time',
  description: 'The current date and time (RFC 3339), in the local zone or at a given UTC offset.',
  parameters: {
    type: 'object',
    properties: { utc_offset: { type: 'string', pattern: '^[+-](0\\d|1[0-4]):[0-5]\\d$', description: 'As +07:00' } },
    required: [],
    additionalProperties: false,
  },
  effect: 'read',
  recovery: 'rerun',
  async prepare(args, { clock }) {
    const { utc_offset } = args as { utc_offset?: string };
    return {
      facts: noFacts,
      presentation: { title: utc_offset === undefined ? 'Tell the time' : `Tell the time at UTC${utc_offset}` },
      async execute() {
        const now = clock.now();
        const minutes = utc_offset === undefined ? -new Date(now).getTimezoneOffset() : minutesOf(utc_offset);
        return succeeded(atOffset(now, minutes));
      },
    };
  },
};

function minutesOf(offset: string): number {
  const [hours, minutes] = offset.slice(1).split(':').map(Number);
  return (offset.startsWith('-') ? -1 : 1) * (hours! * 60 + minutes!);
}

/** The instant as a clock at that offset shows it. */
function atOffset(now: number, minutes: number): string {
  const shown = new Date(now + minutes * MINUTE_MS).toISOString().slice(0, -'.000Z'.length);
  const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${shown}${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
}
