/** The words in which facts about commands are told. None of them ever holds a text of the command itself. */

/** Why nobody can know from the text what a command runs or touches. Explained in docs/policy-and-approvals.md. */
export const UNCLEAR = [
  'parse_error', 'too_large', 'too_deep', 'unknown_syntax', 'other_shell', 'control_characters',
  'misleading_characters', 'dynamic_command', 'dynamic_redirect', 'dynamic_code', 'hidden_code', 'code', 'code_from_input',
  'loads_code', 'shell_state', 'environment', 'function', 'options', 'option_runs_code', 'runs_elsewhere',
  'connects_elsewhere',
] as const; // prettier-ignore

/** How a command is run when the shell line doesn't run it directly. Several are joined by VIA_JOINT, the outermost first. */
export const VIAS = [
  'substitution', 'process substitution', 'function', 'coproc', 'eval', 'sh -c', 'find -exec', 'xargs', 'watch', 'sudo',
  'doas', 'env', 'nice', 'ionice', 'nohup', 'timeout', 'time', 'stdbuf', 'setsid', 'command', 'builtin', 'exec', 'chroot',
  'taskset', 'flock', 'busybox', 'caffeinate', 'package runner',
] as const; // prettier-ignore

export const VIA_JOINT = ' > ';

export type Unclear = (typeof UNCLEAR)[number];
export type Via = (typeof VIAS)[number];
