import type { Check } from "./check.ts";

export const subscript: Check = {
  id: 36,
  name: "subscript",
  class: "C16",
  family: "expansion",
  title: "Subscripts in names",
  sees: "`test -v`, `printf -v`, `read`, `unset`, `wait -p` evaluate what stands in brackets",
  reference: "bash manual, Arrays (assoc_expand_once)",
  fires: ["test -v 'a[$(touch CANARY)]'", "printf -v 'a[$(touch CANARY)]' x", "read 'a[$(touch CANARY)]' <<< x", "a=1; unset 'a[$(touch CANARY)]'"],
  passes: ["test -v HOME", "printf '%s\\n' 'a[1]'", "read -r line <<< x"],
};
