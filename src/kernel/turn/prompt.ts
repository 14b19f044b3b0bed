/** The provider-neutral request: a pure function of the state and the contents that entered the history. */
import type { Message, ModelRequest } from '../../contract/messages.ts';
import { compactRequest } from '../context/compact-request.ts';
import { seenMessages } from '../context/unseen.ts';
import { planRequest } from '../goal/plan-request.ts';
import type { State, Turn } from './state.ts';

/** What the model is asked in this state. `messages` are the history's contents with their long texts resolved. */
export function modelRequest(state: State, turn: Turn, messages: Message[], maxOutputTokens: number): ModelRequest {
  if (turn.ask.purpose === 'compact') return compactRequest(state, turn, messages, maxOutputTokens);
  if (turn.ask.purpose === 'plan') return planRequest(state, turn, messages, maxOutputTokens);
  const choice = turn.manifest.models[turn.choice]!;
  return {
    name: choice.name,
    provider: choice.provider,
    model: choice.model,
    instructions: turn.manifest.instructions,
    tools: turn.manifest.catalog.map(({ name, description, parameters }) => ({ name, description, parameters })),
    messages: seenMessages(choice, messages),
    max_output_tokens: maxOutputTokens,
    purpose: 'think',
    request: turn.model_calls,
    cache_key: state.session!.id,
  };
}
