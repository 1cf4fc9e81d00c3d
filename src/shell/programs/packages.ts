// Package managers: the forms that read what is installed. Facts: each one's manual.
//
//  K1  A form that runs code or settings of the project is not harmless, however much it only lists: yarn runs the release that .yarnrc names, pnpm its
//      pnpmfile, bundler the Gemfile, poetry the project's plugins, uv the project's own python.
import { does, unfollowed } from "./deeds.ts";
import { attached, refused, taking } from "./option-rows.ts";
import type { Program } from "./program.ts";

const asking = "-h, --help";
const network = (names: string, says = "it speaks to a registry"): Program => unfollowed(names, does("network", says), asking);
const changing = (names: string, says: string): Program => unfollowed(names, does("mutation", says), asking);
const running = (names: string, says: string, harmless = asking): Program => unfollowed(names, does("project-code", says), harmless);

/** As the manager's own options stand before the sub-command too, each of these takes them. */
const npmFlags =
  "--json --long -l --parseable -p --all -a --global -g --link --production --workspaces -ws --include-workspace-root --no-color --silent -s --loglevel --package-lock-only --no-unicode";
const npmOptions = [...taking("number", "--depth"), ...taking("text", "--omit, --include, --workspace -w"), ...attached("text", "--color")];

const npm: Program = {
  names: "npm",
  flags: "-v --version -h --help",
  operands: [],
  harmless: ["run", "run --json", "run-script", "help"],
  commands: [
    { names: "ls list la ll", flags: npmFlags, options: npmOptions },
    { names: "explain why", flags: npmFlags, options: npmOptions },
    { names: "prefix root bin", flags: "-g --global --no-color", operands: [] },
    { names: "query", flags: npmFlags, options: npmOptions },
    { names: "help help-search", style: "none" },
    {
      names: "version",
      style: "none",
      does: does("mutation", "it changes the version of the package"),
      harmless: ["", "--json"],
    },
    { names: "pkg", operands: [], commands: [{ names: "get", flags: npmFlags, options: npmOptions }, changing("set delete fix", "it changes package.json")] },
    {
      names: "config c",
      operands: [],
      commands: [
        { names: "get", flags: npmFlags, options: npmOptions },
        { names: "list ls", flags: npmFlags, options: npmOptions },
        changing("set delete edit fix", "it changes npm's settings"),
      ],
    },
    changing(
      "get set cache completion init create innit prune rebuild rb dedupe ddp find-dupes link ln unlink uninstall rm remove r un shrinkwrap pack edit explore",
      "it changes packages or runs their scripts",
    ),
    running("run run-script rum urn test t tst start stop restart exec x", "it runs scripts of the project"),
    network(
      "install i in ins inst insta isntall add ci clean-install ic install-test it install-ci-test cit update up upgrade udpate publish unpublish view v info show search s se find outdated audit ping whoami login logout adduser add-user access deprecate dist-tag dist-tags owner author org profile star stars unstar team token hook docs home bugs issues repo fund doctor diff sbom trust undeprecate stage",
    ),
  ],
};

const pip: Program = {
  names: "pip pip2 pip3 pip3.9 pip3.10 pip3.11 pip3.12 pip3.13 pip3.14",
  flags: "-V --version -h --help --disable-pip-version-check --no-color --no-input -q --quiet -v --verbose",
  operands: [],
  commands: [
    {
      names: "list",
      flags:
        "-l --local --user -e --editable --exclude-editable --include-editable --not-required --pre -v -q --no-color --disable-pip-version-check -h --help",
      options: [...taking("text", "--format, --exclude"), ...refused("network", "asks the registry", "-o --outdated, -u --uptodate")],
      operands: [],
    },
    { names: "show", flags: "-f --files -v --verbose -q --quiet --no-color --disable-pip-version-check -h --help" },
    {
      names: "freeze",
      flags: "-l --local --user --all --exclude-editable -q --disable-pip-version-check -h --help",
      options: taking("text", "--exclude"),
      operands: [],
    },
    { names: "check", flags: "-q --quiet -h --help --disable-pip-version-check", operands: [] },
    { names: "help", style: "none" },
    unfollowed("debug inspect hash", { check: "project-code", kind: "effect", says: "it reads files of the project by its settings" }, asking),
    changing("config cache uninstall", "it changes pip's settings or packages"),
    network("install download wheel index search lock"),
  ],
};

const dpkg: Program = {
  names: "dpkg dpkg-query",
  flags:
    "-l --list -s --status -L --listfiles -S --search -p --print-avail -W --show --get-selections --print-architecture --print-foreign-architectures --version --help --no-pager --yet-to-unpack -C --audit",
  options: taking("text", "-f --showformat"),
};

const aptReads =
  "-n --names-only -a --all-versions -f --full -i --important --installed --recurse --upgradable --manual-installed -q --quiet -h --help -v --version --no-pager";

