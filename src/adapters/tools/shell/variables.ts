/**
 * Variables, and what they do to the commands that get them. What a command is given asks unless it is known to be harmless;
 * what only the shell keeps asks where it is known to do something, for then it may be exported already.
 */

/** These choose no code, files or hosts, as long as their value is no path. */
const HARMLESS = new Set([
  'LANG', 'TZ', 'TERM', 'COLUMNS', 'LINES', 'CI', 'NO_COLOR', 'FORCE_COLOR', 'CLICOLOR', 'CLICOLOR_FORCE', 'NODE_ENV', 'PORT', 'DEBUG',
  'VERBOSE', 'LOG_LEVEL', 'RUST_LOG', 'RUST_BACKTRACE', 'PYTHONUNBUFFERED', 'PYTHONDONTWRITEBYTECODE', 'GOOS', 'GOARCH', 'CGO_ENABLED',
]); // prettier-ignore
const LOCALES = /^LC_(?:ALL|COLLATE|CTYPE|MESSAGES|MONETARY|NUMERIC|TIME)$/;

/** No path, and nothing that the shell makes as it runs. */
const PLAIN = /^[\w.,:;=*@+% -]*$/;
const ZONE = /^(?:[\w+-]+\/)*[\w+-]*$/;

/** Those that a command has anyhow, or that settings pass to it: set without `export` they reach it, too. */
const PASSED =
  /^(?:USER|LOGNAME|TMPDIR|HOSTALIASES|LOCPATH|GNUPGHOME|NETRC|XDG_\w+|SSL_CERT_\w+|\w+_CA_\w+|NODE_TLS_\w+)$/;
const PROXY = /_proxy$/i;

const NAMES = new Set([
  'PATH', 'HOME', 'IFS', 'ENV', 'PS4', 'CDPATH', 'SHELL', 'SHELLOPTS', 'PROMPT_COMMAND', 'EDITOR', 'VISUAL', 'PAGER', 'MANPAGER',
  'BROWSER', 'LESS', 'LESSOPEN', 'LESSCLOSE', 'NODE_OPTIONS', 'NODE_PATH', 'NODE_EXTRA_CA_CERTS', 'CLASSPATH', 'MAKEFLAGS',
  'MAKEFILES', 'GNUMAKEFLAGS', 'SSH_ASKPASS', 'SUDO_ASKPASS', 'SUDO_EDITOR', 'RSYNC_RSH', 'CVS_RSH', 'TAR_OPTIONS', 'GOFLAGS',
  'RUSTC', 'RUSTC_WRAPPER', 'RUSTFLAGS', 'CC', 'CXX', 'LD', 'AWKPATH', 'AWKLIBPATH', 'XDG_CONFIG_HOME', 'WGETRC', 'CURL_HOME',
  'DOCKER_HOST', 'EXECIGNORE', 'GLOBIGNORE', 'TEXTDOMAIN', 'TEXTDOMAINDIR', 'FPATH', 'ZDOTDIR', 'GCONV_PATH', 'GZIP', 'INPUTRC',
]); // prettier-ignore

const FAMILIES =
  /^(?:BASH|LD_|DYLD_|GIT_|PYTHON|PERL|RUBY|GEM_|BUNDLE_|JAVA_|JDK_|_JAVA_|npm_config_|NPM_CONFIG_|CARGO_|LUA_|PHP|GCC_|COMPILER_|DOTNET_|RUNTIME_|POSIX|RIPGREP_|FZF_|OPENSSL_)/;

/** What programs call the variable by which they are given others, options or a file of those. */
const KINDS = /(?:PAGER|EDITOR|_OPTS|_OPTIONS|_COMMAND|_PRELOAD|_CONFIG|_CONFIG_FILE|_RC)$/;

/** What bash is given for one of these it calculates, in one version or another: a text may set others, or run its subscripts. */
const NUMBERS = /^(?:S?RANDOM|OPTIND|HISTCMD|LINENO|SECONDS|EPOCH(?:SECONDS|REALTIME))$/;
const NUMBER = /^\w+=["']?\d+["']?$/;

export function changesCommands(name: string): boolean {
  return NAMES.has(name) || FAMILIES.test(name) || KINDS.test(name);
}

/** `text`: an assignment as it stands in the line, or with its quotes removed; also a name alone, that is handed on. */
export function isHarmless(text: string): boolean {
  const [, name, value = ''] = /^["']?([A-Za-z_]\w*)(?:=([^]*))?$/.exec(text) ?? [];
  if (name === undefined || !(HARMLESS.has(name) || LOCALES.test(name))) return false;
  const bare = value.replace(/^(["'])(.*)\1$/, '$2');
  return (name === 'TZ' ? ZONE : PLAIN).test(bare) && !bare.includes('..');
}

/** Whether a variable of the shell alone does something to commands, exported before or later. As `isHarmless`. */
export function reachesCommands(text: string): boolean {
  const name = variableOf(text);
  if (changesCommands(name) || PASSED.test(name) || PROXY.test(name)) return true;
  if (NUMBERS.test(name)) return !NUMBER.test(text);
  return (HARMLESS.has(name) || LOCALES.test(name)) && !(text.includes('=') && isHarmless(text));
}

/** The variable that a word like `NAME=value` or `NAME[0]+=value` sets, or that a bare `NAME` names. */
export function variableOf(word: string): string {
  return /^[A-Za-z_]\w*/.exec(word)?.[0] ?? '';
}

/** Of bash's own: a number changes nothing there. */
const NO_MATTER = /^BASH(?:PID|_SUBSHELL|_LINENO|_ARGC|_VERSINFO)$/;

/** Beside those that stand behind a `$`: what is calculated may set them, also by a value that holds the text. */
const IDENTIFIER = /(?<![\w$])(?<!\$\{[#!]?)[A-Za-z_]\w*/g;
const QUOTES = /["'\\]/g;

/** All names in a text but those that are only read, behind a `$`. */
export function namesOutside(text: string): string[] {
  return text.replace(QUOTES, '').match(IDENTIFIER) ?? [];
}

/** Whether a text names a variable that does something to commands where a number becomes its value. */
export function namesReaching(text: string): boolean {
  return namesOutside(text).some((name) => !NO_MATTER.test(name) && reachesCommands(`${name}=1`));
}
