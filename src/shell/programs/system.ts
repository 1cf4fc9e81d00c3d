// Programs that tell about the machine, its processes and its users. Options after procps-ng 4, util-linux 2.38, coreutils 9.1, iproute2 6.1, systemd 252;
// BSD and macOS where they differ.
//
//  Y1  The environment that a command gets is cleared before it runs, but for an allow-list: what prints it (printenv, env) reads no secret.
//      Other processes' environments are another matter: `ps e` is refused.
import { textOfValue } from "../value.ts";
import { type Deed, does, tell, unfollowed } from "./deeds.ts";
import { attached, has, refused, refusedAttached, refusedTaking, taking, valuesOf } from "./option-rows.ts";
import type { Line, OptionRow, Program, Report } from "./program.ts";

/** It only prints, whatever of these it is given. */
const prints = (names: string, flags: string, options: readonly OptionRow[] = [], more: Partial<Program> = {}): Program => ({
  names,
  flags: `${flags} --help --version`,
  options,
  operands: [],
  ...more,
});
const setting = (says: string): Deed => ({ ...does("mutation", says), effect: "unknown" });

const acts = (line: Line, report: Report, says: string): void => tell(setting(says), line.span, report);

function goesOn(line: Line, report: Report): void {
  report.finding("hang", "effect", "it goes on until it is stopped", line.span);
}

const ps: Program = {
  names: "ps",
  flags:
    "-A -a -d -e -N -T -r -x -f -F -l -j -y -M -Z -c -H -L -m -V -v -w -h --forest --headers --no-headers --no-heading --cumulative --deselect --context --info --version --help",
  options: [
    ...taking("text", "-C, -G --Group, -g --group, -p --pid, -q --quick-pid, -s --sid, -t --tty, -u --user, -U --User, --ppid, -o --format, -O"),
    ...taking("text", "-k --sort"),
    ...taking("number", "--cols --columns --width, --rows --lines"),
  ],
  operands: ["text"],
  look: (line, report) => {
    let column = false;
    for (const { value, span } of line.operands) {
      const text = textOfValue(value);
      // BSD options have no dash: "aux", and "o" or "k" with a value. "e" shows environments.
      if (text !== null && (column || /^[\d,]+$/.test(text) || /^[acfhjlmnrsuvwxLSTXZ]+$/.test(text))) column = false;
      else if (text !== null && /^[acfhjlmnrsuvwxLSTXZ]*[okptU]$/.test(text)) column = true;
      else if (value.kind !== "unknown" || value.holds !== "number")
        report.finding("unknown-option", "option", "these options of ps may show what is in other programs' environments", span);
    }
    for (const { name, value, span } of line.options)
      if (/^-[oO]$|^--format$/.test(name) && value !== null && /env/i.test(textOfValue(value.value) ?? "env"))
        report.finding("unknown-option", "option", "it may show other programs' environments", span);
  },
};

/** Repeats without end unless a count is given. */
const bounded = (
  names: string,
  flags: string,
  options: readonly OptionRow[],
  ends: (line: Line) => boolean,
  operands: Program["operands"] = ["number"],
): Program => ({
  names,
  flags: `${flags} --help --version`,
  options,
  operands,
  look: (line, report) => {
    if (!ends(line) && !has(line, "-h --help -V --version")) goesOn(line, report);
  },
});

/** Seconds. */
const longest = 15;

/** The number that one of these options is given, or the one it has without; not known: too many. */
function given(line: Line, names: string, otherwise: number): number {
  const found = valuesOf(line, names).at(-1);
  if (found === undefined) return otherwise;
  const number = Number(found === null ? Number.NaN : (textOfValue(found.value) ?? Number.NaN));
  return Number.isFinite(number) && number >= 0 ? number : longest + 1;
}

const numberIn = (operand: Line["operands"][number] | undefined): number => Number(operand === undefined ? 0 : (textOfValue(operand.value) ?? Number.NaN));

