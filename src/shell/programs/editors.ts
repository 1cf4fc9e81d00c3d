// Programs that wait for a person at a terminal, or go on until they are stopped.
import { unfollowed } from "./deeds.ts";
import type { Program } from "./program.ts";

const waits = (names: string, says = "it waits for a person at the terminal", harmless = "--version, --help, -h, -v, -V"): Program =>
  // An editor also writes, and many run what a file tells them to.
  unfollowed(names, { check: "hang", kind: "effect", says, effect: "unknown" }, harmless);

export const editors: readonly Program[] = [
  waits(
    "vi vim nvim view vimdiff ex rvim gvim neovide hx helix kak kakoune micro nano pico joe jed mcedit ne emacs emacsclient zile mg",
    undefined,
    "--version, --help, -h",
  ),
  waits("ed red", "it edits a file, and runs commands it is told to"),
  // Scripts that read no options: they ask, and write the answer down.
  waits("select-editor vimtutor", undefined, ""),
  waits("code code-insiders codium cursor-editor subl atom zed idea webstorm pycharm gedit kate kwrite mousepad xed notepad", "it opens a window"),
  waits("htop btop atop iotop iftop nethogs nload bmon glances gotop bashtop ytop powertop s-tui bottom btm nvtop"),
  waits("ranger nnn vifm lf yazi tig lazygit lazydocker gitui k9s-ui ncdu fzf sk peco percol gum dialog whiptail zenity"),
  waits(
    "http-server serve live-server json-server caddy nginx httpd apache2 lighttpd redis-server mongod mysqld postgres dnsmasq sshd cron crond",
    "it goes on until it is stopped",
  ),
];
