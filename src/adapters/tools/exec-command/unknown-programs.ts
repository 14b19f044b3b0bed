/** Programs that may go by files of the folder where they are run which nobody names to them, and of which nobody here knows. */
import { basename, normalize } from 'node:path';
import type { CommandFact } from '../../../contract/values.ts';
import { resolveReal } from '../../../base/files/resolve-real.ts';
import { isInside } from '../../../base/is-inside.ts';
import { type GitCall, gitCall } from '../shell/git-operands.ts';
import { wordsOf as shellWords } from '../shell/words.ts';
import { fileNamed } from './file-named.ts';
import { atHome, OUTWARDS } from './line-words.ts';
import { GIVES, isMade, ownReason, placed } from './made-words.ts';
import { isToldByWords, isUnknown, sends } from './programs.ts';

/**
 * Of that folder they read what their words name, and nothing else: no settings, lists or code. What they write, follow or
 * connect to nobody here knows.
 */
const ONLY_NAMED = new Set([
  // Of the shell itself.
  '((', 'caller', 'disown', 'help', 'logout', 'mapfile', 'readarray', 'shopt', 'suspend',
  // Archives, copies and texts.
  'ag', 'apropos', 'bsdtar', 'bunzip2', 'bzip2', 'cal', 'csplit', 'dd', 'dir', 'factor', 'fd', 'fdfind', 'getfacl', 'getfattr', 'gpg',
  'gpg2', 'gpgv', 'gtar', 'gunzip', 'gzip', 'install', 'jq', 'look', 'lz4', 'man', 'md5', 'namei', 'ncal', 'openssl', 'pathchk', 'pbcopy', 'pbpaste', 'pr', 'setfacl',
  'setfattr', 'shasum', 'tar', 'tsort', 'unlzma', 'unxz', 'unzip', 'unzstd', 'vdir', 'whatis', 'wl-copy', 'wl-paste', 'xclip', 'xsel', 'xz', 'xzcat', 'yq', 'zip', 'zipinfo', 'zstd', 'zstdcat',
  // The terminal, and people.
  'clear', 'last', 'logger', 'logname', 'mesg', 'notify-send', 'pinky', 'reset', 'stty', 'tput', 'w', 'wall',
  // The machine.
  'arch', 'blkid', 'chattr', 'dmesg', 'dmidecode', 'findmnt', 'fuser', 'getconf', 'getent', 'hostid', 'hostnamectl', 'htop', 'iostat', 'journalctl', 'killall', 'locale',
  'localectl', 'loginctl', 'lsattr', 'lsblk', 'lscpu', 'lsmem', 'lsmod', 'lsns', 'lspci', 'lsusb', 'mount', 'mountpoint', 'mpstat', 'nvidia-smi', 'pidof', 'pidstat', 'pmset',
  'pstree', 'renice', 'sensors', 'sw_vers', 'sysctl', 'systemctl', 'system_profiler', 'timedatectl', 'top', 'umount', 'vmstat',
  // The net.
  'arp', 'dig', 'ethtool', 'host', 'ifconfig', 'ip', 'iptables', 'iw', 'mtr', 'netstat', 'networkctl', 'networksetup', 'nmcli', 'nslookup', 'ping', 'ping6', 'resolvectl', 'route',
  'scutil', 'ss', 'tracepath', 'traceroute', 'ufw', 'whois',
  // Packages of the system, and databases.
  'apk', 'apt', 'apt-cache', 'apt-get', 'apt-mark', 'brew', 'createdb', 'dnf', 'dpkg', 'dpkg-query', 'dropdb', 'mysqladmin', 'mysqldump', 'pacman', 'pg_dump', 'pg_isready',
  'redis-cli', 'yum',
]); // prettier-ignore

