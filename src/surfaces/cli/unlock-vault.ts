import { toRuntimeError } from '../../contract/errors.ts';
import { chooseModels } from '../../engine/config/models.ts';
import type { Workspace } from '../../engine/wire.ts';
import { canAsk, whileHidden } from './ask-hidden.ts';
import type { Io } from './io.ts';
import { joinOwner } from './owner.ts';

/**
 * Asks for the vault's passphrase before the work begins, where a model that may answer has its key there, or a command may
 * ask for a secret, nothing else says it, and somebody is at the terminal. Who doesn't type it is told by the turn, or the
 * command's result, what is missing.
 */
export async function unlockVault(io: Io, workspace: Workspace, model: string | undefined): Promise<void> {
  const { loaded, request } = workspace;
  const { settings } = chooseModels(loaded.config, request.environment, model === undefined ? {} : { model });
  const { tools, vault: at } = loaded.config;
  // Where a file has it nobody is asked, and what only commands use is opened when one does.
  const ofCommands = Object.keys(tools.exec_command.secrets).length > 0 && !at.passphrase_file;
  const isUsed = ofCommands || settings.some(({ api_key_vault }) => api_key_vault !== undefined);
  if (!isUsed || !canAsk(io)) return;
  const vault = await workspace.vault.open();
  if (!(await vault.isLocked())) return;
  const owner = await joinOwner(workspace);
  if (owner) return owner.leave(); // that one asks the models
  await whileHidden(io, async (ask) => {
    for (;;) {
      const typed = await ask('Passphrase of the vault: ');
      if (typed === undefined) return;
      try {
        return vault.unlock(typed);
      } catch (thrown) {
        const { code, message } = toRuntimeError(thrown);
        if (code !== 'passphrase_wrong') throw thrown;
        io.stderr.write(`${message}\n`);
      }
    }
  });
}
