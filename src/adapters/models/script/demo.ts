/**
 * The built-in script: what answers as long as no model is set up. It makes real calls on the folder it is run in. Asked
 * anything, it lists and reads; asked to change something, it also proposes a patch, which needs an approval. Each result
 * leads further on, never back, so that a turn has at most four requests. A goal's plan it has ready; the steps look and read.
 */
import type { Script } from '../../../contract/script.ts';

const ASKED_TO_CHANGE = [
  'fix', 'repair', 'change', 'edit', 'update', 'improve', 'add', 'write', 'create', 'implement', 'refactor', 'rename',
  'remove', 'delete',
]; // prettier-ignore

/** Files that say what a folder is about, and that no policy takes for secrets. */
const WORTH_READING = [
  '!* -> *', '!*secret*', '!*token*', '!*password*', '!*credential*',
  'README*', '*.md', 'package.json', 'pyproject.toml', 'Cargo.toml', 'go.mod', 'Makefile',
  '*.ts', '*.js', '*.py', '*.go', '*.rs', '*.java', '*.rb', '*.c', '*.sh', '*.html', '*.txt',
]; // prettier-ignore

const FILE = 'RUNTIME-DEMO.md';
const HEADING = '# A file from the offline demo of runtime';
const NO_MODEL = 'No language model wrote this. The demo can only propose a small, harmless change,';

const ADD_FILE = `*** Begin Patch
*** Add File: ${FILE}
+${HEADING}
+
+${NO_MODEL}
+so that you see how an approval works. Remove the file whenever you like.
*** End Patch
`;

const APPEND_TO_FILE = `*** Begin Patch
*** Update File: ${FILE}
@@
 ${HEADING}
+
+It was here once more.
*** End Patch
`;

const WHAT_I_AM = 'I am the offline demo of runtime: a script, no language model.';
const REAL_MODEL = 'For answers from a real model set OPENAI_API_KEY, or see `runtime config init`.';
const NOTHING_CHANGED = 'so nothing was changed. A real model would be told the same and could go on from there.';

/** A moment, so that a person sees the steps at work. */
const MOMENT = '400ms';

/** Words by which the tasks of its plans are known again. */
const LOOK = 'demo_look';
const SEARCH = 'demo_search';
const READ = 'demo_read';
const CHANGE = 'demo_change';

const look = { id: 'look', title: 'See what is in the folder', task: `List the folder (${LOOK}).`, depends_on: [] };

const PLAN_TO_LEARN = [
  look,
  { id: 'search', title: 'Look for what is open', task: `Search the files for TODO (${SEARCH}).`, depends_on: [] },
  { id: 'read', title: 'Read what it is about', task: `Read the file that says most (${READ}).`, depends_on: ['look'] },
];

const PLAN_TO_CHANGE = [
  look,
  { id: 'change', title: 'Propose a small change', task: `Propose a patch (${CHANGE}).`, depends_on: ['look'] },
];

/** What plans a goal, does its steps, and answers from what they gave. */
const GOAL: Script['turns'] = [
  { match: { purpose: 'plan', asked: ASKED_TO_CHANGE }, reply: { text: JSON.stringify({ steps: PLAN_TO_CHANGE }) } },
  { match: { purpose: 'plan' }, reply: { text: JSON.stringify({ steps: PLAN_TO_LEARN }) } },
  ...[LOOK, READ, CHANGE].map((task) => ({
    match: { contains: task },
    reply: { stall: MOMENT, calls: [{ tool: 'list_files', arguments: { path: '.' } }] },
  })),
  {
    match: { contains: SEARCH },
    reply: { stall: MOMENT, calls: [{ tool: 'search_files', arguments: { query: 'TODO' } }] },
  },
  {
    match: { tool_result: 'list_files', asked: [LOOK] },
    reply: { stall: MOMENT, text: 'The folder holds {{result names 12}}.' },
  },
  {
    match: { tool_result: 'search_files', asked: [SEARCH] },
    reply: { stall: MOMENT, text: 'A search for TODO gives:\n\n{{result quote 4}}' },
  },
  {
    match: { tool_result: 'read_file', asked: [READ] },
    reply: { stall: MOMENT, text: 'I read {{args.path}}. It begins:\n\n{{result quote 6}}' },
  },
  {
    match: { contains: 'Result of step' },
    reply: {
      text: `The plan is carried out, each step by a session of its own. The last one says:

{{asked quote 12}}

${WHAT_I_AM} The plan was ready beforehand; sessions, calls and results are real, and their journals prove them:
\`runtime session ls\` shows the steps under their goal. ${REAL_MODEL}`,
    },
  },
];