const system: readonly Program[] = [
  dpkg,
  {
    names: "apt-cache",
    flags: aptReads,
    operands: ["text"],
    commands: [{ names: "search show showpkg policy depends rdepends madison pkgnames stats dump unmet showsrc dumpavail", flags: aptReads }],
  },
  {
    names: "apt apt-get aptitude",
    flags: "-v --version -h --help",
    operands: [],
    commands: [
      { names: "list search show policy depends rdepends showsrc", flags: aptReads },
      { names: "moo help", style: "none" },
      network("install update upgrade full-upgrade dist-upgrade download source build-dep changelog satisfy reinstall"),
      changing("remove purge autoremove autoclean clean edit-sources mark hold unhold", "it changes the system's packages"),
    ],
  },
  {
    names: "apt-mark",
    operands: [],
    commands: [
      { names: "showauto showmanual showhold showinstall", operands: ["text"] },
      changing("auto manual hold unhold minimize-manual", "it changes the system's packages"),
    ],
  },
  {
    names: "rpm",
    flags:
      "-q --query -a --all -i --info -l --list -R --requires -c --configfiles -d --docfiles --changelog --provides --whatprovides --whatrequires --last --version -s --state",
    options: taking("names", "-f --file"),
    look: (line, report) => {
      if (line.options.some(({ name }) => /^(?:-q|--query|--version)$/.test(name))) return;
      report.finding("mutation", "effect", "it changes the system's packages", line.span);
    },
  },
  {
    names: "brew",
    flags: "--version -v --prefix --cellar --cache --caskroom --repository --repo -h --help",
    operands: [],
    commands: [
      { names: "list ls", flags: "--versions -1 --formula --formulae --cask --casks --full-name --pinned --multiple -l -t -r" },
      { names: "--prefix --cellar --cache", style: "none" },
      network("install update upgrade reinstall fetch search info desc deps uses outdated home tap untap bundle config doctor audit cask services leaves"),
      changing("uninstall remove rm cleanup link unlink pin unpin autoremove", "it changes installed packages"),
      running("test style edit create ruby irb sh", "it runs code of packages"),
    ],
  },
  {
    names: "gem",
    flags: "-v --version -h --help",
    operands: [],
    commands: [
      { names: "list", flags: "-l --local -a --all -d --details -i --installed --no-versions -q --no-details" },
      { names: "env environment", operands: ["text"] },
      { names: "which contents", operands: ["text"] },
      { names: "help", style: "none" },
      network("install update push search fetch outdated owner signin signout yank info dependency query sources specification rdoc"),
      changing("uninstall cleanup pristine build cert check generate_index lock mirror open rebuild unpack stale server exec", "it changes installed packages"),
    ],
  },
  unfollowed("pacman", does("mutation", "it changes the system's packages"), "-Q, -Qe, -Qm, -Qq, -Qn, -V, --version, -h"),
  unfollowed("apk", does("mutation", "it changes the system's packages"), "info, info -v, info -vv, list --installed, list -I, stats, --version"),
  unfollowed(
    "snap flatpak port emerge zypper dnf yum nix nix-env nix-shell guix pkg pkgin xbps-query opkg winget choco scoop",
    does("network", "it speaks to a store, or changes packages"),
    "list, --version, version, installed, list --installed",
  ),
];

const others: readonly Program[] = [
  running("yarn yarnpkg", "it runs the release and the scripts that the project names", ""),
  running("pnpm", "it runs the project's pnpmfile and scripts", "-v, --version"),
  running("npx bunx pnpx uvx pipx-run dlx corepack", "it fetches and runs packages", "--version, -v"),
  running("poetry", "it runs the project's plugins", ""),
  running("uv pipenv pdm hatch rye conda mamba micromamba pixi pyenv virtualenv venv", "it runs the project's settings or python", "-V, --version, --help"),
  running("bundle bundler", "it runs the Gemfile", "-v, --version"),
  running("composer pecl pear", "it runs plugins and scripts of the project", ""),
  running(
    "rbenv rvm nvm fnm n volta asdf mise nodenv jenv sdk sdkman tfenv direnv",
    "it changes which programs run",
    "--version, -v, list, ls, current, versions, version",
  ),
  {
    names: "pipx",
    operands: [],
    flags: "--version --help -h",
    commands: [
      { names: "list", flags: "--json --short --include-injected", operands: [] },
      { names: "environment", operands: [] },
      running("run runpip", "it fetches and runs packages"),
      network("install upgrade upgrade-all inject install-all reinstall"),
      changing("uninstall uninstall-all uninject pin unpin ensurepath", "it changes installed packages"),
    ],
  },
  running(
    "mix rebar3 hex cabal stack opam dub shards nimble luarocks cpanm cpm vcpkg conan raco zef cpanminus spago elm",
    "it runs build files of the project, or fetches packages",
    "--version, -v, -V",
  ),
  // It makes its folders in the home before it reads its options.
  running("cpan", "it fetches and builds packages, and writes its settings", ""),
];

export const packages: readonly Program[] = [npm, pip, ...system, ...others];
