// Programs that change files, processes or the system: what they write is said by path; what nobody means is refused.
import { textOfValue } from "../value.ts";
import { isDisk, refusesLoss } from "./catastrophic.ts";
import { does, tell, unfollowed } from "./deeds.ts";
import { attached, has, refusedTaking, taking } from "./option-rows.ts";
import type { Line, OptionRow, Program, Report } from "./program.ts";
import { withoutPrefix } from "./word-values.ts";

const mutation = (says: string) => ({ check: "mutation", kind: "effect", says }) as const;
const always = "--version, --help";
const ends = always.split(", ");

/** Every operand is written. */
const writes = (names: string, says: string, flags: string, options: readonly OptionRow[] = [], look?: Program["look"]): Program => ({
  names,
  does: mutation(says),
  flags,
  options,
  operands: ["write"],
  harmless: ends,
  ...(look === undefined ? {} : { look }),
});

/** The first operand is a mode or an owner. */
const changesMode = (names: string, says: string): Program => ({
  names,
  does: mutation(says),
  flags: "-R --recursive -v --verbose -c --changes -f --silent --quiet -h --no-dereference --dereference -H -L -P --preserve-root",
  options: [...taking("names", "--reference"), ...taking("text", "--from")],
  operands: ["text", "write"],
  harmless: ends,
  look: (line, report) => {
    const targets = has(line, "--reference") ? line.operands : line.operands.slice(1);
    if (has(line, "-R --recursive") || names.startsWith("chattr")) refusesLoss(line, report, targets, "changes all of");
    noPreserve(line, report);
  },
});

function noPreserve(line: Line, report: Report): void {
  for (const { value, span } of line.words)
    if (/^--no-pres/.test(textOfValue(value) ?? "")) report.finding("catastrophic", "never", "it asks to go on with the root folder", span);
}

/** Sources and a target: the last operand, or what -t names. */
function movesTo(line: Line, report: Report, source: "read" | "read-deep" | "write" | "names"): void {
  const named = has(line, "-t --target-directory");
  for (const { name, value } of line.options) if (/^(?:-t|--target-directory)$/.test(name) && value !== null) report.word(value, "write");
  const sources = named ? line.operands : line.operands.slice(0, -1);
  for (const operand of sources) report.word(operand, source);
  const target = line.operands.at(-1);
  if (!named && target !== undefined) report.word(target, "write");
  for (const { value, span } of line.operands) {
    const text = textOfValue(value);
    if (text !== null && isDisk(text)) report.finding("catastrophic", "never", "it writes over a disk", span);
  }
}

const copyFlags =
  "-a --archive -b --force -f -i --interactive -H -l --link -L --dereference -n --no-clobber -P --no-dereference -p -R -r --recursive -s --symbolic-link -T --no-target-directory -u --update -v --verbose -x -Z -c -d -D -C --parents --strip-trailing-slashes --remove-destination --attributes-only --copy-contents --debug --one-file-system";
const copyOptions = [
  // Judged as a write by the looks: it is what these programs are for.
  ...taking("text", "-t --target-directory"),
  ...taking("text", "-S --suffix, -m --mode, -o --owner, -g --group, --no-preserve"),
  ...attached("text", "--backup, --preserve, --reflink, --sparse, --context, --update"),
  ...refusedTaking("run", "names a program to run", "--strip-program"),
];
/** Sources and a target. */
const copies = (names: string, says: string, look: NonNullable<Program["look"]>): Program => ({
  names,
  does: mutation(says),
  flags: copyFlags,
  options: copyOptions,
  harmless: ends,
  look,
});