// top of procps makes an empty ~/.config/procps at each start, with -h and -V too: the read-only profile's home takes that away.
const processes: readonly Program[] = [
  ps,
  bounded(
    "top",
    "-b -w -H -c -i -s -S -1 -B -e -E -h -V -v --batch-mode --threads-show -F -R",
    taking("text", "-n --iterations, -o --sort-override, -p --pid, -u --filter-any-user, -U --filter-only-euser, -d --delay, -l, -stats"),
    (line) =>
      has(line, "-l")
        ? given(line, "-l", 1) * given(line, "-d --delay -s", 1) <= longest
        : has(line, "-b --batch-mode") && has(line, "-n --iterations") && given(line, "-n --iterations", 1) * given(line, "-d --delay", 3) <= longest,
    [],
  ),
  bounded(
    "vmstat iostat mpstat pidstat sar nfsiostat cifsiostat",
    "-a -f -m -n -s -d -D -w -t -y -x -k -c -h -H -V -N -z -u -r -B -S -b -q -W -A -R -l -U",
    taking("text", "-p, -P"),
    ({ operands }) => operands.length === 0 || (operands.length > 1 && numberIn(operands[0]) * numberIn(operands[1]) <= longest),
  ),
  prints("uptime", "-p --pretty -s --since -h -V"),
  bounded(
    "free",
    "-b --bytes -k --kibi -m --mebi -g --gibi --tera --tebi --kilo --mega --giga --peta --pebi -h --human --si -l --lohi -t --total -v --committed -w --wide -V -L --line",
    taking("text", "-s --seconds, -c --count"),
    (line) =>
      given(line, "-s --seconds", 1) * (has(line, "-c --count") ? given(line, "-c --count", 1) : has(line, "-s --seconds") ? longest + 1 : 1) <= longest,
    [],
  ),
  prints(
    "pgrep",
    "-l --list-name -a --list-full -v --inverse -w --lightweight -c --count -f --full -i --ignore-case -n --newest -o --oldest -x --exact -L -A -h -V -q",
    taking(
      "text",
      "-d --delimiter, -g --pgroup, -G --group, -O --older, -P --parent, -s --session, -t --terminal, -u --euid, -U --uid, -r --runstates, --ns, --nslist",
    ),
    { operands: ["text"] },
  ),
  prints("pidof", "-s -c -x -n -q -h -V", taking("text", "-o, -S"), { operands: ["text"] }),
  prints(
    "pstree",
    "-a --arguments -A --ascii -c --compact-not -g --show-pgids -G --vt100 -h --highlight-all -l --long -n --numeric-sort -p --show-pids -s --show-parents -S --ns-changes -t --thread-names -T --hide-threads -u --uid-changes -U --unicode -V -Z --security-context",
    taking("text", "-H --highlight-pid, -N --ns-sort, -C --color"),
    { operands: ["text"] },
  ),
  prints("pmap pwdx", "-x -X -d -q -p -V -h", [], { operands: ["text"] }),
  prints(
    "lsof",
    "-a -b -C -h -K -l -n -N -O -P -R -t -U -v -V -w -X -x -E -H -Q",
    [
      ...taking("text", "-c, -p, -u, -d, -A"),
      ...attached("text", "-i, -g, -s, -S, -T, -F, -o, -f, -L, -z"),
      ...refusedAttached("refuse", "writes a cache of devices or repeats without end", "-D, -r, -e, -k, -m"),
    ],
    {
      operands: ["names"],
      look: (line, report) => {
        // lsof(8): options with a plus; "+r" repeats, "+d" and "+D" take a folder, which is an operand here.
        for (const { value, span } of line.operands)
          if (/^\+(?![dDcL]\w*$)/.test(textOfValue(value) ?? ""))
            report.finding("refused-option", "option", "what this option of lsof does is not followed", span);
      },
    },
  ),
];

