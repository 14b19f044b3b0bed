/**
 * Opening a file that a person named outside of any call: what a heartbeat looks after, an attachment. The name is the
 * person's; what stands under it in the project may be anybody's who may write there, commands of the agent too. So it
 * counts for what the name says alone: what it leads to besides is refused, and nothing of it is read.
 */
import { closeSync } from 'node:fs';
import type { Failure } from '../../../base/failure.ts';
import { type OpenFile, openFile } from '../../../base/files/open-file.ts';
import { linkOutOfProject, projectAround } from '../../../base/files/link-out-of-project.ts';
import { realOf, type RealPath, resolveReal } from '../../../base/files/resolve-real.ts';
import { isInside } from '../../../base/is-inside.ts';
import type { Scene } from '../tool.ts';
import { guardedFiles, isOwn } from './other-names.ts';
import { secretsOf } from './secrets.ts';

/** Paths are absolute; links in them don't matter. */
export type Surroundings = Pick<Scene, 'projectRoot' | 'home' | 'ownFiles' | 'environment'>;

export interface NamedFile extends OpenFile {
  real: string;
}

/** `leads_elsewhere`: by a link of the project, or another name of the same file, the path leads where it doesn't say. */
export function openNamed(around: Surroundings, path: string): NamedFile | Failure {
  const found = resolveReal(path);
  if ('code' in found) return found;
  const scene = realScene(around);
  const where = refusedLink(scene, path, found);
  if (where !== undefined) return elsewhere(`${path} leads by a link to ${found.real}, ${where}`);
  if (found.kind === 'missing') return { code: 'not_found', message: `there is no file ${path}` };
  const file = openFile(found.real);
  if ('code' in file) return file;
  const guarded = isOwnWord(scene, path, found) ? undefined : guardedFiles(scene)(file.stats);
  if (guarded === undefined) return { ...file, real: found.real };
  closeSync(file.fd);
  return elsewhere(`${path} is another name of ${guarded === 'closed' ? "a file of the runtime's" : 'a secret'}`);
}

/** What is wrong with where the path leads by links that lie in the project; undefined: nothing. */
function refusedLink(scene: Surroundings, path: string, found: RealPath): string | undefined {
  const { projectRoot } = scene;
  const { real } = found;
  if (linkOutOfProject(found, [projectRoot]) !== undefined) return 'which is not in the project';
  if (!found.links.some((link) => isInside(projectRoot, link) || projectAround(link))) return undefined;
  if (isOwn(scene, real)) return "which is the runtime's own";
  const isSecret = secretsOf(scene);
  return isSecret(real) && !isSecret(path) ? 'which is a secret' : undefined;
}

/** Outside of the project, and of what is called a secret by its own name, a person's word is enough. */
function isOwnWord(scene: Surroundings, path: string, { real }: RealPath): boolean {
  return !isInside(scene.projectRoot, real) || secretsOf(scene)(path);
}

function realScene({ projectRoot, home, ownFiles, environment }: Surroundings): Surroundings {
  return { projectRoot: realOf(projectRoot), home: realOf(home), ownFiles: ownFiles.map(realOf), environment };
}

function elsewhere(message: string): Failure {
  return { code: 'leads_elsewhere', message };
}
