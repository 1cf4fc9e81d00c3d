#!/usr/bin/env bash
# One line for each commit since FROM: kind, tab, title. Usage: history.sh FROM [TO]
set -euo pipefail
from=${1:?"usage: history.sh FROM [TO]"}
to=${2:-HEAD}
git log --no-merges --reverse --format=%s "$from..$to" | while IFS= read -r title; do
  case $title in
    *"!: "*) kind=breaks ;;
    feat*) kind=new ;;
    fix*) kind=mended ;;
    *) kind=other ;;
  esac
  printf '%s\t%s\n' "$kind" "${title#*: }"
done
