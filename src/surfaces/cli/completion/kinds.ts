/** What stands where: the kind of value that each argument and option takes. */
import type { Argument, Option } from 'commander';

/** `text`: what only the person knows. */
export type Kind =
  'session' | 'journal' | 'approval' | 'grant' | 'tool' | 'model' | 'workspace' | 'help' | 'file' | 'folder' | 'text';

/** By command and argument, by command and option, by option alone. */
const KINDS: Readonly<Record<string, Kind>> = {
  '--config': 'file',
  '--workspace': 'workspace',
  'run message': 'text',
  'run --prompt': 'text',
  'run --session': 'session',
  'run --model': 'model',
  'run --root': 'folder',
  'run --timeout': 'text',
  'run --max-cost': 'text',
  'run --from': 'text',
  'session show id': 'session',
  'session show --limit': 'text',
  'session verify id': 'journal',
  'session export id': 'session',
  'session export --file': 'file',
  'session import file': 'file',
  'session import --as': 'text',
  'session rm id': 'session',
  'approvals show id': 'approval',
  'approvals revoke grant': 'grant',
  'approve id': 'approval',
  'deny id': 'approval',
  'deny --reason': 'text',
  'policy set tool': 'tool',
  'policy check tool': 'tool',
  'policy check arguments': 'text',
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
