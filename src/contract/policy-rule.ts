/**
 * A rule of the policy: when it applies, and what it decides. The same shape is written by people (where a single value may
 * stand for a list) and stands in manifests. All conditions that a rule names must hold.
 */
import * as z from 'zod';
import { approverRole, effectClass, lane, role, verdict } from './values.ts';

const text = z.string().min(1).max(1000);
const MOST = 200;
const list = <T extends z.ZodType>(one: T) => z.array(one).min(1).max(MOST);
const oneOrMore = <T extends z.ZodType>(one: T) => z.union([one, list(one)]);

/** What conditions there are: `several` says how those with a list are written. */
function conditions<E extends z.ZodType, T extends z.ZodType, R extends z.ZodType, A extends z.ZodType>(
  effects: E,
  texts: T,
  roles: R,
  approvers: A,
) {
  return {
    effect: effects.exactOptional().describe('Effects of the tool: read, write, exec, network, send.'),
    command: texts.exactOptional().describe('Words of a command, as `git status *`; a last `*` stands for any further words, also none. An allow holds where each command of the line is allowed.'),
    path: texts.exactOptional().describe('Real paths that the call names, as `src/**`; relative ones are inside the project root. An allow holds where each path is allowed.'),
    host: texts.exactOptional().describe('Hosts that the call names, as `example.org`, `*.example.org` or `example.org:8443`.'),
    secret: texts.exactOptional().describe('Secrets of the vault that the call gets, by name, as `deploy-*`. An allow holds where all of them are named.'),
    args: z.record(z.string().min(1).max(100), text).exactOptional().describe('Arguments of the call, each with a text in which `*` stands for any characters.'),
    role: roles.exactOptional().describe('Roles of who asked; of several people the least.'),
    channel: texts.exactOptional().describe('Where the message came from: cli, repl, api, cron, …'),
    lane: lane.exactOptional().describe('interactive: somebody waits for the answer; background.'),
    hours: z.string().regex(/^(?:[a-z]{3}(?:[-,][a-z]{3})* )?\d\d:\d\d-\d\d:\d\d$/).exactOptional().describe('Local time, as `mon-fri 08:00-18:00` or `22:00-06:00`.'),
    budget_left_below: z.number().min(0).max(1_000_000).exactOptional().describe('Less than so much (USD) is left of the turn or the session.'),
    tainted: z.boolean().exactOptional().describe('Whether something from outside is in the conversation.'),
    sandboxed: z.boolean().exactOptional().describe('Whether a sandbox confines the command.'),
    decision: verdict.describe('allow, require_approval or deny.'),
    approvers: approvers.exactOptional().describe('Of require_approval: who alone may answer; of several rules those that all name.'),
    reason: z.string().min(1).max(300).exactOptional().describe('Told to who asks why, and to the model.'),
  };
} // prettier-ignore

/** As people write it. */
export const ruleText = z.strictObject({
  tool: oneOrMore(text).describe('Tools by name; `*` stands for any characters.'),
  ...conditions(oneOrMore(effectClass), oneOrMore(text), oneOrMore(role), oneOrMore(approverRole)),
});

/** As it is judged. `id` says where it stands. */
export const policyRule = z.strictObject({
  id: z.string(),
  tool: list(text),
  ...conditions(list(effectClass), list(text), list(role), list(approverRole)),
});

export type RuleText = z.infer<typeof ruleText>;
export type PolicyRule = z.infer<typeof policyRule>;
