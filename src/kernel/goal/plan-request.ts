/** What is asked of the model that plans a goal: a pure function of state and contents, as every request is. */
import type { JsonObject } from '../../base/json.ts';
import type { Message, ModelRequest } from '../../contract/messages.ts';
import { seenMessages } from '../context/unseen.ts';
import { askedChoice } from '../turn/choice.ts';
import type { State, Turn } from '../turn/state.ts';

const INSTRUCTIONS = [
  'You plan the work of agents. The last message of the person is the goal: break it down into steps that agents like you do, each in a session of its own.',
  'Rules:',
  '- As few steps as do it well. What one agent does in one go is one step: then the plan is that single step.',
  '- An agent knows nothing but the goal, its own task, and the results of the steps that it depends on. Say in `task` all that it needs.',
  '- Steps that do not depend on each other run at the same time: they must not change the same files.',
  '- `depends_on` names the ids of steps whose results a step needs. No circles.',
  '- `check` is optional: a shell command that exits with 0 when the step is really done, such as a test. Only where there is one.',
  '- Do not plan a step that only sums up: the person is answered from the results.',
  'Write the titles in the language of the person. Answer with JSON alone:',
  '{"steps": [{"id": "a", "title": "…", "task": "…", "depends_on": [], "check": "…"}]}',
].join('\n');

const SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    steps: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          id: { type: 'string' },
          title: { type: 'string' },
          task: { type: 'string' },
          depends_on: { type: 'array', items: { type: 'string' } },
          check: { type: ['string', 'null'] },
        },
        required: ['id', 'title', 'task', 'depends_on', 'check'],
        additionalProperties: false,
      },
    },
  },
  required: ['steps'],
  additionalProperties: false,
};

/** Bytes of such a request beside history, instructions of the turn, and the tools' names and descriptions. */
export const PLAN_FRAME_BYTES = 8192;

export function planRequest(state: State, turn: Turn, messages: Message[], maxOutputTokens: number): ModelRequest {
  const choice = askedChoice(turn);
  const { catalog, rules, instructions } = turn.manifest;
  const tools = catalog.map(({ name, description }) => `- ${name}: ${description.split('\n')[0]}`).join('\n');
  const most = `At most ${rules.goal!.most_steps} steps.`;
  return {
    name: choice.name,
    provider: choice.provider,
    model: choice.model,
    instructions: `${INSTRUCTIONS}\n${most}\n\nTools that the agents have:\n${tools}\n\nWhat every agent is told:\n${instructions}`,
    tools: [],
    messages: [...seenMessages(choice, messages), ...problemNote(turn)],
    max_output_tokens: maxOutputTokens,
    purpose: 'plan',
    request: turn.model_calls,
    cache_key: state.session!.id,
    output_schema: { name: 'plan', schema: SCHEMA },
  };
}

function problemNote({ goal }: Turn): Message[] {
  if (goal?.problem === undefined) return [];
  const text = `Your last answer could not be used as a plan: ${goal.problem}. Answer again, with the JSON of the plan alone.`;
  return [{ role: 'note', text }];
}