const machine: readonly Program[] = [
  prints(
    "uname arch",
    "-a --all -s --kernel-name -n --nodename -r --kernel-release -v --kernel-version -m --machine -p --processor -i --hardware-platform -o --operating-system",
  ),
  {
    names: "hostname dnsdomainname domainname nisdomainname ypdomainname",
    flags: "-a --alias -d --domain -f --fqdn --long -i --ip-address -I --all-ip-addresses -s --short -y --yp --nis -A --all-fqdns -V --version -h --help",
    options: [...refusedTaking("write", "sets the machine's name", "-F --file"), ...refused("write", "sets the machine's name", "-b --boot")],
    look: (line, report) => {
      if (line.operands.length > 0) acts(line, report, "it sets the machine's name");
      if (!has(line, "-f --fqdn --long -d --domain -i --ip-address -a --alias -A --all-fqdns")) return;
      // hostname(1): these ask the resolver, which may be another machine; of the machine's own name.
      tell(does("network", "it may ask a name server"), line.span, report);
    },
  },
  prints("nproc", "--all", taking("number", "--ignore")),
  prints("lscpu", "-a --all -b --online -B --bytes -c --offline -J --json -x --hex -y --physical -h -V --output-all", [
    ...attached("text", "-C --caches, -e --extended, -p --parse"),
    ...taking("names", "-s --sysroot"),
  ]),
  prints(
    "lsblk",
    "-A --noempty -D --discard -J --json -M --merge -O --output-all -P --pairs -S --scsi -N --nvme -v --virtio -a --all -b --bytes -d --nodeps -f --fs -i --ascii -l --list -m --perms -n --noheadings -p --paths -r --raw -s --inverse -t --topology -y --shell -z --zoned -h -V",
    [
      ...taking("text", "-E --dedup, -I --include, -e --exclude, -o --output, -w --width, -x --sort, -Q --filter"),
      ...attached("text", "-T --tree"),
      ...taking("names", "--sysroot"),
    ],
    { operands: ["names"] },
  ),
  prints("lsmem", "-J --json -P --pairs -a --all -b --bytes -n --noheadings -r --raw --output-all -h -V", [
    ...taking("text", "-o --output, -S --split"),
    ...attached("text", "--summary"),
  ]),
  prints("lsns", "-J --json -l --list -n --noheadings -r --raw -u --notruncate -W --nowrap -h -V", taking("text", "-o --output, -p --task, -t --type")),
  prints("lspci lsusb lsmod lshw lsscsi", "-v -vv -n -nn -k -b -D -t -m -mm -x -V -short -businfo -json", taking("text", "-s, -d, -class -C"), {
    operands: [],
  }),
  prints(
    "findmnt",
    "-s --fstab -m --mtab -k --kernel -A --all -a --ascii -b --bytes -C --nocanonicalize -c --canonicalize -D --df -e --evaluate -f --first-only -i --invert -J --json -l --list -n --noheadings -P --pairs -R --submounts -r --raw -U --uniq -u --notruncate -v --nofsroot -y --shell -x --verify --real --pseudo --tree -h -V",
    [
      ...taking("text", "-d --direction, -O --options, -o --output, -S --source, -t --types, -N --task"),
      ...taking("names", "-F --tab-file, -T --target, -M --mountpoint"),
      ...refusedAttached("hangs", "waits for changes", "-p --poll"),
    ],
    { operands: ["names"] },
  ),
  prints("getconf", "-a", [], { operands: ["text", "names"] }),
  prints("locale", "-a --all-locales -m --charmaps -c --category-name -k --keyword-name -v --verbose -V", [], { operands: ["text"] }),
  {
    names: "tput",
    flags: "-V -x",
    operands: ["text"],
    look: (line, report) => {
      // tput(1): these may run the program that the terminal's description names.
      const [act] = line.operands;
      if (act !== undefined && /^(?:init|reset|clear_all)$|^$/.test(textOfValue(act.value) ?? ""))
        acts(line, report, "it sets the terminal up, which may run a program");
    },
  },
  unfollowed("stty", setting("it changes the terminal"), "-a, -g, --all, size, speed, --version, --help"),
  prints("tty", "-s --silent --quiet"),
  prints("sw_vers", "-productName -productVersion -buildVersion --productName --productVersion --buildVersion", [], { style: "words" }),
  prints("lsb_release", "-v -i --id -d --description -r --release -c --codename -a --all -s --short -h"),
  unfollowed(
    "sysctl",
    setting("it may change the running system"),
    "-a, --all, -n hw.ncpu, -n hw.memsize, hw.ncpu, hw.memsize, kernel.ostype, -n kernel.ostype, -n machdep.cpu.brand_string",
  ),
  prints("printenv", "-0 --null", [], { operands: ["text"] }),
  prints("which", "-a --all -s --skip-dot --skip-tilde --show-dot --show-tilde --tty-only", [], { operands: ["text"] }),
  prints("whereis", "-b -m -s -u -l -g", [], { operands: ["text"] }),
  prints("mesg", "", [], { harmless: [""] }),
  prints(
    "dmesg",
    "-H --human -J --json -k --kernel -P --nopager -p --force-prefix -r --raw -u --userspace -x --decode -d --show-delta -e --reltime -T --ctime -t --notime -S --syslog -h -V",
    [
      ...taking("text", "-f --facility, -l --level, -s --buffer-size, --since, --until, --time-format"),
      ...attached("text", "-L --color"),
      ...taking("read", "-F --file, -K --kmsg-file"),
      ...refused("write", "clears or sets the kernel's messages", "-C --clear, -c --read-clear, -D --console-off, -E --console-on"),
      ...refusedTaking("write", "sets the kernel's messages", "-n --console-level"),
      ...refused("hangs", "goes on until it is stopped", "-w --follow, -W --follow-new"),
    ],
  ),
];

