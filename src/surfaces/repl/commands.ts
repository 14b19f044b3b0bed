/** What each `/command` does. */
import { contextOf } from '../../engine/past/context.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Host, Resolution, SessionStatus, SessionChange } from '../../contract/host.ts';
import type { RuleText } from '../../contract/policy-rule.ts';
import type { LongText, Verdict } from '../../contract/values.ts';
import { policyNow } from '../../engine/config/policy-now.ts';
import { describePolicy } from '../../engine/policy-check.ts';
import { forkPlace } from '../fork-place.ts';
import { unfinished } from '../../engine/past/unfinished.ts';
import { checkSessionId } from '../../engine/session-id.ts';
import { findApproval } from '../../engine/approvals.ts';
import { parseRule, ruleLine } from '../../engine/rule-text.ts';
import { planUndo } from '../../engine/past/undo-plan.ts';
import { wholeText } from '../../engine/session/messages.ts';
import { listSessions, verifySession } from '../../engine/sessions.ts';
import type { Workspace } from '../../engine/wire.ts';
import { namesIn } from '../cli/completion/names.ts';
import { approvalFacts } from '../cli/approval-facts.ts';
import { leftLines } from '../cli/left-lines.ts';
import { money } from '../cli/money.ts';
import { ago, until } from '../cli/times.ts';
import { BOLD, DIM, type Style } from '../terminal/markdown/style.ts';
import { wrapWords } from '../terminal/wrap-words.ts';
import type { ApprovalPanel } from './approval-panel.ts';
import type { Conversation } from './conversation.ts';
import { describePresentation } from './presentation.ts';
import { fields, table } from './rows.ts';
import { COMMANDS, type CommandName } from './slash.ts';
import { taintField, trust } from './trust.ts';
import { undoLines } from './undo-lines.ts';

/** What commands can do with the terminal. */
export interface Repl {
  host: Host;
  workspace: Workspace;
  session: string;
  conversation: Conversation;
  panel: Pick<ApprovalPanel, 'meant' | 'mustBeSeen' | 'viewed'>;
  status(): SessionStatus | undefined;
  /** The one that answers. */
  model(): string | undefined;
  say(text: string, style?: Style): void;
  print(lines: readonly string[]): void;
  /** What may be longer than the screen. */
  page(lines: readonly string[]): Promise<void>;
  tone(style: Style, text: string): string;
  columns(): number;
  now(): number;
  /** With the same model. */
  newSession(): Promise<void>;
  openSession(id: string): Promise<void>;
  clear(): void;
  send(text: string, mode: 'message' | 'steer' | 'goal'): Promise<void>;
  answer(approval_id: string, resolution: Resolution): Promise<void>;
  configure(change: SessionChange): Promise<void>;
}

export async function runCommand(repl: Repl, name: CommandName, rest: string): Promise<void> {
  await RUN[name](repl, rest);
}

const KEYS: [keys: string, what: string][] = [
  ['Enter', 'sends; while a turn runs the message waits for its turn (/steer reaches the running one)'],
  ['Alt-Enter, Shift-Enter, Ctrl-J, \\ Enter', 'a new line'],
  ['Tab', 'completes commands, files, sessions, tools and models'],
  ['Up, Down; Ctrl-R', 'what was typed before; searches it'],
  ['Ctrl-G, Ctrl-X Ctrl-E', 'your editor ($VISUAL, $EDITOR)'],
  ['Ctrl-C', 'clears the input, else cancels the turn; twice leaves'],
  ['Esc', 'cancels the turn; leaves a question for later'],
  ['Ctrl-D', 'leaves; nothing is lost'],
  ['Ctrl-L; Ctrl-Z', 'a clean screen; to the shell, until `fg`'],
  ['y, n, s, a; v; Esc', 'answer what is asked; show all of it; leave it for later'],
  ['@file', 'the file goes with the message'],
  ['!command', 'your own command; what it prints goes with your next message'],
];

/** As `/policy` takes them. */
const VERDICTS: Record<Verdict, string> = { allow: 'allow', require_approval: 'ask', deny: 'deny' };

/** Where the first thing that a description says ends. */
const CLAUSE = /[.;] /;

/** With less room than this a summary goes under its command. */
const NARROWEST_SUMMARY = 30;

