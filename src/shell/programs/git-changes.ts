// git's sub-commands that change the repository or the working tree, reach the network or run programs: said by what each does.
//
// A rule may allow them ("git commit *"); so options that run a program or write elsewhere are told apart, and every short option is listed, so that
// none of those hides behind it in a bundle.
import { does, unfollowed } from "./deeds.ts";
import { readsRepository } from "./git-common.ts";
import { attached, refused, refusedTaking, taking } from "./option-rows.ts";
import type { OptionRow, Program } from "./program.ts";

const change = (names: string, says: string, flags = "", options: readonly OptionRow[] = []): Program => ({
  names,
  does: does("mutation", says),
  flags,
  options,
  look: readsRepository,
});

const network = (names: string, says: string, flags = "", options: readonly OptionRow[] = []): Program => ({
  names,
  does: does("network", says),
  flags,
  options,
  look: readsRepository,
});

const unclear = (names: string, says: string): Program => unfollowed(names, { check: "git-option", kind: "unclear", says, effect: "unknown" });
const program = (names: string, says: string): Program => ({ ...unfollowed(names, does("exec-option", says)), look: readsRepository });

const helper = "names a program to run at the other end, or here";
const transport = refusedTaking("run", helper, "--upload-pack, --receive-pack --exec");
const editor = "opens an editor or asks at the terminal";
const pathspecs = taking("list", "--pathspec-from-file");
const sign = attached("text", "-S --gpg-sign");
const strategy = [...refusedTaking("run", "names a merge program", "-s --strategy"), ...taking("text", "-X --strategy-option")];

const changing: readonly Program[] = [
  change(
    "add stage",
    "it changes what the next commit holds",
    "-n --dry-run -v --verbose -f --force -u --update --renormalize -N --intent-to-add -A --all --refresh --sparse",
    [...refused("run", editor, "-i --interactive, -p --patch, -e --edit"), ...taking("text", "--chmod"), ...pathspecs],
  ),
  change(
    "commit",
    "it makes a commit",
    "-q --quiet -v --verbose -s --signoff -a --all -i --include -o --only -n --no-verify -z --null --amend --no-edit --allow-empty",
    [
      ...taking("text", "-m --message, -C --reuse-message, --fixup, --squash, --author, --date, --trailer, --cleanup"),
      ...taking("read", "-F --file, -t --template"),
      ...taking("text", "-c --reedit-message"),
      ...refused("run", editor, "-e --edit, --interactive, -p --patch"),
      ...attached("text", "-u --untracked-files"),
      ...sign,
      ...pathspecs,
    ],
  ),
  change(
    "checkout switch restore",
    "it changes the working tree",
    "-q --quiet -m --merge -d --detach -f --force -2 --ours -3 --theirs -l -S --staged -W --worktree",
    [
      ...taking("text", "-b, -B, -c --create, -C --force-create, -s --source, --orphan, --conflict"),
      ...attached("text", "-t --track"),
      ...refused("run", editor, "-p --patch"),
      ...pathspecs,
    ],
  ),
  change("reset", "it moves the branch, the index or the working tree", "-q --quiet -N --intent-to-add --hard --soft --mixed --merge --keep", [
    ...refused("run", editor, "-p --patch"),
    ...pathspecs,
  ]),
  change("rebase", "it rewrites commits", "-q --quiet -v --verbose -n --no-stat -f --force-rebase -m --merge -i --interactive -k --keep-empty", [
    ...refusedTaking("run", "runs a command after each commit", "-x --exec"),
    ...taking("text", "-C, --onto, --whitespace, --empty"),
    ...attached("text", "-r --rebase-merges"),
    ...strategy,
    ...sign,
  ]),
  change("merge", "it merges another history", "-n -e --edit -v --verbose -q --quiet --no-edit --no-ff --ff-only --squash --abort --continue", [
    ...taking("text", "-m --message, --into-name, --cleanup"),
    ...taking("read", "-F --file"),
    ...strategy,
    ...sign,
  ]),
  change("cherry-pick revert", "it makes commits", "-n --no-commit -e --edit -s --signoff -x -r", [
    ...taking("text", "-m --mainline, --cleanup"),
    ...strategy,
    ...sign,
  ]),
  change("rm", "it removes files", "-n --dry-run -q --quiet -f --force -r --cached", pathspecs),
  change("mv", "it moves files", "-v --verbose -n --dry-run -f --force -k"),
  change("clean", "it removes files that git doesn't know", "-q --quiet -n --dry-run -f --force -d -x -X", [
    ...taking("text", "-e --exclude"),
    ...refused("run", editor, "-i --interactive"),
  ]),
  change("am apply", "it applies a patch", "-i -3 --3way -q --quiet -s --signoff -u --utf8 -k --keep -m -c --scissors -r -R --reverse -N -z -v --verbose", [
    ...taking("text", "-C, -p, --directory, --exclude, --include, --whitespace"),
    ...refusedTaking("write", "writes an index to a file", "--build-fake-ancestor"),
    ...refused("write", "lets a patch change files outside the working tree", "--unsafe-paths"),
    ...sign,
  ]),
  change("init init-db", "it makes a repository", "-q --quiet --bare", [
    ...refusedTaking("run", "takes hooks from a folder", "--template"),
    ...refusedTaking("write", "makes a repository elsewhere", "--separate-git-dir"),
    ...taking("text", "-b --initial-branch"),
  ]),
  change("update-ref", "it changes a reference", "-d -z", taking("text", "-m")),
  change("update-index read-tree checkout-index", "it changes the index or the working tree", "-q -z -g -a -f -u -n -m -i -v"),
  change("gc prune prune-packed repack pack-refs maintenance pack-redundant multi-pack-index commit-graph", "it rewrites git's store"),
  change("merge-tree write-tree commit-tree mktree mktag unpack-objects unpack-file index-pack pack-objects fast-import", "it writes to git's store"),
  change("merge-file", "it writes to its first file"),
  change("replace rerere sparse-checkout update-server-info backfill refs history", "it changes the repository"),
  change("bugreport diagnose", "it writes a report to a file", "", taking("text", "-o --output-directory, -s --suffix")),
  change("filter-branch", "it rewrites commits"),
  change("filter-repo subtree", "it rewrites commits"),
  change("mailinfo mailsplit", "it writes files"),
  change("interpret-trailers", "it may run programs of git's settings, or change files"),
  change("fast-export replay", "it may write to files or references"),
];

