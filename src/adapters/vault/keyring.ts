/**
 * The system's keyring, by its own command: `secret-tool` (libsecret), or `security` on macOS. A native module would be loaded
 * into this process and has to be built for each platform; a command is there where there is a keyring, and where it isn't
 * or doesn't answer, there is none. Nothing secret is ever an argument: others could read it in the list of processes.
 */
import { spawn } from 'node:child_process';
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import { pathOutside } from '../../base/path-outside.ts';

export interface Keyring {
  /** The passphrase that is kept for a vault; undefined: none, or there is no keyring that answers. */
  lookup(vault: string): Promise<string | undefined>;
  /** Keeps it instead of the one before. False: no keyring did. */
  keep(vault: string, passphrase: string): Promise<boolean>;
}

export interface KeyringOptions {
  environment: Environment;
  clock: Clock;
  platform?: NodeJS.Platform;
}

/** A person may have to unlock the keyring first. */
const PATIENCE_MS = 30_000;
const MOST_BYTES = 64 * 1024;
const SERVICE = 'runtime-vault';

interface Call {
  program: string;
  args: string[];
  input?: string;
}

export function createKeyring(options: KeyringOptions): Keyring {
  const { platform = process.platform } = options;
  const calls = platform === 'darwin' ? MACOS : LIBSECRET;
  return {
    async lookup(vault) {
      const kept = await outputOf(calls.lookup(vault), options);
      if (kept === undefined) return undefined;
      // As plain characters: what is printed of others depends on the system.
      return Buffer.from(kept.trim(), 'base64url').toString('utf8') || undefined;
    },
    async keep(vault, passphrase) {
      const text = Buffer.from(passphrase).toString('base64url');
      return (await outputOf(calls.keep(vault, text), options)) !== undefined;
    },
  };
}

interface Calls {
  lookup(vault: string): Call;
  keep(vault: string, text: string): Call;
}

const LIBSECRET: Calls = {
  lookup: (vault) => ({ program: 'secret-tool', args: ['lookup', 'service', SERVICE, 'vault', vault] }),
  keep: (vault, text) => ({
    program: 'secret-tool',
    args: ['store', '--label=Passphrase of the vault of runtime', 'service', SERVICE, 'vault', vault],
    input: text,
  }),
};

const MACOS: Calls = {
  lookup: (vault) => ({ program: 'security', args: ['find-generic-password', '-s', SERVICE, '-a', vault, '-w'] }),
  // It takes commands from its input, too; id and text are of characters that need no quotes.
  keep: (vault, text) => ({
    program: 'security',
    args: ['-i'],
    input: `add-generic-password -U -s ${SERVICE} -a "${vault}" -w "${text}"\n`,
  }),
};

/** What the command printed; undefined: it isn't there, failed, or took too long. */
function outputOf({ program, args, input = '' }: Call, { environment, clock }: KeyringOptions) {
  return new Promise<string | undefined>((resolve) => {
    const env = { ...environment, PATH: pathOutside(environment) };
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'], env });
    const cancel = clock.at(clock.now() + PATIENCE_MS, () => child.kill('SIGKILL'));
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (output.length < MOST_BYTES) output += text;
    });
    child.stdin.on('error', () => {}); // it may have ended without reading
    child.stdin.end(input);
    const end = (printed: string | undefined): void => {
      cancel();
      resolve(printed);
    };
    child.once('error', () => end(undefined));
    child.once('close', (code) => end(code === 0 ? output : undefined));
  });
}