export const demoScript: Script = {
  model: 'script/v1',
  turns: [
    ...GOAL,
    {
      match: { tool_result: 'apply_patch', contains: 'A person denied this call' },
      reply: { text: `You said no to the patch, ${NOTHING_CHANGED}` },
    },
    {
      match: { tool_result: 'apply_patch', contains: 'Denied by policy' },
      reply: { text: `Your policy denies apply_patch, ${NOTHING_CHANGED}` },
    },
    {
      match: { tool_result: 'apply_patch', contains: 'Nobody answered the approval in time' },
      reply: { text: `The approval expired before anybody answered, ${NOTHING_CHANGED}` },
    },
    {
      match: { tool_result: 'apply_patch' },
      reply: {
        text: `The patch got as far as the tool, which reports:

{{result quote 6}}

Only what was approved ran, exactly as it was shown, and once. \`runtime session ls\` names this session,
\`runtime session show\` tells it step by step, and \`runtime session verify\` proves it.

${WHAT_I_AM} ${REAL_MODEL}`,
      },
    },
    {
      match: { tool_result: 'list_files', asked: ASKED_TO_CHANGE, line: [FILE] },
      reply: { calls: [{ tool: 'read_file', arguments: { path: '{{line}}' } }] },
    },
    {
      match: { tool_result: 'list_files', line: WORTH_READING },
      reply: { calls: [{ tool: 'read_file', arguments: { path: '{{line}}' } }] },
    },
    {
      match: { tool_result: 'list_files', asked: ASKED_TO_CHANGE },
      reply: { text: proposal('add a file'), calls: [{ tool: 'apply_patch', arguments: { patch: ADD_FILE } }] },
    },
    {
      match: { tool_result: 'list_files' },
      reply: {
        text: `I looked at this folder and found no file to read in it. list_files reports:

{{result quote 8}}

${WHAT_I_AM} The call was real. Run me in a folder with files, or ask me to add one. ${REAL_MODEL}`,
      },
    },
    {
      match: { tool_result: 'read_file', asked: ASKED_TO_CHANGE, contains: `${HEADING}\n\n${NO_MODEL}` },
      reply: { text: proposal('add a line'), calls: [{ tool: 'apply_patch', arguments: { patch: APPEND_TO_FILE } }] },
    },
    {
      match: { tool_result: 'read_file', asked: ASKED_TO_CHANGE },
      reply: { text: proposal('add a file'), calls: [{ tool: 'apply_patch', arguments: { patch: ADD_FILE } }] },
    },
    {
      match: { tool_result: 'read_file' },
      reply: {
        text: `This folder holds {{result.list_files names 8}}.

I read {{args.path}}. It begins:

{{result quote 6}}

${WHAT_I_AM} All of this is real all the same:
I called list_files and read_file under your policy, and the journal of this session proves it.
Ask me to fix something, and I propose a patch that waits for your approval.
${REAL_MODEL}`,
      },
    },
    { match: { any: true }, reply: { calls: [{ tool: 'list_files', arguments: { path: '.' } }] } },
  ],
};

function proposal(what: string): string {
  return `${WHAT_I_AM} All I can do is to ${what}, ${FILE}, if you approve.`;
}