const files: readonly Program[] = [
  writes(
    "rm grm",
    "it removes files",
    "-d --dir -f --force -i -I -r -R --recursive -v --verbose --one-file-system -P -x -W --preserve-root",
    attached("text", "--interactive"),
    (line, report) => {
      refusesLoss(line, report, line.operands, "removes");
      noPreserve(line, report);
    },
  ),
  writes("rmdir grmdir unlink gunlink", "it removes a file or folder", "-p --parents -v --verbose --ignore-fail-on-non-empty"),
  writes(
    "shred gshred srm wipe",
    "it destroys files",
    "-f --force -u --remove -v --verbose -x --exact -z --zero",
    [...taking("text", "-n --iterations, -s --size"), ...taking("read", "--random-source")],
    (line, report) => refusesLoss(line, report, line.operands, "destroys"),
  ),
  writes("mkdir gmkdir", "it makes folders", "-p --parents -v --verbose -Z", [...taking("text", "-m --mode"), ...attached("text", "--context")]),
  writes("touch gtouch", "it makes files or sets their times", "-a -c --no-create -f -h --no-dereference -m", [
    ...taking("text", "-d --date, -t, --time"),
    ...taking("names", "-r --reference"),
  ]),
  writes(
    "truncate gtruncate fallocate",
    "it changes the size of files",
    "-c --no-create -o --io-blocks -n -d -z -i -p -x -v",
    [...taking("text", "-s --size, -l --length"), ...taking("names", "-r --reference")],
    (line, report) => refusesLoss(line, report, line.operands, "overwrites"),
  ),
  writes("mkfifo mknod gmkfifo", "it makes special files", "-Z", taking("text", "-m --mode")),
  writes("mktemp gmktemp tempfile", "it makes a file", "-d --directory -u --dry-run -q --quiet -t", [
    ...attached("text", "-p --tmpdir"),
    ...taking("text", "--suffix"),
  ]),
  writes("trash trash-put rip gio-trash sponge", "it changes files", "-a -f -r -v", [], (line, report) => refusesLoss(line, report, line.operands, "removes")),
  changesMode("chmod gchmod", "it changes who may use files"),
  changesMode("chown gchown chgrp gchgrp", "it changes whose files they are"),
  changesMode("chattr chflags setfacl xattr setfattr chcon restorecon lchown", "it changes attributes of files"),
  copies("cp gcp", "it copies files", (line, report) => movesTo(line, report, has(line, "-r -R -a --recursive --archive") ? "read-deep" : "read")),
  copies("mv gmv", "it moves files", (line, report) => {
    movesTo(line, report, "write");
    refusesLoss(line, report, has(line, "-t --target-directory") ? line.operands : line.operands.slice(0, -1), "moves away");
  }),
  copies("install ginstall", "it copies files and sets their modes", (line, report) => movesTo(line, report, "read")),
  copies("ln gln link symlink", "it makes links", (line, report) => movesTo(line, report, "names")),
  {
    names: "dd gdd dcfldd",
    style: "none",
    does: mutation("it copies bytes"),
    harmless: ends,
    look: (line, report) => {
      for (const word of line.operands) {
        const text = textOfValue(word.value) ?? ("prefix" in word.value ? word.value.prefix : "");
        const part = { span: word.span, value: withoutPrefix(word.value, 3) };
        if (text.startsWith("if=")) report.word(part, "read");
        if (!text.startsWith("of=")) continue;
        report.word(part, "write");
        if (isDisk(text.slice(3))) report.finding("catastrophic", "never", "it writes over a disk", word.span);
      }
    },
  },
  unfollowed("rename prename file-rename rename.ul mmv vidir detox", does("mutation", "it renames files, by a program text"), always),
  { names: "rsync", ...synchronizes() },
];

/** rsync(1): a colon before the first slash names another machine. */
function synchronizes(): Omit<Program, "names"> {
  return {
    does: mutation("it copies files"),
    flags: "-v -q -c -a -r -R -u -d -l -L -k -K -H -p -E -A -X -o -g -D -t -O -J -S -n -W -x -C -s -z -P -h -i -0 -4 -6 -F -b -N -U -m -y -I",
    options: [
      ...refusedTaking("run", "names a program to run", "-e --rsh, --rsync-path"),
      ...taking("text", "-f --filter, -B --block-size, -T --temp-dir, --exclude, --include, -M --remote-option"),
      ...taking("list", "--files-from, --exclude-from, --include-from"),
      ...taking("write", "--log-file, --backup-dir, --partial-dir, --write-batch"),
    ],
    harmless: ends,
    look: (line, report) => {
      movesTo(line, report, "read-deep");
      for (const { value, span } of line.operands) {
        if (!/^(?:[^/]*:|rsync:)/.test(textOfValue(value) ?? "")) continue;
        tell(does("network", "it copies to or from another machine"), span, report);
      }
    },
  };
}