const users: readonly Program[] = [
  prints("id", "-a -Z --context -g --group -G --groups -n --name -r --real -u --user -z --zero -p -P -F -c", [], { operands: ["text"] }),
  prints("whoami logname", ""),
  prints("groups users", "", [], { operands: ["text"] }),
  prints(
    "who",
    "-a --all -b --boot -d --dead -H --heading -l --login -m -p --process -q --count -r --runlevel -s --short -t --time -T -w --mesg -u --users --message --writable --ips",
    refused("network", "asks a name server", "--lookup"),
    { operands: ["read", "text"] },
  ),
  prints("w", "-h --no-header -u --no-current -s --short -f --from -o --old-style -i --ip-addr -V -p --pids", taking("text", "-n"), { operands: ["text"] }),
  prints(
    "last lastb lastlog",
    "-a --hostlast -F --fulltimes -i --ip -R --nohostname -w --fullnames -x --system -h -V -#",
    [
      ...taking("text", "-n --limit, -s --since, -t --until, -p --present, --time-format, -u --user, -b --before"),
      ...taking("read", "-f --file"),
      ...refused("network", "asks a name server", "-d --dns"),
    ],
    { operands: ["text"] },
  ),
  {
    names: "getent",
    flags: "-i --no-idn -A --no-addrconfig --usage --help --version",
    options: taking("text", "-s --service"),
    operands: ["text"],
    look: (line, report) => {
      const [database] = line.operands;
      const text = database === undefined ? null : textOfValue(database.value);
      if (text !== null && /^(?:passwd|group|services|protocols|rpc|ethers|aliases|initgroups|shells)$/.test(text) && !has(line, "-s --service")) return;
      if (database === undefined) return;
      report.finding("network", "effect", text === "shadow" || text === "gshadow" ? "it reads stored passwords" : "it may ask a name server", line.span);
      report.effect({ kind: "network", host: line.operands[1] === undefined ? null : textOfValue(line.operands[1].value), span: line.span });
    },
  },
];

const ssFlags =
  "-h -V -n --numeric -a --all -l --listening -o --options -e --extended -m --memory -p --processes -T --threads -i --info -s --summary -b --bpf -Z --context -z --contexts -4 --ipv4 -6 --ipv6 -0 --packet -t --tcp -M --mptcp -S --sctp -u --udp -d --dccp -w --raw -x --unix --vsock --tipc --xdp -H --no-header -O --oneline -B --bound-inactive";

