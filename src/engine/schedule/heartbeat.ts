/**
 * What a heartbeat looks at: a file with what is to be looked after, and what that names. As long as nothing of it has
 * changed the model isn't asked.
 *
 *   watch: <path>   a file, or a folder with what is right in it
 *   due: <time> …   RFC 3339; that it has come is a change
 */
import { readdir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { openNamed, type Surroundings } from '../../adapters/tools/paths/open-named.ts';
import { canonicalJson } from '../../base/canonical-json.ts';
import { type Digest, digestOf } from '../../base/digest.ts';
import type { Failure } from '../../base/failure.ts';
import { readOpen } from '../../base/files/open-file.ts';
import { resolveReal } from '../../base/files/resolve-real.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Job } from '../../contract/schedule.ts';

/** The answer that says that nothing is to be done. */
export const NOTHING_TO_DO = 'HEARTBEAT_OK';

const MOST_BYTES = 64 * 1024;
/** Of a folder so many names are looked at. */
const MOST_NAMES = 10_000;
const NAMED = /^[ \t]*(?:[-*+][ \t]+)?(watch|due):[ \t]*(\S.*?)[ \t]*$/gim;

/** Where a heartbeat looks, beside the job's own folder. */
export type Around = Omit<Surroundings, 'projectRoot'>;

/** A digest of what there is to be looked at; undefined: there is nothing. `now` in ms UTC. */
export async function lookAround(job: Job, now: number, around: Around): Promise<Digest | undefined> {
  const found = await instructionsOf(job, around);
  if (found === undefined) return undefined;
  const { text } = found;
  const named = [...text.matchAll(NAMED)].map(async ([, kind, what]) =>
    kind!.toLowerCase() === 'due'
      ? Date.parse(what!.split(/\s/, 1)[0]!) <= now
      : fingerprintOf(resolve(job.root, what!)),
  );
  return digestOf(canonicalJson([text, ...(await Promise.all(named))]));
}

/** What a file says is to be looked after, and its real path. */
interface Instructions {
  text: string;
  real: string;
}

/**
 * The message for the model, and which file it holds: who wrote that may not be who set the heartbeat up.
 * @throws RuntimeError schedule_invalid, when there is nothing to be looked after any more
 */
export async function heartbeatPrompt(job: Job, around: Around): Promise<Instructions> {
  const found = await instructionsOf(job, around);
  if (found === undefined) throw nothingToLookAfter(job);
  const { text, real } = found;
  return { text: `${INSTRUCTIONS}\n\n${job.heartbeat}:\n\n${text}`, real };
}

export function nothingToLookAfter({ heartbeat, root }: Job): RuntimeError {
  return new RuntimeError('schedule_invalid', `${heartbeat} says nothing that is to be looked after`, {
    next: `Write into ${resolve(root, heartbeat!)} what that is.`,
  });
}

const INSTRUCTIONS = `This is a heartbeat: nobody has written to you. What you are to look after has changed, or time has come for it.
See to what below needs something done now, and to nothing else; don't repeat what was done before. If nothing needs anything, answer ${NOTHING_TO_DO} and nothing else.`;

/** Is that all that it says? Models like to emphasise it. */
export function saysNothingToDo(text: string): boolean {
  return /^[\s*_`"'.]*HEARTBEAT_OK[\s*_`"'.!]*$/.test(text);
}

/** Undefined: there is no such file, or it holds only comments, headings and empty items. */
async function instructionsOf({ heartbeat, root }: Job, around: Around): Promise<Instructions | undefined> {
  const path = resolve(root, heartbeat!);
  const project = resolveReal(root);
  // It was real when the job was made.
  if (!('code' in project) && project.real !== root) {
    throw refused({ code: 'leads_elsewhere', message: `the folder ${root} leads to ${project.real} now` });
  }
  const file = openNamed({ ...around, projectRoot: root }, path);
  if ('code' in file) {
    if (file.code === 'not_found') return undefined;
    throw refused(file);
  }
  const read = await readOpen(file, path, MOST_BYTES);
  if ('code' in read) throw refused(read, heartbeat);
  const text = read.bytes.toString('utf8');
  const lines = text.replaceAll(/<!--.*?(?:-->|$)/gs, '').split('\n');
  const isEmpty = lines.every((line) => /^\s*(?:#.*|[-*+]?\s*(?:\[[ xX]?\])?)\s*$/.test(line));
  return isEmpty ? undefined : { text: text.trim(), real: file.real };
}

const NEXT: Record<string, string> = {
  leads_elsewhere: 'Put the file itself there, or make the job anew with the path of what is meant.',
  too_large: 'Shorten it: it is sent to the model with each beat.',
};

function refused({ code, message }: Failure, heartbeat?: string): RuntimeError {
  const what = code === 'too_large' ? `${heartbeat} is longer than ${MOST_BYTES / 1024} KiB` : message;
  return new RuntimeError('schedule_invalid', what, { next: NEXT[code] ?? 'Make it a file that can be read.' });
}

async function fingerprintOf(path: string): Promise<string[]> {
  try {
    const found = await stat(path);
    if (!found.isDirectory()) return [mark(found)];
    const names = (await readdir(path)).sort().slice(0, MOST_NAMES);
    return await Promise.all(
      names.map(async (name) => `${name} ${await stat(resolve(path, name)).then(mark, () => 'gone')}`),
    );
  } catch {
    return ['absent'];
  }
}

function mark({ size, mtimeMs, ino }: { size: number; mtimeMs: number; ino: number }): string {
  return `${size} ${mtimeMs} ${ino}`;
}
