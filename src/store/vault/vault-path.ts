import { join } from 'node:path';

export function vaultPath(home: string): string {
  return join(home, 'vault.json');
}