const ipFlags =
  /^-(?:4|6|0|B|M|s|stats|statistics|d|det|details|o|one|oneline|br|brief|j|json|p|pretty|c|color(?:=\w+)?|t|ts|timestamp|tshort|h|human|human-readable|iec|N|Numeric|a|all)$/;
const ipObjects =
  /^(?:a|ad|addr|address|l|li|link|r|ro|route|ru|rule|n|neigh|neighbour|neighbor|m|maddr|maddress|mr|mroute|tunnel|tun|tuntap|tap|token|ntable|netconf|x|xfrm|addrlabel|vrf|sr|mptcp|nexthop|netns)$/;

/** ip(8): options, an object, what is done to it; showing is what is done when nothing is said. Words may be short: only whole ones are taken. */
function ipReads(line: Line, report: Report): void {
  const texts = line.words.map(({ value }) => textOfValue(value));
  const at = texts.findIndex((text) => text === null || !ipFlags.test(text));
  const object = at < 0 ? null : texts[at];
  const act = at < 0 ? null : texts[at + 1];
  if (at >= 0 && typeof object === "string" && ipObjects.test(object) && act !== null && /^(?:show|list|lst|ls|get|help)?$/.test(act ?? "")) return;
  if (object === "netns" || object?.startsWith("-b") || object?.startsWith("-n")) {
    report.finding("wrapper", "effect", "it may run a program in another network, or what stands in a file", line.span);
    report.effect({ kind: "runs", says: "ip", span: line.span });
  } else if (object === "monitor" || object === "mon") goesOn(line, report);
  else acts(line, report, "it may change the network of the machine");
}

const networkState: readonly Program[] = [
  prints(
    "ss",
    ssFlags,
    [
      ...taking("text", "-f --family, -A --query --socket, -N --net"),
      ...taking("list", "-F --filter"),
      ...refusedTaking("write", "writes to a file", "-D --diag"),
      ...refused("refuse", "closes connections", "-K --kill"),
      ...refused("hangs", "goes on until it is stopped", "-E --events"),
      ...refused("network", "asks a name server", "-r --resolve"),
    ],
    { operands: ["text"] },
  ),
  {
    names: "netstat",
    flags:
      "-a --all -l --listening -n --numeric --numeric-hosts --numeric-ports --numeric-users -p --programs -t --tcp -u --udp -w --raw -x --unix -r --route -i --interfaces -s --statistics -e --extend -o --timers -v --verbose -W --wide -g --groups -4 -6 -V --version -h --help",
    options: [...refused("hangs", "goes on until it is stopped", "-c --continuous"), ...taking("text", "-f")],
    operands: [],
    look: (line, report) => {
      if (has(line, "-n --numeric --numeric-hosts -s --statistics -h --help -V --version -x --unix")) return;
      report.finding("network", "effect", "without -n it asks a name server", line.span);
    },
  },
  {
    names: "ip",
    style: "none",
    harmless: ["-V", "-Version", "-h", "-help", "--help", "help"],
    look: ipReads,
  },
  {
    names: "ifconfig route arp iwlist",
    style: "none",
    does: setting("it may change the network of the machine, or ask a name server"),
    harmless: ["", "-a", "-s", "-n", "-an", "lo", "eth0", "en0"],
  },
];

