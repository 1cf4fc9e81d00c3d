// The environment of commands: a list of what may pass, so that keys and injected settings stay outside.

const passed = new Set([
  ...["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "CI", "HOSTNAME"],
  ...["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"],
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy"],
  ...["SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"],
  // where tool chains are installed
  ...["NVM_DIR", "NVM_BIN", "VOLTA_HOME", "FNM_DIR", "PNPM_HOME", "BUN_INSTALL", "DENO_DIR", "PYENV_ROOT", "VIRTUAL_ENV", "CONDA_PREFIX"],
  ...["RBENV_ROOT", "GEM_HOME", "GOPATH", "GOROOT", "CARGO_HOME", "RUSTUP_HOME", "JAVA_HOME", "GRADLE_USER_HOME", "DOTNET_ROOT", "ANDROID_HOME"],
]);

/** No colours, no pagers, no questions: nobody sits at this terminal. */
const fixed = { TERM: "dumb", NO_COLOR: "1", PAGER: "cat", GIT_PAGER: "cat", GIT_TERMINAL_PROMPT: "0", BOSUN: "1" } as const;

/**
 * The part of `from` that commands may see, and fixed settings for a shell without a person. `more` names
 * further variables that the person wants passed.
 */
export function cleanEnvironment(from: Readonly<Record<string, string | undefined>>, more: readonly string[] = []): Readonly<Record<string, string>> {
  const clean: Record<string, string> = {};
  for (const [name, value] of Object.entries(from)) {
    if (value === undefined) continue;
    if (passed.has(name) || /^LC_[A-Z]+$/.test(name) || more.includes(name)) clean[name] = value;
  }
  return { PATH: "/usr/local/bin:/usr/bin:/bin", ...clean, ...fixed };
}
