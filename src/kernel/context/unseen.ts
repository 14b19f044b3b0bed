/**
 * Images and documents that a model can't see: it gets their name in their place, whoever serves it. Only where it is known
 * what it sees; else they are sent, and the service decides. They stay in the history: a model that can see gets them.
 */
import type { ModelAbility, ModelChoice } from '../../contract/manifest.ts';
import type { Message, MessagePart } from '../../contract/messages.ts';

/** All that there are. */
const ABILITIES = Object.keys({ image: true, file: true } satisfies Record<ModelAbility, true>) as ModelAbility[];

type Attached = Extract<MessagePart, { base64: string }>;

/** Parts of messages that would take an ability, with the index of their message. */
export function attachedParts(messages: readonly Message[]): { index: number; part: Attached; needs: ModelAbility }[] {
  return messages.flatMap((message, index) =>
    message.role !== 'user'
      ? []
      : message.parts.flatMap((part) => {
          const needs = neededFor(part);
          return needs === undefined ? [] : [{ index, part: part as Attached, needs }];
        }),
  );
}

export function isUnseen({ sees }: Pick<ModelChoice, 'sees'>, needs: ModelAbility): boolean {
  return sees !== undefined && !sees.includes(needs);
}

/** Nothing need be looked for: nobody has said that it is blind to anything. */
export function seesAll({ sees }: Pick<ModelChoice, 'sees'>): boolean {
  return sees === undefined || ABILITIES.every((ability) => sees.includes(ability));
}

/** The messages as this model is given them. */
export function seenMessages(choice: Pick<ModelChoice, 'sees'>, messages: Message[]): Message[] {
  if (seesAll(choice)) return messages;
  return messages.map((message) => {
    if (message.role !== 'user' || !message.parts.some((part) => isLeftOut(choice, part))) return message;
    return { ...message, parts: message.parts.map((part) => (isLeftOut(choice, part) ? placeholder(part) : part)) };
  });
}

/** As `"cat.png" (image/png, 12 KB)`. */
export function attachedName({ name, media_type, base64 }: Attached): string {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  const bytes = (base64.length * 3) / 4 - padding;
  const size = bytes < 1000 ? `${bytes} bytes` : `${Math.round(bytes / 1000)} KB`;
  return `${name === undefined ? 'without a name' : `"${name}"`} (${media_type}, ${size})`;
}

function isLeftOut(choice: Pick<ModelChoice, 'sees'>, part: MessagePart): part is Attached {
  const needs = neededFor(part);
  return needs !== undefined && isUnseen(choice, needs);
}

/** Other files are text to some adapters, and named by the others. */
function neededFor(part: MessagePart): ModelAbility | undefined {
  if (part.type !== 'image' && part.type !== 'file') return undefined;
  if (part.type === 'image' || part.media_type.startsWith('image/')) return 'image';
  return part.media_type === 'application/pdf' ? 'file' : undefined;
}

function placeholder(part: Attached): MessagePart {
  const what = neededFor(part) === 'image' ? 'image' : 'document';
  const text = `[The ${what} ${attachedName(part)} was left out: you can't see ${what}s. Say so where the answer depends on it.]`;
  return { type: 'text', text };
}