const reaching: readonly Program[] = [
  network("push", "it sends commits to a remote", "-v --verbose -q --quiet -d --delete -n --dry-run -f --force -u --set-upstream -4 -6 --tags --all --mirror", [
    ...refusedTaking("run", helper, "--receive-pack --exec"),
    ...taking("text", "-o --push-option, --repo"),
  ]),
  network(
    "fetch",
    "it fetches from a remote",
    "-v --verbose -q --quiet -a --append -f --force -m --multiple -t --tags -n -p --prune -P --prune-tags -k --keep -u -4 -6 --all",
    [...transport, ...taking("text", "-j --jobs, -o --server-option, --depth, --refmap")],
  ),
  network("pull", "it fetches and merges", "-v --verbose -q --quiet -n -a --append -f --force -t --tags -p --prune -k --keep -4 -6 --ff-only --no-rebase", [
    ...transport,
    ...attached("text", "-r --rebase, -j --jobs"),
    ...taking("text", "-o --server-option, --depth"),
    ...strategy,
    ...sign,
  ]),
  network("clone", "it copies a repository", "-v --verbose -q --quiet -n --no-checkout -l --local -s --shared -4 -6", [
    ...refusedTaking("run", helper, "-u --upload-pack"),
    ...refusedTaking("run", "sets what may run programs", "-c --config"),
    ...refusedTaking("run", "takes hooks from a folder", "--template"),
    ...taking("text", "-j --jobs, -o --origin, -b --branch, --depth, --server-option"),
    ...taking("write", "--separate-git-dir"),
  ]),
  network("ls-remote", "it asks a remote", "-q --quiet -t --tags -h --heads --branches --refs --get-url --exit-code --symref", [
    ...transport,
    ...taking("text", "-o --server-option, --sort"),
  ]),
  network("fetch-pack send-pack http-fetch http-push remote-http remote-https remote-ftp remote-ftps imap-send", "it speaks to a remote", "", transport),
  network("send-email request-pull svn p4 cvsimport archimport quiltimport", "it may send something out", "", [
    ...refusedTaking("run", "names a program to run", "--smtp-server, --to-cmd, --cc-cmd, --header-cmd, --sendmail-cmd"),
  ]),
  network(
    "daemon http-backend upload-pack receive-pack upload-archive cvsserver instaweb shell remote-ext remote-fd",
    "it serves the repository, or runs what it is told",
  ),
];

const running: readonly Program[] = [
  program("difftool mergetool", "it runs the tool of git's settings"),
  program("gui gitk citool", "it opens a window"),
  program("hook", "it runs a hook"),
  program("for-each-repo", "it runs git in other folders"),
  program("merge-index merge-one-file merge-octopus merge-ours merge-recursive merge-resolve merge-subtree", "it runs merge programs"),
  program("credential credential-cache credential-store credential-osxkeychain credential-manager", "it hands out or stores passwords"),
  unfollowed("lfs", does("network", "it fetches, sends or changes files"), "version"),
  unclear(
    "fsmonitor--daemon submodule--helper checkout--worker bisect--helper env--helper credential-cache--daemon difftool--helper upload-archive--writer web--browse pickaxe merge-recursive-ours merge-recursive-theirs fmt-merge-msg sh-setup sh-i18n add--interactive",
    "an inner part of git",
  ),
];

export const gitChanges: readonly Program[] = [...changing, ...reaching, ...running];
