/** Variables that change what other commands run or load. */

const NAMES = new Set([
  'PATH', 'HOME', 'IFS', 'ENV', 'PS4', 'CDPATH', 'SHELL', 'SHELLOPTS', 'PROMPT_COMMAND', 'EDITOR', 'VISUAL', 'PAGER', 'MANPAGER',
  'BROWSER', 'LESS', 'LESSOPEN', 'LESSCLOSE', 'NODE_OPTIONS', 'NODE_PATH', 'NODE_EXTRA_CA_CERTS', 'CLASSPATH', 'MAKEFLAGS',
  'MAKEFILES', 'GNUMAKEFLAGS', 'SSH_ASKPASS', 'SUDO_ASKPASS', 'SUDO_EDITOR', 'RSYNC_RSH', 'CVS_RSH', 'TAR_OPTIONS', 'GOFLAGS',
  'RUSTC', 'RUSTC_WRAPPER', 'RUSTFLAGS', 'CC', 'CXX', 'LD', 'AWKPATH', 'AWKLIBPATH', 'XDG_CONFIG_HOME', 'WGETRC', 'CURL_HOME',
  'DOCKER_HOST', 'GLOBIGNORE', 'TEXTDOMAIN', 'TEXTDOMAINDIR', 'FPATH', 'ZDOTDIR', 'GCONV_PATH', 'GZIP', 'INPUTRC',
]); // prettier-ignore

const FAMILIES =
  /^(?:BASH|LD_|DYLD_|GIT_|PYTHON|PERL|RUBY|GEM_|BUNDLE_|JAVA_|JDK_|_JAVA_|npm_config_|NPM_CONFIG_|CARGO_|LUA_|PHP|GCC_|COMPILER_|DOTNET_|RUNTIME_|RIPGREP_|FZF_|OPENSSL_)/;

/** What programs call the variable by which they are given others, options or a file of those. */
const KINDS = /(?:PAGER|EDITOR|_OPTS|_OPTIONS|_COMMAND|_PRELOAD|_CONFIG|_CONFIG_FILE|_RC)$/;

export function changesCommands(name: string): boolean {
  return NAMES.has(name) || FAMILIES.test(name) || KINDS.test(name);
}

/** The variable that a word like `NAME=value` or `NAME[0]+=value` sets, or that a bare `NAME` names. */
export function variableOf(word: string): string {
  return /^[A-Za-z_]\w*/.exec(word)?.[0] ?? '';
}
