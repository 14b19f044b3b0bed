/** The vault of a process, loaded when it is first needed, and what is known of it since. */
import { modelSecrets } from './used-secrets.ts';
import type { Vault, VaultOptions } from './vault.ts';

export interface LateVault {
  open(): Promise<Vault>;
  /** Opens it where a model needs it and nobody has to be asked, so that what it holds is known from the first message on. */
  begin(): Promise<void>;
  /** What it held whenever it was opened, for those who must not let it through. */
  secrets(): readonly { name: string; value: string }[];
  /** Told whenever there are more. */
  onLearned: () => void;
}

export function createLateVault(options: Omit<VaultOptions, 'learned'>): LateVault {
  const known = new Map<string, string>();
  let vault: Promise<Vault> | undefined;
  const late: LateVault = {
    open: () =>
      (vault ??= import('./vault.ts').then(({ createVault }) =>
        createVault({
          ...options,
          learned(secrets) {
            for (const { name, value } of secrets) known.set(value, name); // one that was replaced is still a secret
            late.onLearned();
          },
        }),
      )),
    async begin() {
      if (modelSecrets(options.config()).length === 0) return; // a command opens it when it gets something
      await (await late.open()).isLocked().catch(() => {}); // who needs a secret is told why there is none
    },
    secrets: () => [...known].map(([value, name]) => ({ name, value })),
    onLearned: () => {},
  };
  return late;
}