const RUN: Record<CommandName, (repl: Repl, rest: string) => Promise<void> | void> = {
  help({ print, tone, columns }) {
    const rows = (all: [string, string][]): string[] => {
      const width = Math.max(...all.map(([left]) => left.length));
      if (columns() - width < NARROWEST_SUMMARY) {
        return all.flatMap(([left, right]) => [
          `  ${left}`,
          ...wrapWords(right, columns() - 5).map((one) => `    ${tone(DIM, one)}`),
        ]);
      }
      return all.flatMap(([left, right]) => {
        const [first = '', ...others] = wrapWords(right, columns() - width - 5);
        return [
          `  ${left.padEnd(width)}  ${tone(DIM, first)}`,
          ...others.map((more) => `  ${' '.repeat(width)}  ${tone(DIM, more)}`),
        ];
      });
    };
    const commands = Object.entries(COMMANDS).map(([name, { usage, summary }]): [string, string] => [
      `/${name}${usage === '' ? '' : ` ${usage}`}`,
      summary,
    ]);
    print([tone(BOLD, 'commands'), ...rows(commands), '', tone(BOLD, 'keys'), ...rows(KEYS)]);
  },

  async model(repl, name) {
    const models = await namesIn(repl.workspace, 'model', '');
    if (name === '') {
      const now = repl.model();
      table(repl, models, [
        { title: 'model', text: ({ value }) => (value === now ? `${value} *` : value), narrow: 'whole' },
        { title: '', text: ({ meaning }) => meaning },
      ]);
      return;
    }
    const { registry } = repl.workspace.loaded.config.models;
    if (registry.length > 0 && !models.some(({ value }) => value === name)) {
      throw new RuntimeError(
        'usage',
        `there is no model ${name}; there are ${models.map(({ value }) => value).join(', ')}`,
        {
          next: 'Add it to `models.registry`, or choose one of these.',
        },
      );
    }
    await repl.configure({ model: name });
    if (repl.status()?.seq === 0) repl.say(`model: ${name}`);
  },

  async status(repl) {
    const status = await repl.host.session(repl.session);
    const { pid, version } = await repl.host.status();
    const { store, loaded } = repl.workspace;
    const turn = status.turn === undefined ? '' : `, turn ${status.turn.turn} (${status.turn.phase})`;
    fields(repl, [
      ['session', repl.session],
      ['doing', `${status.status}${turn}${status.queued.length > 0 ? `, ${status.queued.length} waiting` : ''}`],
      ['model', status.model ?? loaded.config.models.default ?? 'by the keys that are set'],
      ['folder', status.project_root],
      ...taintField(status.taint),
      ['entries', `${status.seq}, in ${status.turns} turn${status.turns === 1 ? '' : 's'}`],
      ['looking', `${status.watchers} terminal${status.watchers === 1 ? '' : 's'}`],
      [
        'workspace',
        `${store.workspace().id}, owned by pid ${pid}${repl.host.here ? ' (this one)' : ''}, runtime ${version}`,
      ],
    ]);
  },

  async clear(repl) {
    repl.clear();
    await repl.newSession();
    repl.say('a new session; the one before is kept (/sessions)');
  },

  async new(repl, title) {
    await repl.newSession();
    if (title !== '') await repl.configure({ title });
    repl.say('a new session');
  },

  async sessions(repl) {
    const live = (await repl.host.sessions()).filter(({ status }) => status !== 'idle');
    const running = new Map(live.map(({ session_id, status }) => [session_id, status]));
    const rows = await listSessions(repl.workspace);
    table(repl, rows, [
      {
        title: 'session',
        text: ({ session_id }) => (session_id === repl.session ? `${session_id} *` : session_id),
        narrow: 'whole',
      },
      { title: 'status', text: ({ session_id, status }) => running.get(session_id) ?? status },
      { title: 'title', text: ({ title }) => title, narrow: 'flexible' },
      { title: 'changed', text: ({ changed_at }) => ago(changed_at, repl.now()), narrow: 'spare' },
      { title: 'turns', text: ({ turns }) => String(turns), narrow: 'spare' },
    ]);
    if (rows.length === 0) repl.say('there are no sessions yet');
  },

  async resume(repl, id) {
    const [latest] = (await repl.workspace.store.journal.list()).filter(
      ({ session_id }) => session_id !== repl.session,
    );
    const wanted = id === '' ? latest?.session_id : id;
    if (wanted === undefined) throw new RuntimeError('no_session', 'There is no other session.', { next: '' });
    checkSessionId(wanted);
    const { status } = await repl.host.session(wanted);
    if (status === 'absent') {
      throw new RuntimeError('not_found', `There is no session ${wanted}.`, { next: 'See /sessions.' });
    }
    repl.print(['', repl.tone(BOLD, `session ${wanted}`)]);
    if (status === 'open' || status === 'waiting_approval') {
      const lines = leftLines(await unfinished(repl.workspace, wanted), repl.now());
      for (const line of lines) repl.say(`goes on: ${line}`);
    }
    await repl.openSession(wanted);
  },

  async fork(repl, place) {
    const { session_id } = await repl.host.fork(repl.session, forkPlace(place === '' ? undefined : place));
    repl.print(['', repl.tone(BOLD, `session ${session_id}, forked from ${repl.session}`)]);
    await repl.openSession(session_id);
  },

  tools(repl) {
    table(repl, repl.workspace.tools.tools(), [
      { title: 'tool', text: ({ name }) => name, narrow: 'whole' },
      { title: 'effect', text: ({ effect }) => effect, narrow: 'whole' },
      { title: 'what it does', text: ({ description }) => description.split(CLAUSE, 1)[0]!, narrow: 'flexible' },
    ]);
  },

  async policy(repl, rest) {
    if (rest === '') return showPolicy(repl);
    const [tool = '', word = ''] = rest.split(/\s+/);
    const [verdict] = (Object.keys(VERDICTS) as Verdict[]).filter((one) => VERDICTS[one] === word);
    if (verdict === undefined) {
      throw new RuntimeError('usage', 'say what holds for the tool', { next: '/policy <tool> allow, ask or deny' });
    }
    const { path, changed } = await repl.host.setPolicy({ tool, verdict });
    repl.say(changed ? `${path} says so now; it holds from now on` : 'it says so already');
  },

  async approvals(repl, id) {
    if (id !== '') return showApproval(repl, id);
    const waiting = await repl.host.approvals();
    if (waiting.length === 0) return repl.say('nothing waits for an answer');
    table(repl, waiting, [
      { title: 'approval', text: ({ id }) => id, narrow: 'whole' },
      { title: 'what', text: ({ presentation, tool }) => presentation.title || tool, narrow: 'flexible' },
      {
        title: 'session',
        text: ({ session_id }) => (session_id === repl.session ? 'this one' : session_id),
        narrow: 'spare',
      },
      { title: 'expires', text: ({ expires_at }) => until(expires_at, repl.now()) },
    ]);
  },

  async compact(repl) {
    if (repl.status()?.seq === 0) return repl.say('nothing has been said yet');
    await repl.configure({ compact: true });
    repl.say('the conversation is summed up before the next message is answered');
  },

  async instructions(repl, text) {
    if (text === '') {
      const { instruction_sources } = await contextOf(repl.workspace.store, repl.session);
      return fields(
        repl,
        instruction_sources.map(({ origin, bytes }) => [origin, `${bytes} bytes`]),
      );
    }
    await repl.configure({ instructions: text === 'none' ? '' : text });
    repl.say(text === 'none' ? 'taken back' : 'the model is told from the next message on');
  },

  async pin(repl, text) {
    const { pins = [], seq } = await repl.host.session(repl.session);
    if (text === '') {
      if (pins.length === 0) return repl.say('nothing is pinned');
      return fields(
        repl,
        pins.map(({ id, text: fact }) => [id, fact]),
      );
    }
    if (seq === 0) return repl.say('nothing has been said yet; a fact can be pinned after the first message');
    await repl.configure({ pin: text });
    repl.say('the model is told from the next message on');
  },

  async unpin(repl, id) {
    if (id === '') return repl.say('say which: /pin lists what is pinned');
    await repl.configure({ unpin: id });
    repl.say('taken back');
  },

  trust,

  async cost(repl) {
    const { usage, cost_micro_usd, turns } = await repl.host.session(repl.session);
    fields(repl, [
      ['turns', String(turns)],
      [
        'input',
        `${usage.input.toLocaleString('en')} tokens${usage.cached > 0 ? `, ${usage.cached.toLocaleString('en')} of them cached` : ''}`,
      ],
      ['output', `${usage.output.toLocaleString('en')} tokens`],
      ['money', cost_micro_usd > 0 ? money(cost_micro_usd) : 'not known: the model has no price'],
    ]);
  },

  async stop(repl) {
    const turn = repl.conversation.turn();
    const [event] = turn?.event_ids ?? [];
    if (event === undefined) return repl.say('no turn is running');
    await repl.host.stop(repl.session, event);
  },

  async plan(repl, text) {
    if (text === '') throw new RuntimeError('usage', 'say what is to be reached', { next: '/plan <objective>' });
    await repl.send(text, 'goal');
  },

  async steer(repl, text) {
    if (text === '')
      throw new RuntimeError('usage', 'say what the running turn should know', { next: '/steer <text>' });
    await repl.send(text, 'steer');
  },

  async approve(repl, rest) {
    const { 0: said = '', index: ruleAt = rest.length } = /\{.*/s.exec(rest) ?? {};
    const words = rest.slice(0, ruleAt).split(/\s+/).filter((word) => word !== ''); // prettier-ignore
    const scope = (['session', 'always', 'once'] as const).find((one) => words.includes(one)) ?? 'once';
    const id = repl.panel.meant(words.find((word) => word !== scope));
    repl.panel.mustBeSeen(id);
    const rule = said !== '' ? await parseRule(said) : scope === 'always' ? await proposedTo(repl, id) : undefined;
    if (rule) repl.say(`the rule: ${ruleLine(rule)}`);
    await repl.answer(id, { decision: 'grant', scope, ...(rule && { rule }) });
  },

  async deny(repl, rest) {
    const [first = '', ...words] = rest.split(/\s+/);
    const isId = /^a-[0-9a-f]+$/.test(first);
    const reason = (isId ? words : [first, ...words]).join(' ').trim();
    await repl.answer(repl.panel.meant(isId ? first : undefined), {
      decision: 'deny',
      ...(reason !== '' && { reason }),
    });
  },

  async verify(repl) {
    const { status, entries, decisions, head, failure } = await verifySession(repl.workspace, repl.session);
    if (failure) repl.say(`${failure.message} (${failure.code})`);
    repl.say(
      `${status}: ${entries} entries, ${decisions} decisions derived again, head ${head.seq} ${head.hash.slice(0, 16)}…`,
    );
  },

  async undo(repl, rest) {
    const words = rest.split(/\s+/).filter((word) => word !== '');
    const agreed = words.includes('yes');
    const [given, more] = words.filter((word) => word !== 'yes');
    if (more !== undefined || (given !== undefined && !/^[1-9]\d{0,8}$/.test(given))) {
      throw new RuntimeError('usage', `${rest} names no turn`, { next: '/undo [turn], then /undo <turn> yes' });
    }
    const wanted = given === undefined ? undefined : Number(given);
    const { plan } = await planUndo(repl.workspace, repl.session, wanted);
    if (!agreed || plan.status !== 'ready') {
      await repl.page(undoLines(plan, repl.tone));
      if (plan.status === 'ready') repl.say(`to do it: /undo ${plan.turn} yes`);
      return;
    }
    await repl.host.undo(repl.session, { turn: plan.turn });
    repl.say('the model is told with its next request');
  },

  exit() {}, // the terminal's own
};

/** @throws RuntimeError not_found | ambiguous_id */
async function proposedTo({ workspace }: Repl, id: string): Promise<RuleText | undefined> {
  return (await findApproval(workspace, id)).proposed_rule;
}

async function showPolicy(repl: Repl): Promise<void> {
  const now = { ...repl.workspace, policy: await policyNow(repl.workspace) };
  table(repl, describePolicy(now), [
    { title: 'tool', text: ({ tool }) => tool, narrow: 'whole' },
    { title: 'effect', text: ({ effect }) => effect, narrow: 'spare' },
    { title: 'verdict', text: ({ verdict }) => VERDICTS[verdict], narrow: 'whole' },
    { title: 'reason', text: ({ reason }) => reason, narrow: 'flexible' },
  ]);
}

/** What would happen, whole, and all that is known of the question. */
async function showApproval({ workspace, panel, page, tone, columns, now }: Repl, id: string): Promise<void> {
  const record = await findApproval(workspace, id);
  const whole = (text: LongText): Promise<string> => wholeText(text, workspace.store.blobs);
  const described = await describePresentation(record.presentation, whole, tone, columns());
  const next = record.status === 'pending' ? ['', tone(DIM, `/approve ${record.id}, or /deny ${record.id}`)] : [];
  panel.viewed(record.id);
  await page([...described, '', ...approvalFacts(record, now(), columns()), ...next]);
}