/** With these words they go by more: lists of names, folders of packages, settings and code that are beside what they work on. */
const BUT: readonly [programs: RegExp, words: RegExp][] = [
  [/^(?:g|bsd)?tar$/, /(?:^| )(?:-[a-zA-Z]*T|--files)|^[a-zA-Z]*T/],
  [/^(?:xz(?:cat)?|unxz|unlzma|(?:un)?zstd|zstdcat|gpg2?)$/, /--(?:multi)?file|-files/],
  [/^zip$/, /@|--names/],
  [/^install$/, /--strip-/],
  // Of packages in files, of other databases and lists: all run what these bring.
  [/^(?:apk|apt(?:-cache|-get|-mark)?|brew|dnf|pacman|yum)$/, /(?:^| )(?:source|build-?dep|shell|-[a-zA-Z]*[ocprX]|--(?:config|hook|key|option|repo|root|setopt))|[/=]/],
  [/^dpkg(?:-query)?$/, /^(?!-[lLsSpVW](?: [^-/][^/]*)?$|--(?:version|list|status|listfiles|get-selections|print-architecture)(?: [^-/][^/]*)?$)/],
  [/^openssl$/, /(?:^| )(?:ca|ts)\b/],
  [/^[jy]q$/, /(?:^| )(?:-[a-zA-Z]*[Lf]|--lib|--from-file)|\b(?:import|include|load)\b/],
  [/^brew$/, /^(?!(?:-\S+ )*(?:(?:--version|autoremove|cleanup|config|deps|doctor|info|install|leaves|link|list|ls|outdated|pin|reinstall|search|services|tap|uninstall|unlink|unpin|untap|update|upgrade|uses)(?: |$)|--(?:prefix|cellar)))/],
]; // prettier-ignore

/** They send what lies in a folder, whatever else that is by then. */
const SENDS_FOLDERS: readonly [programs: RegExp, words: RegExp][] = [
  [/^(?:kubectl|oc)$/, /(?:^| )(?:kustomize|--(?:kustomize|recursive)|-[a-zA-Z]*[fkR])/],
  [/^helm$/, /(?:^| )(?:upgrade|install|template|package|lint|dep\w*)(?: |$)/],
  [/^(?:gcloud|az|aws)$/, /deploy|submit|sync|package|publish|recursive|source|template|upload/],
  [/^scp$/, /(?:^| )-[a-zA-Z]*r/],
  [/^rsync$/, /^/],
]; // prettier-ignore

/** Of git: these go by the files that their words name, which are bound. */
const GIT_BY_NAMED = /^(?:bundle|config)$/;
const GIT_ONLY_TELLS = /^(?:status|summary)$/;

/** As they are told: what these go by is bound to nothing. */
export function unnamedIn(commands: readonly CommandFact[], folders: readonly string[], root: string): string[] {
  return commands.flatMap((command) => {
    if (command.parser === 'text') return [];
    const program = placed(command.words[0] ?? '');
    const isDynamic = command.dynamic?.includes(0) === true;
    if (isDynamic && isMade(program)) return [program];
    // What else stands for a name there is given by a list.
    const named = isDynamic ? [] : [program];
    const names = program.includes('/') ? namesAway(program, folders, root) : named;
    return [...new Set(names.flatMap((name) => unnamedBy({ ...command, words: [name, ...command.words.slice(1)] })))];
  });
}

/** Of a program by its path, where it is none of the project, which would be bound as it is. */
function namesAway(program: string, folders: readonly string[], root: string): string[] {
  return folders.flatMap((folder) =>
    atHome(program).flatMap((word) => {
      const path = normalize(fileNamed(word, folder));
      const found = resolveReal(path);
      const real = 'real' in found && found.kind === 'file' ? found.real : OUTWARDS.test(word) ? path : root;
      if (isInside(root, real)) return [];
      return [basename(isInside(root, path) ? real : path)];
    }),
  );
}

/** By its name alone. */
function unnamedBy(command: CommandFact): string[] {
  const call = gitCall(shellWords(command));
  const [name, ...rest] = command.words as [string, ...string[]];
  if (call) return !isToldByWords(command) && goesByFolder(call) ? [`git ${call.command} ${IN_FOLDER}`] : [];
  const words = rest.join(' ');
  if (!isKnown(command, name, words)) return [`${name} ${IN_FOLDER}`];
  return SENDS_FOLDERS.some(([programs, those]) => programs.test(name) && those.test(words))
    ? [`${name} finds in its folders`]
    : [];
}

const IN_FOLDER = 'goes by in its folder';

function isKnown(command: CommandFact, name: string, rest: string): boolean {
  const isByWords = ONLY_NAMED.has(name) || isToldByWords(command);
  // Any program has another meaning there.
  if (name === 'chroot') return false;
  // What these run is told of them.
  if (GIVES.test(name)) return true;
  if (!isByWords) return !isUnknown(command) || sends(name);
  // The program that it is given by an option may be any.
  if (ownReason(command) === 'option_runs_code') return false;
  return !BUT.some(([programs, words]) => programs.test(name) && words.test(rest));
}

/** By patches, and what is kept while they are applied; or where to connect, by `.gitmodules` and `.lfsconfig`. */
function goesByFolder({ command, operands: [first] }: GitCall): boolean {
  if (command === 'submodule') return first !== undefined && !GIT_ONLY_TELLS.test(first.text);
  return !GIT_BY_NAMED.test(command);
}
