/** Settings of git (git-config(1)): which of them may name what it runs, or lead it elsewhere. */

export interface GitSetting {
  /** In small letters. */
  section: string;
  /** `[section "sub"]`, as it is. */
  sub?: string;
  /** In small letters. */
  key: string;
  /** As it stands there. */
  value: string;
}

const FAMILIES = new Set([
  'alias', 'core', 'pager', 'sequence', 'credential', 'diff', 'difftool', 'mergetool', 'merge', 'filter', 'gpg', 'ssh', 'uploadpack',
  'receive', 'protocol', 'remote', 'url', 'include', 'includeif', 'browser', 'web', 'man', 'interactive', 'trailer', 'init',
  'submodule', 'http', 'sendemail', 'imap', 'instaweb', 'tar', 'safe', 'guitool', 'hook', 'svn', 'gc', 'maintenance', 'blame', 'lfs',
]); // prettier-ignore

/** Those of the families that name no program. The last three have a name between. */
const PLAIN = [
  /^core\.(?:quotepath|autocrlf|eol|filemode|longpaths|ignorecase|abbrev|bare|precomposeunicode|symlinks|repositoryformatversion|logallrefupdates|sharedrepository)$/,
  /^diff\.(?:algorithm|renames|context|noprefix|colormoved)$/,
  /^(?:init\.defaultbranch|merge\.(?:conflictstyle|ff|renames))$/,
];
const PLAIN_OF_ONE = /^(?:remote\.(?:fetch|tagopt)|submodule\.(?:active|branch))$/;
const URLS = /^(?:remote\.(?:url|pushurl)|submodule\.url)$/;
/** By a program of git's own; `host:path` too. What else a URL may be is a folder, whose hooks run at a push, or names what runs. */
const ELSEWHERE = /^"?(?:(?:https?|ssh|git):\/\/|(?:[\w.-]+@)?(?:\w[\w.-]*|\[[\w:.%]+\]):(?!:|\/\/))/;

/** Whether a place of a repository lies on another machine. */
export const isElsewhere = (url: string): boolean => ELSEWHERE.test(url);

export function mayRunCode({ section, sub, key, value }: GitSetting): boolean {
  if (section === 'color') return key === 'pager';
  if (!FAMILIES.has(section)) return false;
  const name = `${section}.${key}`;
  if (sub === undefined) return !PLAIN.some((plain) => plain.test(name));
  return URLS.test(name) ? !isElsewhere(value) : !PLAIN_OF_ONE.test(name);
}

/** Of `section.key=value`, or `section.sub.key`, as `git -c` takes it. Undefined: it is none. */
export function settingNamed(text: string): GitSetting | undefined {
  const at = text.indexOf('=');
  const name = at === -1 ? text : text.slice(0, at);
  const [first, last] = [name.indexOf('.'), name.lastIndexOf('.')];
  if (first < 1) return undefined;
  return {
    section: name.slice(0, first).toLowerCase(),
    ...(last > first && { sub: name.slice(first + 1, last) }),
    key: name.slice(last + 1).toLowerCase(),
    value: at === -1 ? '' : text.slice(at + 1),
  };
}

/** `[section "sub"]`, `[section.sub]`. What stands behind it on its line is a setting of it. */
const SECTION = /^\s*\[\s*([\w.-]+)(?:\s+"((?:\\[^]|[^"\\])*)")?\s*\]/;
const KEY = /^\s*([a-z][\w-]*)\s*(?:=\s*([^]*))?$/i;

export interface GitSettings {
  settings: GitSetting[];
  /** Lines that nobody here understands. */
  others: string[];
}

/**
 * Those of a file. Where a line ends with a backslash it may go on, which depends on comments and quotes before: it is read both
 * ways, so that rather too many are found than one too few.
 */
export function settingsIn(text: string): GitSettings {
  const plain = text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  const found: GitSettings = { settings: [], others: [] };
  read(plain, found);
  if (plain.includes('\\\n')) read(plain.replaceAll('\\\n', ''), found);
  return found;
}

function read(text: string, { settings, others }: GitSettings): void {
  let place: Pick<GitSetting, 'section' | 'sub'> = { section: '' };
  for (const line of text.split('\n')) {
    let rest = line;
    for (let head = SECTION.exec(rest); head; head = SECTION.exec(rest)) {
      place = placeOf(head[1]!, head[2]);
      rest = rest.slice(head[0].length);
    }
    if (/^\s*(?:[#;]|$)/.test(rest)) continue;
    const [, key, value = ''] = KEY.exec(rest) ?? [];
    if (key === undefined) others.push(rest);
    else settings.push({ ...place, key: key.toLowerCase(), value: value.trim() });
  }
}

function placeOf(name: string, quoted: string | undefined): Pick<GitSetting, 'section' | 'sub'> {
  if (quoted !== undefined) return { section: name.toLowerCase(), sub: quoted.replace(/\\([^])/g, '$1') };
  const [section, ...sub] = name.split('.');
  return { section: section!.toLowerCase(), ...(sub.length > 0 && { sub: sub.join('.') }) };
}

/** Those of a file that may run code, each as a text of its own; a line that nobody understands is one, too. */
export function settingsThatMayRun(text: string): Set<string> {
  const { settings, others } = settingsIn(text);
  const remotes = settings.filter(({ section, key }) => section === 'remote' && key === 'url').map(({ sub }) => sub);
  const telling = settings.filter((one) => mayRunCode(one) || namesFolder(one, remotes));
  return new Set([
    ...others,
    ...telling.map(({ section, sub, key, value }) => JSON.stringify([section, sub ?? null, key, value])),
  ]);
}

/** Of a branch: what no remote is called is a folder. */
function namesFolder({ section, key, value }: GitSetting, remotes: readonly (string | undefined)[]): boolean {
  return section === 'branch' && /^(?:push)?remote$/.test(key) && value !== '.' && !remotes.includes(value);
}
