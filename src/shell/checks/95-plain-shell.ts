import type { Check } from "./check.ts";

export const plainShell: Check = {
  id: 95,
  name: "plain-shell",
  class: "C09",
  family: "programs",
  title: "Scripts for sh that are written for bash",
  sees: "inside `sh -c`: what dash, busybox and others read otherwise than bash, so that what is judged would not be what runs",
  reference: "dash(1); POSIX.1-2017, Shell Command Language",
  fires: [
    "sh -c '[[ a > CANARY ]]'",
    "sh -c 'x=.env; x+=.example; cat \"$x\"'",
    "dash -c 'printf -v x README.md; cat $x'",
    "sh -c 'cat .*'",
    "sh -c 'ls &> /dev/null'",
  ],
  passes: ["bash -c '[[ a > b ]]'", "sh -c 'x=README.md; cat \"$x\"'", "sh -c 'ls -a 2> /dev/null | head -3'"],
};