const journal: readonly Program[] = [
  prints(
    "journalctl",
    "-k --dmesg -r --reverse -x --catalog -a --all -q --quiet -e --pager-end --no-pager --no-full --full -l --no-hostname --utc --no-tail -m --merge --list-boots --disk-usage -N --fields --header --system --user -h --show-cursor --truncate-newline --list-catalog",
    [
      ...taking(
        "text",
        "-S --since, -U --until, -c --cursor, --after-cursor, -u --unit, --user-unit, -t --identifier, -p --priority, -g --grep, -o --output, -F --field, --facility, --output-fields",
      ),
      ...attached("text", "-b --boot, -n --lines, --case-sensitive"),
      ...taking("read-deep", "-D --directory"),
      ...taking("read", "--file"),
      ...refused("hangs", "goes on until it is stopped", "-f --follow"),
      ...refusedTaking("write", "removes or changes journals", "--vacuum-size, --vacuum-time, --vacuum-files, --cursor-file"),
      ...refused("write", "changes journals", "--rotate, --flush, --sync, --relinquish-var, --smart-relinquish-var, --setup-keys, --update-catalog"),
      ...refusedTaking("refuse", "reads another machine's journal", "-M --machine, --root, --image, --namespace"),
    ],
    { operands: ["text"] },
  ),
  {
    names: "systemctl",
    flags:
      "-a --all -l --full -r --recursive -q --quiet --no-pager --no-legend --plain --user --system --failed --state-only -h --help --version --no-ask-password --with-dependencies --reverse --after --before --value",
    options: [
      ...taking("text", "-t --type, --state, -p --property, -P, -n --lines, -o --output"),
      ...refusedTaking("refuse", "works on another machine", "-H --host, -M --machine, --root, --image"),
    ],
    operands: [],
    commands: [
      {
        names:
          "status show cat list-units list-unit-files list-timers list-sockets list-dependencies list-jobs list-machines list-automounts list-paths is-active is-enabled is-failed is-system-running get-default help show-environment",
        flags:
          "-a --all -l --full -r --recursive -q --quiet --no-pager --no-legend --plain --user --system --failed --reverse --after --before --value --with-dependencies",
        options: taking("text", "-t --type, --state, -p --property, -P, -n --lines, -o --output"),
      },
      unfollowed("poweroff reboot halt kexec rescue emergency soft-reboot exit switch-root", {
        check: "catastrophic",
        kind: "never",
        says: "it stops the machine",
      }),
      unfollowed(
        "start stop restart reload try-restart reload-or-restart enable disable mask unmask kill daemon-reload daemon-reexec edit set-default set-property isolate reset-failed link revert add-wants add-requires preset preset-all clean freeze thaw suspend hibernate hybrid-sleep set-environment unset-environment import-environment log-level log-target cancel bind mount-image",
        setting("it changes the machine's services"),
      ),
    ],
  },
  unfollowed("service rc-service launchctl supervisorctl pm2 initctl s6-rc sv runit", setting("it changes the machine's services"), "--status-all, --version"),
];

/** Through a daemon or a service: containers, clouds, forges. What only prints what this machine has stays. */
const service = (names: string, says: string, harmless = ""): Program => unfollowed(names, does("network", says), harmless);

const services: readonly Program[] = [
  service(
    "docker podman nerdctl docker-compose podman-compose buildah skopeo ctr crictl lxc lxd incus limactl colima vagrant multipass virsh qemu-system-x86_64 VBoxManage",
    "it speaks to a daemon that may do anything on this machine",
    "--version, -v, --help, -h",
  ),
  service(
    "kubectl oc helm k9s kustomize minikube kind k3s k3d istioctl argocd flux skaffold tilt",
    "it speaks to a cluster",
    "version --client, --help, -h, version --client=true, --version",
  ),
  service(
    "terraform tofu terragrunt pulumi packer nomad consul vault boundary ansible ansible-playbook ansible-galaxy chef puppet salt cdktf",
    "it speaks to services, or changes them",
    "--version, -version, version, --help, -h",
  ),
  service("aws doctl rclone restic borg s3cmd", "it speaks to a cloud", "--version"),
  // These make their folders of settings with each call, or look for a newer version of themselves.
  service("gcloud gsutil bq az linode-cli oci ibmcloud mc b2 duplicity hcloud scw exo", "it speaks to a cloud, and writes its settings"),
  service("gh glab hub tea jira linear sentry-cli slack ntfy", "it speaks to a forge", "--version, --help, -h, version"),
  service("claude codex gemini opencode aider cursor cursor-agent copilot amp goose ollama llm sgpt", "it speaks to a model, and writes its settings"),
];

export const systemPrograms: readonly Program[] = [...processes, ...machine, ...users, ...networkState, ...journal, ...services];
