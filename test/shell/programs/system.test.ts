import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { editors } from "../../../src/shell/programs/editors.ts";
import { programOf } from "../../../src/shell/programs/index.ts";
import { languages } from "../../../src/shell/programs/languages.ts";
import { mutations } from "../../../src/shell/programs/mutations.ts";
import { networkPrograms } from "../../../src/shell/programs/network.ts";
import { packages } from "../../../src/shell/programs/packages.ts";
import type { OptionRow, Program } from "../../../src/shell/programs/program.ts";
import { systemPrograms } from "../../../src/shell/programs/system.ts";
import { tests } from "../../../src/shell/programs/tests.ts";
import { wrappers } from "../../../src/shell/programs/wrappers.ts";
import { isProved, judgeLine } from "../judge-line.ts";

const lines = (text: string) => text.trim().split("\n");

const reads = lines(`
ps aux
ps -ef
ps -eo pid,comm --sort=-%cpu
ps -p 1 -o args=
ps axo pid,ppid
top -bn1
top -b -n 1
uptime -p
free -h
uname -a
uname -srm
hostname
hostname -I
id -un
whoami
groups
who
nproc
lscpu
lsblk -f
lsof -p 1
lsof -iTCP -sTCP:LISTEN -n -P
ss -tlnp
netstat -tuln
ip addr
ip -br a
ip -4 addr show lo
ip route
env
printenv PATH
env LC_ALL=C ls
env -i git status
env -u FOO git log -1
getent passwd root
journalctl -u x -n 20 --no-pager
systemctl status nginx --no-pager
systemctl list-units --type=service
dmesg -T
which -a git
tput cols
stty -a
locale
getconf PAGE_SIZE
pgrep -fl node
nice -n 5 git status
nice -5 git status
nohup git status
timeout 5 git status
timeout -k 1 5s git log
stdbuf -oL git log
xargs git log
xargs -0 -n1 -P4 git log
xargs -I{} git log
bash --version
bash -n x.sh
python3 --version
node --version
node --check a.js
ruby -v
perl -v
go version
go env GOPATH
cargo --version
rustc --version
gcc --version
java -version
make --version
tsc --version
npm --version
npm ls --depth=0
npm config get registry
npm run
npm pkg get name
npm prefix
pnpm -v
pip list --format=json
pip show requests
pip freeze
gem list
dpkg -l
dpkg -s bash
apt list --installed
apt-cache policy git
brew list --versions
wget --version
curl --version
kill -l
vim --version
docker --version
crontab -l
`);

const asks = lines(`
ps e
ps auxe
ps eww -p 1
top
top -b
free -s 1
vmstat 1
uname -x
hostname foo
hostname -F f
hostname -b
hostname --file=f
hostname --fi=f
getent hosts x.example
getent ahosts x.example
getent shadow
ss -K
lsof +r 1
lsof -r 1
getconf -v x PATH
jest --version
rails -v
pytest --version
as -v
erl --version
ss -tK
ss --kill
ss --ki
ss -D f
ss -aD f
ip link set lo down
ip -batch f
ip -force -b f
ip netns exec x touch y
ip -n x addr
ip addr add 1.2.3.4 dev lo
dmesg -C
dmesg --clear
dmesg -Tw
dmesg --fol
journalctl -f
journalctl -u x -f
journalctl -xf
journalctl --vacuum-time=1s
journalctl --vac=1
journalctl --rotate
systemctl restart x
systemctl -H host status
systemctl edit x
stty -echo
tput init
env FOO=bar git status
env PS4=x bash -c ls
env GIT_TRACE=/x git status
env LD_PRELOAD=./x.so ls
env -S 'touch x'
env -vS 'touch x'
env --split-string='touch x'
env --split='touch x'
env git push
env -i touch x
exec touch x
exec -a x ls
nice touch x
nohup touch x
timeout 5 touch x
timeout 5 $x
stdbuf -o0 touch x
setsid -f git status
ionice -p 1
xargs touch
xargs -n1 touch
xargs -I{} git {}
xargs -I git git touch
xargs -a f git log
xargs --arg-file=f git log
xargs -p git log
xargs -0p git log
xargs -o vim
xargs --process-slot-var=x git log
xargs --interac git log
sudo ls
su
su -c 'touch x'
doas ls
watch ls
busybox ls
strace ls
strace -o x ls
flock f ls
script -c ls
parallel ls
setarch -R ls
chroot . ls
unshare -r ls
nsenter -t 1 ls
bash
bash x.sh
bash -s
bash -c $x
bash -i -c ls
bash -l -c ls
bash -lc ls
bash --rcfile x -c ls
bash -O extglob -c ls
sh x.sh
zsh -c ls
fish -c ls
python3 x.py
python3 -c 'x'
python3 -V x.py
python3 -m json.tool a b
python3 -m http.server
python3 -m pip --version
node x.js
node -e 1
node -v -e 1
node --check --require ./x a.js
node --check a.js --require=./x
node -r ./x --check a.js
ruby -e 1
perl -e 1
perl -v -e 1
php -r 1
deno run x
bun x.ts
go env -w A=b
go env -u A
go run .
go test ./...
go list -m all
cargo build
cargo test
cargo run
cargo metadata
cargo --config x=y version
gcc x.c
gcc --version -wrapper x
make
make -n
make --version -f x
mvn --version
npm test
npm run build
npm start
npm exec x
npm install
npm ci
npm view x
npm version patch
npm config set a b
npm audit
npm --prefix x test
npm ls --prefi x
yarn --version
yarn test
pnpm ls
npx x
uvx x
pip install x
pip list --outdated
pip list -o
pip list --outd
pip --python x list
poetry --version
bundle list
dpkg -i x.deb
dpkg --root=x -l
apt install x
apt -o A::B=x list
apt-get update
brew install x
vitest run
jest
pytest -q
eslint .
tox
just x
task x
rake x
curl https://x.example
curl file:///etc/passwd
wget x.example
ssh host ls
scp a h:b
rsync -a a b
nc -l 1
ping x.example
dig x.example
host x.example
nslookup x.example
telnet x 1
openssl s_client -connect x:1
ftp x
socat - x
rm x
rm -- -x
rmdir x
mv a b
cp a b
mkdir x
touch x
ln -s a b
chmod +x a
chown a b
truncate -s0 a
install a b
dd if=a of=b
mktemp
mkfifo x
unlink x
shred x
rename s/a/b/ x
kill 1
pkill node
mount a b
vim x
nano x
ed x
less-editor x
htop
docker ps
kubectl get pods
gh pr list
aws s3 ls
crontab -r
crontab x
gpg -d x
`);

