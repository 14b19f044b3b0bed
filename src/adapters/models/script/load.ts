import { readFileSync } from 'node:fs';
import { validate } from '#generated/script-validator.js';
import { RuntimeError } from '../../../contract/errors.ts';
import type { Script } from '../../../contract/script.ts';

const NEXT = 'See docs/script-model.md for what a script may hold.';

/** Reads a script file. @throws RuntimeError config_unreadable | config_invalid, naming the file and the line or key. */
export async function loadScript(path: string): Promise<Script> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : message;
    throw new RuntimeError('config_unreadable', `can't read the script ${path}: ${why}`, {
      next: "Check `script` of the model in `models.registry`; it is the path of a script model's file.",
      cause: error,
    });
  }
  const { load } = await import('js-yaml');
  let value: unknown;
  try {
    value = load(text);
  } catch (error) {
    // Its message has line and column.
    throw new RuntimeError('config_invalid', `${path}: ${(error as Error).message}`, { next: NEXT, cause: error });
  }
  if (validate(value)) return value;
  throw new RuntimeError('config_invalid', `${path}: ${await explain(value)}`, { next: NEXT });
}

/** The generated validator only says no; zod, which takes long to load, says where and why. */
async function explain(value: unknown): Promise<string> {
  const { scriptSchema } = await import('../../../contract/script.ts');
  const issues = scriptSchema.safeParse(value).error?.issues ?? [];
  // A misspelt key is why another one is missing.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (!issue) return 'is not a valid script';
  const where = issue.path.reduce<string>(
    (path, key) => (typeof key === 'number' ? `${path}[${key}]` : path === '' ? String(key) : `${path}.${String(key)}`),
    '',
  );
  return where === '' ? issue.message : `${where}: ${issue.message}`;
}
