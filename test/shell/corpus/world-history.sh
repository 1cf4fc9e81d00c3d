# Gives the world its git history. Runs inside the sandbox, in the project, once.
set -eu
export GIT_AUTHOR_DATE='2025-03-01T08:00:00Z' GIT_COMMITTER_DATE='2025-03-01T08:00:00Z' HOME=/mnt/dev
commit() { GIT_COMMITTER_DATE="2025-03-0${n}T08:00:00Z" GIT_AUTHOR_DATE="2025-03-0${n}T08:00:00Z" git commit -q "$@"; n=$((n + 1)); }
n=1
git init -q -b main --template= . && mkdir .git/hooks
git config core.logAllRefUpdates true
git add package.json package-lock.json tsconfig.json README.md LICENSE Makefile .gitignore Dockerfile .github src test
commit -m 'feat: berths and ropes'
git add CHANGELOG.md config/default.json config/prod.yaml docs data .env.example
commit -m 'docs: guide, routes, data'
git tag v2.2.0
git add tools services crates
commit -m 'feat(tide): a service in Go, a crate in Rust (#12)'
git tag -a v2.3.0 -m 'Harbour 2.3.0'
git checkout -q -b feature/ballast
echo 'export const ballast = 12;' > src/ballast.ts
git add src/ballast.ts
commit -m 'feat(ballast): weigh it'
git checkout -q main
git add scripts bin trap trap2 trap3 trap4
commit -m 'chore: scripts'
printf -- '- fix: wet knots\n' >> CHANGELOG.md
git commit -qam 'fix: wet knots (#14)'
git merge -q --no-ff feature/ballast -m "Merge branch 'feature/ballast'"
git checkout -q -b fix/rope
sed -i 's/navy/teal/' src/ui/panel.css
git commit -qam 'fix(rope): colour'
git checkout -q main
git tag v2.3.1
git add -f .env && git commit -qm 'oops: the environment' && git rm -q --cached .env && git commit -qm 'chore: forget the environment'
git notes add -m 'reviewed by the mate' HEAD
printf 'stashed\n' >> docs/guide.md
git stash -q
git worktree add -q ../harbour-hotfix fix/rope
git remote add origin https://git.harbour.example/harbour.git
git update-ref refs/remotes/origin/main HEAD~1
git config branch.main.remote origin
git config branch.main.merge refs/heads/main
# Old times, so that git's index never holds an entry of the second in which it was written: git would write it again.
age() { find /mnt/dev /mnt/archive -exec touch -h -d '2025-03-09T08:00:00Z' {} + && git status > /dev/null; }
age
printf '\n// wip\n' >> src/log.ts
printf 'staged\n' >> data/names.txt
touch -d '2025-03-08T08:00:00Z' data/names.txt
git add data/names.txt
printf 'loose\n' > scratch.txt
# Hostile repositories below the project: an ordinary one, a bare layout, one by a .git file.
mkdir -p third_party/eel third_party/bare/objects third_party/bare/refs third_party/pointer
(
  cd third_party/eel
  git init -q --template= .
  echo eel > eel.txt
  echo 'eel.txt diff=spy filter=spy' > .gitattributes
  git add .
  git commit -qm eel
  git config core.fsmonitor 'touch BEACON; false'
  git config core.pager 'touch BEACON; cat'
  git config diff.external 'touch BEACON; true'
  git config diff.spy.textconv 'touch BEACON; cat'
  git config alias.look '!touch BEACON'
  echo more >> eel.txt
)
(
  cd third_party/bare
  echo 'ref: refs/heads/main' > HEAD
  printf '[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n\tfsmonitor = "touch BEACON; false"\n' > config
)
echo 'gitdir: ../eel/.git' > third_party/pointer/.git
git repack -adq
git prune-packed -q
tar cf scripts/pack.tar -C data names.txt ships.csv
tar czf scripts/pack.tgz -C data names.txt ships.csv
gzip -kn data/server.txt
if command -v zip > /dev/null; then (cd data && zip -qX ../scripts/pack.zip names.txt); fi
age
git -C ../harbour-hotfix status > /dev/null
