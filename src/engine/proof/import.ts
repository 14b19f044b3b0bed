/**
 * Takes in a session that was exported elsewhere, as a fork of it: its entries are copied and go on under an id of this
 * workspace, and what was pending there is void (docs/export.md). Nothing of its file is believed that isn't proved.
 */
import { isAbsolute, normalize } from 'node:path';
import { canonicalJson } from '../../base/canonical-json.ts';
import { sha256 } from '../../base/digest.ts';
import { isIntent } from '../../contract/entry-types.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Entry } from '../../contract/entries.ts';
import type { ExportHeader } from '../../contract/export.ts';
import type { Imported } from '../../contract/host.ts';
import type { Policy } from '../../contract/manifest.ts';
import type { Audit, Blobs, Journal } from '../../contract/ports.ts';
import type { Actor } from '../../contract/values.ts';
import { createKernel } from '../../kernel/kernel.ts';
import { withExportFile, type ExportFile } from '../../store/export-file.ts';
import { rightsOf, tightened } from '../freeze.ts';
import { checkSessionId } from '../session-id.ts';
import { createResolver } from '../session/fold.ts';
import { verifyExportFile } from './verify-export.ts';

export interface ImportSources {
  journal: Pick<Journal, 'create' | 'read'>;
  blobs: Pick<Blobs, 'put'>;
  audit: Pick<Audit, 'append'>;
  /** In force here now. */
  policy: Policy;
  epoch: number;
  now: () => number;
  /** Does the work while nobody else has the session. */
  alone: (session_id: string, work: () => Promise<void>) => Promise<void>;
}

/** Clocks differ; time never goes back within a journal, so nothing may come from long after now. */
const MOST_AHEAD_MS = 60 * 60 * 1000;

/**
 * `as`: the id here; else the one that it has. It is there as a whole, or not at all.
 * @throws RuntimeError not_found | usage | verify_failed | redacted_file | invalid_id | session_exists
 */
export function importSession(
  sources: ImportSources,
  { file: path, as }: { file: string; as?: string },
  actor: Actor,
): Promise<Imported> {
  return withExportFile(path, async (file) => {
    const header = await provenHeader(path, file);
    const session_id = as ?? header.session_id;
    checkSessionId(session_id);
    const fork = await forkOf(sources, file!, header, { session_id, actor });
    await sources.alone(session_id, () => create(sources, file!, header, { path, session_id, actor, fork }));
    const { project_root } = fork;
    return {
      session_id,
      from: { session_id: header.session_id, ...header.head },
      entries: header.entries,
      project_root,
    };
  });
}

async function provenHeader(path: string, file: ExportFile | undefined): Promise<ExportHeader> {
  const next = `See what it is with \`runtime session verify ${path}\`.`;
  if (!file) throw new RuntimeError('usage', `${path} is no exported session`, { next });
  const report = await verifyExportFile(file);
  const { header } = file;
  if (report.status !== 'verified' || !header) {
    const why = report.failure?.message ?? 'not all of it can be proved';
    throw new RuntimeError('verify_failed', `${path} could not be verified: ${why}.`, { next });
  }
  if (report.notes.includes('redacted')) {
    throw new RuntimeError(
      'redacted_file',
      `${path} is redacted: it proves what was decided, and nothing can go on from it.`,
    );
  }
  return header;
}

interface Fork {
  entries: Entry[];
  /** What its rights name. */
  policy: Policy;
  project_root: string;
}

/** The entries of the file, and those with which it goes on here. They are proved; the chain is that of the header's head. */
async function forkOf(
  { policy, epoch, now }: ImportSources,
  file: ExportFile,
  { session_id: original, head }: ExportHeader,
  to: { session_id: string; actor: Actor },
): Promise<Fork> {
  const kernel = createKernel(sha256);
  const resolve = createResolver(file.blobs);
  const entries: Entry[] = [];
  let state = kernel.initial();
  const end = await file.read(async ({ entry }) => {
    ({ state } = kernel.evolve(state, entry, await resolve(entry)));
    entries.push(entry);
  });
  if (end.failure || end.hash !== head.hash) {
    throw new RuntimeError('verify_failed', 'The file was changed while it was imported.');
  }
  const append = (entry: Entry): void => {
    ({ state } = kernel.evolve(state, entry));
    entries.push(entry);
  };
  const decideAll = (): void => {
    for (;;) {
      const { append: decision } = kernel.decide(state);
      if (!decision || isIntent(decision.type)) return;
      append({ v: 1, seq: state.seq + 1, at: state.at, ...decision });
    }
  };
  decideAll(); // what was decided by then is decided in the copy, too
  const { rights, project_root } = state.session!;
  if (state.at > now() + MOST_AHEAD_MS) throw unfit('its times lie in the future, and nothing would expire here');
  if (!isAbsolute(project_root) || normalize(project_root) !== project_root) {
    throw unfit('its project folder is none that a session can have');
  }
  const strict = tightened(policy, to.actor.role, rights);
  append({
    v: 1,
    seq: state.seq + 1,
    at: Math.max(now(), state.at),
    type: 'session.forked',
    data: {
      session_id: to.session_id,
      from: { session_id: original, seq: head.seq, hash: head.hash },
      rights: rightsOf(strict.policy, strict.role),
      actor: to.actor,
      epoch,
    },
  });
  decideAll(); // a turn that was open ends here
  return { entries, policy: strict.policy, project_root };
}

function unfit(why: string): RuntimeError {
  return new RuntimeError('verify_failed', `The session can't go on here: ${why}.`, {
    next: 'It can be proved and looked at all the same: `runtime session verify <file>`.',
  });
}

/** Blobs first, then the record, then the journal: what a stop leaves by then is in nobody's way. */
async function create(
  { journal, blobs, audit }: ImportSources,
  file: ExportFile,
  { session_id: original, workspace_id, head }: ExportHeader,
  { path, session_id, actor, fork }: { path: string; session_id: string; actor: Actor; fork: Fork },
): Promise<void> {
  const { status } = await journal.read(session_id, () => {}, { last: 1 });
  if (status !== 'absent') {
    throw new RuntimeError('session_exists', `There is a session ${session_id} already.`, {
      next: `Give it another name: \`runtime session import ${path} --as ${session_id}-2\`.`,
    });
  }
  for (const digest of file.digests) await blobs.put((await file.blobs.get(digest))!);
  await blobs.put(canonicalJson(fork.policy));
  const from = { session_id: original, workspace_id, head };
  await audit.append({ type: 'session.imported', data: { session: session_id, from, by: actor.id } }, { sync: true });
  await journal.create(session_id, async (write) => fork.entries.forEach(write));
  const { seq, hash } = await journal.read(session_id, () => {}, { last: 1 });
  await audit.append({ type: 'head', data: { session: session_id, seq, hash } });
}