const never = (names: string, says: string, harmless = ""): Program =>
  unfollowed(names, { check: "catastrophic", kind: "never", says, effect: "writes" }, harmless);
const acts = (names: string, says: string, harmless = always): Program => unfollowed(names, { ...mutation(says), effect: "unknown" }, harmless);

const system: readonly Program[] = [
  never(
    "mkfs mkfs.ext2 mkfs.ext3 mkfs.ext4 mkfs.ext4dev mkfs.xfs mkfs.btrfs mkfs.vfat mkfs.fat mkfs.msdos mkfs.exfat mkfs.ntfs mkfs.f2fs mkfs.minix mkfs.bfs mkfs.cramfs mkfs.jfs mkfs.reiserfs mkfs.nilfs2 mkfs.udf mkfs.erofs mke2fs mkntfs mkdosfs mkswap newfs newfs_apfs newfs_hfs newfs_msdos",
    "it makes a new file system over what is there",
    "-V, --version, --help",
  ),
  never(
    "wipefs blkdiscard badblocks hdparm sgdisk gdisk cgdisk sfdisk cfdisk parted cryptsetup dmsetup lvremove vgremove pvremove pvcreate vgcreate mdadm zpool zfs nvme diskutil asr sg_format flashrom flash_erase nandwrite",
    "it changes disks as a whole",
    "--version, --help, -V, list, status",
  ),
  never("fdisk", "it changes disks as a whole", "-l, --list, -V, --version, -h, --help"),
  never("shutdown reboot halt poweroff telinit init kexec pm-suspend pm-hibernate systemd-halt", "it stops the machine", "--help, --version"),
  never("killall5", "it ends all processes"),
  acts(
    "useradd userdel usermod groupadd groupdel groupmod passwd chpasswd chsh chfn adduser deluser addgroup gpasswd vipw visudo",
    "it changes the machine's users",
  ),
  acts("mount umount swapon swapoff losetup modprobe insmod rmmod depmod setenforce sync", "it changes the running system", `${always}, -V, -l`),
  acts(
    "iptables ip6tables nft ufw firewall-cmd pfctl tc brctl ethtool nmcli iwconfig iw rfkill wpa_cli",
    "it changes the network of the machine",
    `${always}, -L, -S, status`,
  ),
  acts(
    "update-alternatives update-rc.d chkconfig rc-update ldconfig update-grub grub-install efibootmgr dpkg-reconfigure debconf-set-selections hostnamectl timedatectl localectl loginctl",
    "it changes settings of the system",
    `${always}, status`,
  ),
  acts(
    "gpg gpg2 gpgv gpg-agent ssh-add ssh-agent ssh-keygen age sops pass security secret-tool keyctl gpgconf op bw lpass",
    "it works with keys and secrets",
    "--version, -V, --help",
  ),
  acts("crontab", "it changes what is run by the clock", "-l, -V"),
  {
    ...acts("kill pkill killall skill snice renice fuser xkill gkill", "it acts on processes", "-l, -L, --list, --version, --help, -V"),
    look: (line, report) => {
      const texts = line.words.map(({ value }) => textOfValue(value));
      if (/^g?kill$/.test(line.program) && texts.slice(texts.length > 1 ? 1 : 0).includes("-1") && texts.length > 1)
        report.finding("catastrophic", "never", "it ends every process there is", line.span);
    },
  },
];

export const mutations: readonly Program[] = [...files, ...system];
