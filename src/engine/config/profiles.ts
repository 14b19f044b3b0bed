/** Ready-made policies: what holds beside the lists and rules of a configuration. */
import type { PolicyRule } from '../../contract/policy-rule.ts';
import type { Rights } from '../../contract/values.ts';

export interface Profile {
  /** For people who choose one. */
  summary: string;
  /** Tools that run without asking, beside those that read. */
  allow: readonly string[];
  rules: readonly PolicyRule[];
  /** The least strict that commands run under. */
  sandbox: Rights['sandbox'];
}

const CHANGES: PolicyRule = { id: 'profile:workspace', tool: ['apply_patch'], path: ['**'], decision: 'allow' };

export const PROFILES = {
  careful: {
    summary: 'read the project; it asks before each command and each change of a file',
    allow: [],
    rules: [],
    sandbox: 'off',
  },
  readonly: {
    summary: 'read the project, and nothing else: commands and changes are refused',
    allow: [],
    rules: [
      {
        id: 'profile:readonly',
        tool: ['*'],
        effect: ['write', 'exec', 'network', 'send'],
        decision: 'deny',
        reason: 'the profile readonly changes nothing',
      },
    ],
    sandbox: 'off',
  },
  workspace: {
    summary: 'change files of the project and run commands in the sandbox; it asks before anything else',
    allow: ['exec_command'],
    rules: [CHANGES],
    sandbox: 'auto',
  },
  autonomous: {
    summary:
      'the same, and read any public page, which can learn so what the model has read; commands that would leave the sandbox are refused',
    allow: ['exec_command'],
    rules: [
      { ...CHANGES, id: 'profile:autonomous' },
      { id: 'profile:autonomous.web', tool: ['*'], effect: ['network'], decision: 'allow' },
    ],
    sandbox: 'required',
  },
} as const satisfies Record<string, Profile>;

export type ProfileName = keyof typeof PROFILES;
