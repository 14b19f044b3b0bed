/** Names of what there is, read from the records and the configuration. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Environment } from '../../../base/environment.ts';
import { pendingApprovals } from '../../../engine/approvals.ts';
import { listGrants } from '../../../engine/grants.ts';
import { readQueue } from '../../../engine/lanes/read-queue.ts';
import type { QueueItem } from '../../../contract/host.ts';
import type { Verdict } from '../../../contract/values.ts';
import { readSchedules } from '../../../engine/schedule/read.ts';
import { describePolicy } from '../../../engine/policy-check.ts';
import { shortText } from '../../../engine/session/messages.ts';
import { openWorkspace, type Workspace } from '../../../engine/wire.ts';
import { readTokens } from '../../../store/tokens.ts';
import { readVault } from '../../../store/vault/vault-file.ts';
import type { Kind } from './kinds.ts';
import type { Position } from './position.ts';
import type { Candidate } from './protocol.ts';

type Named = Exclude<Kind, 'help' | 'file' | 'folder' | 'text'>;

const VERDICTS: Record<Verdict, string> = { allow: 'allowed', require_approval: 'asks', deny: 'denied' };
const EMPTY_FILE = '/dev/null';
/** Titles cost a look into each journal: the newest have one. */
const MOST_TITLES = 20;
/** A title is among the first entries, or there is none. */
const LAST_TITLE_SEQ = 16;

/** In the order in which a person looks for them. @throws what reading throws */
export async function namesOf(
  environment: Environment,
  position: Position,
  kind: Named,
  word: string,
): Promise<Candidate[]> {
  return namesIn(await open(environment, position), kind, word);
}

/** The same, of a workspace that is open. */
export async function namesIn(workspace: Workspace, kind: Named, word: string): Promise<Candidate[]> {
  switch (kind) {
    case 'session':
    case 'journal':
      return sessions(workspace, word);
    case 'approval':
      return (await pendingApprovals(workspace)).map(({ id, presentation, tool }) => ({
        value: id,
        meaning: presentation.title || tool,
      }));
    case 'grant':
      return (await listGrants(workspace)).map(({ grant_id, title }) => ({ value: grant_id, meaning: title }));
    case 'message':
      return messages(workspace, () => true);
    case 'dead letter':
      return messages(workspace, ({ state }) => state === 'dead');
    case 'job':
      return (await readSchedules(workspace)).list().map(({ name, prompt, command }) => ({
        value: name,
        meaning: command ?? prompt!,
      }));
    case 'tool':
      return describePolicy(workspace).map(({ tool, effect, verdict }) => ({
        value: tool,
        meaning: `${effect}: ${VERDICTS[verdict]}`,
      }));
    case 'model':
      return models(workspace);
    case 'token':
      return readTokens(workspace.home).map(({ name, role }) => ({ value: name, meaning: role }));
    case 'secret':
      return (readVault(workspace.home)?.entries ?? []).map(({ name }) => ({ value: name, meaning: '' }));
    case 'workspace':
      return readdirSync(dirname(workspace.store.folder)).map((value) => ({ value, meaning: '' }));
  }
}

async function messages(workspace: Workspace, isMeant: (item: QueueItem) => boolean): Promise<Candidate[]> {
  const items = (await readQueue(workspace)).filter(isMeant);
  return items.map(({ event_id, title, why }) => ({ value: event_id, meaning: why ?? title }));
}

/** By what the line says so far. A configuration that can't be used is none: sessions have names all the same. */
async function open(environment: Environment, { options, overrides }: Position): Promise<Workspace> {
  const given = new Map([...options].map(([{ long }, value]) => [long, value]));
  const file = given.get('--config');
  const workspace = given.get('--workspace');
  const request = {
    environment,
    overrides: workspace === undefined ? overrides : new Map([...overrides, ['store.workspace', workspace]]),
  };
  try {
    return await openWorkspace({ ...request, ...(file !== undefined && { file: fromHome(file, environment) }) });
  } catch {
    return openWorkspace({ ...request, file: EMPTY_FILE });
  }
}

/** Nobody has expanded the words yet. */
function fromHome(path: string, { HOME }: Environment): string {
  return path.startsWith('~/') && HOME ? join(HOME, path.slice(2)) : path;
}

async function sessions({ store }: Workspace, word: string): Promise<Candidate[]> {
  const ids = (await store.journal.list()).map(({ session_id }) => session_id).filter((id) => id.startsWith(word));
  const titled = ids.slice(0, MOST_TITLES).map(async (value) => ({ value, meaning: await titleOf(store, value) }));
  return [...(await Promise.all(titled)), ...ids.slice(MOST_TITLES).map((value) => ({ value, meaning: '' }))];
}

/** What the session is about: its title, else what was asked first. Reads no further than that. */
async function titleOf({ journal }: Workspace['store'], session: string): Promise<string> {
  let title = '';
  const enough = new Error('enough was read');
  try {
    await journal.read(session, ({ entry }) => {
      if (entry.type === 'session.created') title = entry.data.title ?? '';
      if (entry.type === 'input.received') {
        const text = entry.data.parts.find((part) => part.type === 'text');
        title ||= text === undefined ? '' : (shortText(text.text).trim().split('\n')[0] ?? '');
      }
      if (title !== '' || entry.seq >= LAST_TITLE_SEQ) throw enough;
    });
  } catch {
    // Damaged or enough: what was found counts.
  }
  return title;
}

function models({ loaded }: Workspace): Candidate[] {
  const { registry, default: standard } = loaded.config.models;
  const named = registry.map(({ name, provider, model = name }) => ({ value: name, meaning: `${provider}: ${model}` }));
  const more = [
    ...(standard === undefined ? [] : [{ value: standard, meaning: 'the default' }]),
    { value: 'demo', meaning: 'the built-in offline demo' },
  ];
  return [...named, ...more.filter(({ value }) => !registry.some(({ name }) => name === value))];
}
