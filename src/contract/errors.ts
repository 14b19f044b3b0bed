/**
 * The catalogue of errors: each has a stable code, an exit code (docs/exit-codes.md) and a default next step. Outcomes
 * inside loops are values; a `RuntimeError` is for the border, where a person or a caller reads it.
 */

interface ErrorKind {
  exit: number;
  /** What to do, where the thrower knows nothing better. */
  next: string;
  /** The same where it is known which session or approval it is about: `<id>` stands for that. */
  named?: string;
}

export const errorCatalogue = {
  usage: { exit: 2, next: 'See `runtime --help`.' },
  invalid_id: { exit: 2, next: 'Use letters, digits and . _ : @ + -, beginning with a letter or digit, at most 128.' },
  config_invalid: { exit: 2, next: 'Correct the file; `runtime config schema` prints what it may hold.' },
  config_unreadable: { exit: 2, next: 'Check the path, or make a file with `runtime config init`.' },
  empty_message: { exit: 2, next: 'Give a message: runtime run "What does this project do?"' },
  price_missing: { exit: 2, next: "Set the model's `price` in `models.registry`, or leave out --max-cost." },
  schedule_invalid: { exit: 2, next: 'See `runtime cron add --help`.' },
  schedule_exists: { exit: 1, next: 'Choose another name; `runtime cron ls` lists those that there are.' },
  unknown_tool: { exit: 2, next: 'See the names with `runtime policy show`.' },
  node_too_old: { exit: 2, next: 'Install Node 24.16 or newer, or run `npm start` once in the project folder.' },
  not_found: { exit: 1, next: 'List what there is with `runtime session ls` or `runtime approvals ls`.' },
  no_session: { exit: 1, next: 'Start one: runtime run "What does this project do?"' },
  ambiguous_id: { exit: 1, next: 'Give more characters of the id.' },
  session_exists: {
    exit: 1,
    next: 'Choose another id; `runtime session ls` lists those that there are.',
    named: 'Choose another id, or go on with `runtime run --session <id>`.',
  },
  pins_full: {
    exit: 1,
    next: 'Say it more briefly, or take other facts back; `runtime session ls` lists the sessions.',
    named: 'Say it more briefly, or take others back: `runtime session pin <id> --list` shows them.',
  },
  session_busy: {
    exit: 1,
    next: 'Wait until its turn has ended, or carry it on; `runtime session ls` says how it stands.',
    named: 'Carry its turn on with `runtime run --session <id>`, or repeat with --force.',
  },
  files_changed: {
    exit: 1,
    next: 'Look at the files; what is to be kept must be put elsewhere before.',
    named: 'See what would be lost with `runtime session undo <id>`; put what is to be kept elsewhere before.',
  },
  preimage_missing: { exit: 1, next: 'Put the file back from elsewhere, as `git`.' },
  approval_already_resolved: {
    exit: 1,
    next: 'See what waits with `runtime approvals ls`.',
    named: 'See who decided with `runtime approvals show <id>`.',
  },
  approval_expired: { exit: 1, next: 'Ask again in the session: a new call makes a new approval.' },
  approval_void: { exit: 1, next: 'Ask again in the session: a new call makes a new approval.' },
  rule_refused: {
    exit: 2,
    next: 'See the rule that would do with `runtime approvals ls -o json`.',
    named: 'See the rule that would do with `runtime approvals show <id>`; wider ones belong into `policy.yaml`.',
  },
  digest_mismatch: {
    exit: 1,
    next: 'Look at the calls that wait with `runtime approvals ls`.',
    named: 'Look at the call again with `runtime approvals show <id>`.',
  },
  lane_full: { exit: 3, next: 'Try again in a moment; `runtime queue ls` shows what waits.' },
  message_dead: {
    exit: 1,
    next: 'See why with `runtime queue ls`; when that is mended, try it again.',
    named: 'See why with `runtime queue show <id>`; when that is mended: `runtime queue retry <id>`.',
  },
  message_begun: {
    exit: 1,
    next: 'Stop it where it is worked on, or wait for its end.',
  },
  idempotency_key_reused: { exit: 1, next: 'Take a new key for another message.' },
  invalid_request: { exit: 1, next: 'Correct the request; docs/reference/errors.md lists the codes.' },
  method_not_allowed: { exit: 1, next: 'Use a method that the `Allow` header names.' },
  body_too_large: { exit: 1, next: 'Send less at once: a message has at most 8 MiB.' },
  overloaded: { exit: 3, next: 'Try again in a moment.' },
  unsupported_media_type: { exit: 1, next: 'Send JSON, with `Content-Type: application/json`.' },
  unauthenticated: { exit: 6, next: 'Repeat the command; it proves anew who it is.' },
  owner_lost: { exit: 1, next: 'Repeat the command: what was accepted is not lost.' },
  owner_silent: { exit: 3, next: 'Wait until it answers, or stop that process.' },
  version_mismatch: { exit: 3, next: 'End that process, or use the version that it runs.' },
  port_taken: { exit: 3, next: 'Choose another with --port, or 0 for any that is free.' },
  config_differs: {
    exit: 3,
    next: 'Set it for the process that has the workspace, or leave it out; or choose another with --workspace.',
  },
  locked: { exit: 3, next: 'Wait until it ends, or stop that process.' },
  login_failed: { exit: 1, next: 'Try again with `runtime provider login openai-codex`.' },
  auth_missing: { exit: 4, next: 'Set the key, or log in anew; `runtime doctor` says what is missing.' },
  vault_locked: {
    exit: 4,
    next: 'Name a file with its passphrase in `vault.passphrase_file`, or run the command on a terminal.',
  },
  passphrase_wrong: { exit: 4, next: 'Repeat the command with the passphrase that the vault was made with.' },
  secret_missing: {
    exit: 4,
    next: 'See what there is with `runtime vault ls`; `runtime vault put --help` says how it gets there.',
  },
  secret_unfit: {
    exit: 4,
    next: 'Put another one in its place: `runtime vault put --help` says how.',
  },
  model_gone: {
    exit: 2,
    next: 'Choose another for the session (`--model`, /model; `runtime models ls`), or put it back into models.registry.',
  },
  role_not_allowed: { exit: 6, next: 'Ask someone whose role may do it.' },
  caller_is_tool: { exit: 6, next: 'Run the command yourself, outside of any tool of the agent.' },
  store_damaged: {
    exit: 7,
    next: 'Look with `runtime store check`; `runtime store repair` says what can be saved, and changes nothing by itself.',
    named:
      'Look with `runtime session verify <id>`; `runtime store repair` says what can be saved, and changes nothing by itself.',
  },
  vault_damaged: {
    exit: 7,
    next: 'Restore vault.json from a backup of yours; or move it away, and put the secrets into a new one: `runtime vault put --help`.',
  },
  store_too_new: { exit: 7, next: 'Use the newer version of runtime that wrote it.' },
  attachment_unfit: {
    exit: 2,
    next: 'Text, images (PNG, JPEG, GIF, WebP) and PDF documents can go with a message.',
  },
  backup_unfit: { exit: 7, next: 'Take another backup.' },
  workspace_exists: {
    exit: 1,
    next: 'Repeat with --force: it is kept beside the restored one. Or restore into another RUNTIME_HOME.',
  },
  target_unfit: { exit: 2, next: 'Name a folder that is empty or not there yet.' },
  entry_too_new: { exit: 7, next: 'Use the newer version of runtime that wrote it.' },
  not_redactable: { exit: 1, next: 'Export it without --redact, for someone who may read it.' },
  redacted_file: {
    exit: 1,
    next: 'Prove it with `runtime session verify` and its path; to go on with the session, ask for the whole file.',
  },
  verify_failed: { exit: 7, next: 'The journal is not what the runtime wrote: keep it, and restore a backup.' },
  store_unavailable: { exit: 1, next: 'Check free space and permissions with `runtime doctor`.' },
  disk_full: {
    exit: 1,
    next: 'Free some space, then repeat: what was accepted is not lost.',
    named: 'Free some space, then go on with `runtime run --session <id>`.',
  },
  no_permission: { exit: 1, next: 'Check who owns the folder with `runtime doctor`.' },
  shutting_down: {
    exit: 143,
    next: 'Go on with `runtime run --continue`; `runtime session ls` says what was left open.',
    named: 'Go on with `runtime run --session <id>`.',
  },
  internal: { exit: 1, next: 'This is a bug: please report it with the message above.' },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorCatalogue;

/** The one error class. `message` says what is wrong, `next` what to do about it. */
export class RuntimeError extends Error {
  readonly code: ErrorCode;
  readonly next: string;

  /** `id`: the session or approval that it is about, where the thrower knows it and gives no next step of its own. */
  constructor(code: ErrorCode, message: string, options: { next?: string; id?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RuntimeError';
    this.code = code;
    const { next, named }: ErrorKind = errorCatalogue[code];
    this.next = options.next ?? (options.id === undefined ? next : (named ?? next).replaceAll('<id>', options.id));
  }

  get exitCode(): number {
    return errorCatalogue[this.code].exit;
  }
}

const DISK_FAILURES: ReadonlySet<ErrorCode> = new Set(['disk_full', 'store_unavailable', 'no_permission']);

/** No fault of what was being done: with such a disk it can't be done now, and may be later. */
export function isDiskFailure({ code }: RuntimeError): boolean {
  return DISK_FAILURES.has(code);
}

/** The error with a next step that names the session or approval, unless its thrower gave one of its own. */
export function naming(error: RuntimeError, id: string): RuntimeError {
  const { code, message, next } = error;
  return next === errorCatalogue[code].next ? new RuntimeError(code, message, { id, cause: error }) : error;
}

/** Turns whatever was thrown into the one class. Errors of the file system get their own codes. */
export function toRuntimeError(thrown: unknown): RuntimeError {
  if (thrown instanceof RuntimeError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new RuntimeError('disk_full', message, { cause: thrown });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new RuntimeError('no_permission', message, { cause: thrown });
  }
  if (code === 'EIO') return new RuntimeError('store_unavailable', message, { cause: thrown });
  return new RuntimeError('internal', message, { cause: thrown });
}
