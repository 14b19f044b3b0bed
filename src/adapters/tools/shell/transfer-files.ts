/** Files that curl and wget write by their words, and those that they read and send. */
import type { CommandFact } from '../../../contract/values.ts';
import type { Given, Transfer } from './transfers.ts';
import { transferOf } from './transfers.ts';
import { type ShellWord, wordsOf } from './words.ts';

export interface TransferFiles {
  files: string[];
  reads: string[];
}

/** Undefined: a name that the shell makes, or that nobody can know. */
type Names = (string | undefined)[];

/** `unknown`: which files can't be known. Undefined: it is no such program. */
export function transferFiles(command: CommandFact): TransferFiles | 'unknown' | undefined {
  const transfer = transferOf(wordsOf(command));
  if (transfer === undefined) return undefined;
  const files = transfer.program === 'curl' ? writtenByCurl(transfer) : writtenByWget(transfer);
  const reads = [...transfer.options.flatMap(readBy), ...(transfer.program === 'curl' ? localFiles(transfer) : [])];
  if ([...files, ...reads].includes(undefined)) return 'unknown';
  return { files: named(files), reads: named(reads) };
}

/** A dash is what the program itself reads or prints. */
function named(names: Names): string[] {
  return names.filter((name): name is string => name !== undefined && name !== '' && name !== '-' && name !== '.');
}

function textOf(word: ShellWord | undefined): string | undefined {
  return word === undefined || word.dynamic ? undefined : word.text;
}

function has(transfer: Transfer, ...names: string[]): boolean {
  return transfer.options.some(({ name }) => names.includes(name));
}

function below(folder: string | undefined, name: string | undefined): string | undefined {
  if (name === undefined || folder === undefined) return undefined;
  return folder === '' || name === '-' ? name : `${folder}/${name}`;
}

function folderOf({ options }: Transfer): string | undefined {
  const given = options.filter(({ kind }) => kind === 'folder').at(-1);
  return given === undefined ? '' : textOf(given.value);
}

function writtenByCurl(transfer: Transfer): Names {
  const folder = folderOf(transfer);
  const files = transfer.options.flatMap(({ name, kind, value }): Names => {
    const text = textOf(value);
    if (kind === 'format') return text === undefined ? [undefined] : [...text.matchAll(/%output\{(?:>>)?([^}]*)\}/g)].map(([, file]) => file); // prettier-ignore
    if (kind !== 'writes') return [];
    // `#1` is what stands for a pattern in the URL.
    return name === 'output' ? [below(folder, text?.match(/#\d/) ? undefined : text)] : [text];
  });
  if (!has(transfer, 'remote-name', 'remote-name-all')) return files;
  // What the server says is its name.
  if (has(transfer, 'remote-header-name')) return [undefined];
  return [...files, ...transfer.urls.map((url) => below(folder, lastNameOf(url)))];
}

/** Without `-O` each URL becomes a file, or more of them, in the folder. */
function writtenByWget(transfer: Transfer): Names {
  const folder = folderOf(transfer);
  const files = transfer.options.flatMap(({ kind, value }): Names => (kind === 'writes' ? [textOf(value)] : []));
  const isWhole = has(transfer, 'recursive', 'mirror', 'page-requisites');
  if (has(transfer, 'spider', 'output-document')) return files;
  if (isWhole || folder === undefined) return [...files, folder === '' ? '.' : folder];
  return [...files, ...transfer.urls.map((url) => below(folder, url.dynamic ? 'index.html' : lastNameOf(url)))];
}

function lastNameOf(url: ShellWord): string | undefined {
  const path = textOf(url)?.replace(/^[a-z][a-z0-9+.-]*:\/*/i, '').replace(/[?#].*$/s, ''); // prettier-ignore
  const name = path?.slice(path.indexOf('/') + 1 || path.length).split('/').at(-1); // prettier-ignore
  return name === '' ? 'index.html' : name?.match(/[[{]/) ? undefined : name;
}

function readBy({ name, kind, value }: Given): Names {
  if (name === 'netrc' || name === 'netrc-optional') return ['~/.netrc'];
  const text = textOf(value);
  switch (kind) {
    case 'reads':
      // A word to open it with may stand behind.
      return [name.endsWith('cert') ? text?.replace(/(?<=.):[^/]*$/, '') : text];
    case 'upload':
      return [text !== undefined && /[[{]/.test(text) ? undefined : text];
    case 'cookie':
      return text?.includes('=') === false ? [text] : [];
    case 'data':
    case 'format':
      return fileBehind(value, name === 'data-urlencode' ? /^[^=@]*@(.*)$/s : /^@(.*)$/s);
    case 'form': {
      const [given] = fileBehind(value, /^[^=]*=[@<]([^;]*)/s);
      if (given === undefined) return text === undefined && /=[@<$]/.test(value?.text ?? '') ? [undefined] : [];
      return /["\\]/.test(given) ? [undefined] : given.split(',');
    }
    default:
      return [];
  }
}

/** Of a text that the shell makes only what stands at its beginning can be seen: behind a quote or a letter it is no file. */
function fileBehind(value: ShellWord | undefined, pattern: RegExp): Names {
  if (value === undefined) return [];
  if (!value.dynamic) return pattern.exec(value.text)?.slice(1, 2) ?? [];
  return /^["']?[@$`]/.test(value.text) ? [undefined] : [];
}

function localFiles(transfer: Transfer): Names {
  return transfer.urls.flatMap((url): Names => {
    const text = textOf(url);
    if (text === undefined || !/^file:/i.test(text)) return [];
    const path = URL.parse(text)?.pathname;
    if (path === undefined || (/[[{]/.test(text) && !has(transfer, 'globoff'))) return [undefined];
    try {
      return [decodeURIComponent(path)];
    } catch {
      return [undefined];
    }
  });
}
