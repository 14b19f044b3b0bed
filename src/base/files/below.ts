import { join } from 'node:path';

/** Gives the paths of what lies below a folder, by names in normal form: of very many, as `join` looks at each character. */
export function below(folder: string): (name: string) => string {
  const begin = join(folder, '/');
  return (name) => begin + name;
}
