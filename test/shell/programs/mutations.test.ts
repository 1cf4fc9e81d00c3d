import { describe, expect, test } from "vitest";
import { judgeLine } from "../judge-line.ts";

const lines = (text: string) => text.trim().split("\n");

describe("what nobody means is never allowed", () => {
  test.each(
    lines(`
rm -rf /
rm -r -f /
rm -fr --no-preserve-root /
rm --recursive --force /
rm -rf -- /
rm -rf /*
rm -rf //
rm -rf /usr/../
rm -rf ../../../../../..
rm -rf /etc
rm -rf /home/someone
rm -rf .git
rm -rf ./.git/
chmod -R 777 /
chmod 777 -R /
chown -R a:b /usr
chgrp --recursive a /etc
mv /etc x
dd if=x of=/dev/sda
dd of=/dev/nvme0n1 if=x
cp x /dev/sda1
shred /dev/sda
truncate -s 0 /dev/sdb
mkfs -t ext4 /dev/sda1
mkfs.ext4 -F /dev/sda1
mke2fs x
wipefs -a /dev/sda
fdisk /dev/sda
shutdown -h now
reboot
halt
poweroff
init 0
telinit 6
systemctl poweroff
systemctl --no-pager reboot
kill -9 -1
kill -KILL -- -1
sudo rm -rf /
sudo -u root rm -rf /
nohup rm -rf /
env LC_ALL=C rm -rf /
timeout 5 rm -rf /
xargs rm -rf /
busybox rm -rf /
nice -n 5 shutdown now`),
  )("%s", (line) => expect(judgeLine(line).findings.some(({ check, kind }) => check === "catastrophic" && kind === "never")).toBe(true));

  test.each([
    "rm -rf build",
    "rm -rf ./node_modules",
    "rm -rf src/*",
    "rm .gitignore",
    "chmod -R u+w src",
    "rm -rf /tmp/x/y",
    "cp a b",
    "dd if=a of=b",
    "kill 1",
    "kill -HUP 123",
    "fdisk -l",
  ])("%s is ordinary", (line) => expect(judgeLine(line).findings.filter(({ kind }) => kind === "never")).toEqual([]));
});

describe("an option that runs something is told apart from what the program is for", () => {
  test.each([
    "ssh -o ProxyCommand=x h",
    "ssh -oProxyCommand=x h",
    "ssh -vo ProxyCommand=x h",
    "ssh -F x h",
    "scp -S x a h:b",
    "scp -o ProxyCommand=x a h:b",
    "rsync -e x a h:b",
    "rsync -ave x a h:b",
    "rsync --rsh=x a h:b",
    "rsync --rs=x a h:b",
    "rsync --rsync-path=x a h:b",
    "curl -K x h",
    "curl -sK x h",
    "curl -o x h",
    "curl --config x h",
    "wget -e x h",
    "wget --use-askpass=x h",
    "wget --use-ask=x h",
  ])("%s", (line) => expect(judgeLine(line).findings.some(({ kind }) => kind === "option")).toBe(true));
});

test("what is written is said by its path", () => {
  const written = (line: string) => judgeLine(line).effects.flatMap((effect) => (effect.kind === "writes" ? [effect.path?.value] : []));
  expect(written("rm -f a b")).toEqual([
    { kind: "literal", text: "a" },
    { kind: "literal", text: "b" },
  ]);
  expect(written("cp a b c")).toEqual([{ kind: "literal", text: "c" }]);
  expect(written("cp -t c a b")).toEqual([{ kind: "literal", text: "c" }]);
  expect(written("mv a b")).toEqual([
    { kind: "literal", text: "a" },
    { kind: "literal", text: "b" },
  ]);
  expect(written("dd if=a of=b")).toEqual([{ kind: "literal", text: "b" }]);
  expect(written("chmod +x a")).toEqual([{ kind: "literal", text: "a" }]);
  expect(written("touch -r a b")).toEqual([{ kind: "literal", text: "b" }]);
});