describe("what only tells is allowed, all else is not", () => {
  test.each(reads)("%s", (line) => {
    expect(judgeLine(line).findings).toEqual([]);
    expect(isProved(judgeLine(line))).toBe(true);
  });
  test.each(asks)("%s is asked about", (line) => expect(judgeLine(line).findings).not.toEqual([]));
});

test("the command of env -C runs there", () => {
  const paths = judgeLine("env -C sub git status").effects.flatMap((effect) => (effect.kind === "repository" ? [effect.path.folders] : []));
  // The tests' own judge keeps the folder; the walk takes it.
  expect(paths).toHaveLength(1);
});

const families: readonly (readonly Program[])[] = [editors, languages, mutations, networkPrograms, packages, systemPrograms, tests, wrappers];

test("no name stands in two tables", () => {
  const names = families.flat().flatMap((program) => program.names.split(" "));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

/** Options with what their help says of a value, as GNU, procps and util-linux write them. */
function helped(program: string): readonly { readonly name: string; readonly takes: "no" | "yes" | "attached" }[] {
  const { stdout, stderr } = spawnSync(program, ["--help"], {
    encoding: "utf8",
    timeout: 5000,
    input: "",
    env: { PATH: process.env["PATH"] ?? "", LC_ALL: "C" },
  });
  return `${stdout ?? ""}\n${stderr ?? ""}`.split("\n").flatMap((line) => {
    const match = /^ {1,8}(-[^\s,=[<]+)?(?:,? +(--[a-z0-9-]+))?(\[=?\S*|[= ]<\S+|=\S+| [A-Z]+\b)?/.exec(line);
    if (match === null || (match[1] === undefined && match[2] === undefined)) return [];
    const takes = match[3] === undefined ? "no" : match[3].startsWith("[") ? "attached" : "yes";
    return [match[1], match[2]].flatMap((name) => (name === undefined || !/^-[A-Za-z0-9]$|^--[a-z]/.test(name) ? [] : [{ name, takes } as const]));
  });
}

const rowOf = (program: Program, name: string): OptionRow | undefined =>
  (program.flags ?? "").split(" ").includes(name) ? { names: name } : program.options?.find(({ names }) => names.split(" ").includes(name));

describe("tables and the programs' own help agree about values", () => {
  test.each(
    "xargs env timeout nice stdbuf nohup ionice ps uptime free pgrep uname nproc lscpu lsblk lsns lsmem findmnt who id getent dmesg journalctl ss last".split(
      " ",
    ),
  )("%s", (name) => {
    const program = programOf(name);
    const options = helped(name);
    // Not every machine has every program.
    if (options.length === 0) return;
    const wrong = options.flatMap((option) => {
      const row = program === undefined ? undefined : rowOf(program, option.name);
      // ss has no word for the value in its help, but takes one.
      if (row === undefined || (name === "ss" && /^-N$|^--net$/.test(option.name))) return [];
      const takes = row.value === undefined ? (row.does === undefined ? "no" : option.takes) : row.optional ? "attached" : "yes";
      return takes === option.takes ? [] : [`${option.name}: table ${takes}, help ${option.takes}`];
    });
    expect(wrong).toEqual([]);
  });
});
