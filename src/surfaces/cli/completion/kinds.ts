/** What stands where: the kind of value that each argument and option takes. */
import type { Argument, Option } from 'commander';

/** `text`: what only the person knows. */
export type Kind =
  | 'session'
  | 'journal'
  | 'approval'
  | 'grant'
  | 'message'
  | 'dead letter'
  | 'job'
  | 'tool'
  | 'model'
  | 'token'
  | 'secret'
  | 'workspace'
  | 'help'
  | 'file'
  | 'folder'
  | 'text';

/** By command and argument, by command and option, by option alone. */
const KINDS: Readonly<Record<string, Kind>> = {
  '--attach': 'file',
  '--config': 'file',
  '--workspace': 'workspace',
  '--host': 'text',
  '--port': 'text',
  'run message': 'text',
  'run --prompt': 'text',
  'run --session': 'session',
  'run --model': 'model',
  'run --root': 'folder',
  'run --timeout': 'text',
  'run --max-cost': 'text',
  'run --check': 'text',
  'run --from': 'text',
  'goal objective': 'text',
  'goal --prompt': 'text',
  'goal --session': 'session',
  'goal --model': 'model',
  'goal --root': 'folder',
  'goal --timeout': 'text',
  'goal --max-cost': 'text',
  'goal --check': 'text',
  'goal --from': 'text',
  'session show id': 'session',
  'session show --limit': 'text',
  'session compact id': 'session',
  'session pin id': 'session',
  'session trust id': 'session',
  'session trust --source': 'text',
  'session pin text': 'text',
  'session pin --remove': 'text',
  'session verify id': 'journal',
  'session replay id': 'session',
  'session replay --speed': 'text',
  'session replay --from': 'text',
  'session replay --model': 'model',
  'session replay --max-cost': 'text',
  'session replay --max-calls': 'text',
  'session undo id': 'session',
  'session undo --turn': 'text',
  'session export id': 'session',
  'session export --file': 'file',
  'session import file': 'file',
  'session redact id': 'session',
  'session import --as': 'text',
  'session rm id': 'session',
  'session resume id': 'session',
  'session resume --model': 'model',
  'session resume --from': 'text',
  'session fork id': 'session',
  'session diff a': 'session',
  'session diff b': 'session',
  'session fork --at': 'text',
  'session fork --model': 'model',
  'session fork --policy': 'file',
  'session fork --message': 'text',
  'session fork --timeout': 'text',
  'session fork --max-cost': 'text',
  'token create name': 'text',
  'token create --expires': 'text',
  'token revoke name': 'token',
  'vault put name': 'secret',
  'vault rm name': 'secret',
  'vault reveal name': 'secret',
  'trust folder': 'folder',
  'vault rekey --new-passphrase-file': 'file',
  'daemon stop --timeout': 'text',
  'daemon logs --lines': 'text',
  'service install --root': 'folder',
  'approvals show id': 'approval',
  'approvals revoke grant': 'grant',
  'queue show message': 'message',
  'queue retry message': 'dead letter',
  'queue drop message': 'message',
  'approve id': 'approval',
  'deny id': 'approval',
  'cost --since': 'text',
  'cost --until': 'text',
  'why id': 'approval',
  'why --session': 'session',
  'approve --rule': 'text',
  'deny --reason': 'text',
  'policy set tool': 'tool',
  'policy check tool': 'tool',
  'policy check arguments': 'text',
  'policy check --channel': 'text',
  'chaos --points': 'text',
  'store repair --from': 'folder',
  'store backup target': 'folder',
  'store restore source': 'folder',
  'policy explain call': 'approval',
  'policy explain --session': 'session',
  'policy audit --since': 'text',
  'policy audit --until': 'text',
  'policy stats --since': 'text',
  'policy stats --until': 'text',
  'audit tail --lines': 'text',
  'audit tail --since': 'text',
  'audit tail --session': 'session',
  'audit tail --tool': 'tool',
  'audit export --since': 'text',
  'audit export --until': 'text',
  'audit export --session': 'session',
  'audit export --tool': 'tool',
  'audit verify --head': 'text',
  'policy test file': 'file',
  'policy test --root': 'folder',
  'policy test --policy': 'file',
  'policy test --against': 'session',
  'cron add name': 'text',
  'cron add --schedule': 'text',
  'cron add --at': 'text',
  'cron add --tz': 'text',
  'cron add --prompt': 'text',
  'cron add --command': 'text',
  'cron add --session': 'session',
  'cron add --jitter': 'text',
  'cron add --max-failures': 'text',
  'cron add --max-cost': 'text',
  'cron add --timeout': 'text',
  'cron add --root': 'folder',
  'cron add --heartbeat': 'file',
  'cron add --deliver': 'text',
  'cron show name': 'job',
  'cron rm name': 'job',
  'cron pause name': 'job',
  'cron resume name': 'job',
  'cron run name': 'job',
  'cron history name': 'job',
  'provider test name': 'model',
  'help words': 'help',
};

/** Undefined: nobody has said what it is. */
export function kindOf(path: string, what: Argument | Option): Kind | undefined {
  const name = 'long' in what ? what.long : what.name();
  return KINDS[`${path} ${name}`] ?? KINDS[name];
}

/** Configuration keys whose value names something that there is. */
export const KEY_KINDS: Readonly<Record<string, Kind>> = {
  'models.default': 'model',
  'store.workspace': 'workspace',
};
