// Files outside of every project that say nothing of the person: what runs here, and what the system brings for all. Tables.
import { matchesPattern, type PathPattern, readPattern, segmentsOf } from "./glob.ts";

const contentRows =
  "/etc/{os-release,debian_version,lsb-release,issue,timezone,localtime,shells,mime.types} /usr/lib/os-release /usr/share/{dict,zoneinfo,doc,man,common-licenses,mime}/** /usr/include/** /proc/{cpuinfo,meminfo,version,loadavg,uptime,filesystems} /sys/fs/cgroup/{cpu.max,memory.max}";
/** Of these only that they are there, and how large. */
const namesRows = "/usr/{bin,sbin,local/bin,lib,share,include} /usr/{bin,sbin,local/bin}/* /bin /sbin /bin/* /sbin/*";

const read = (rows: string): readonly PathPattern[] => rows.split(" ").flatMap((row) => readPattern(row) ?? []);
const content = read(contentRows);
const names = [...content, ...read(namesRows)];

/** Whether a file outside the project may be read by anybody's word. `path` is absolute and real. A folder is listed only where it stands in the table. */
export function isSystemFile(path: string, what: "content" | "names"): boolean {
  const segments = segmentsOf(path);
  return (what === "content" ? content : names).some((pattern) => matchesPattern(pattern, segments));
}

/** The rows, for a document. */
export const systemTable = { content: contentRows.split(" "), names: namesRows.split(" ") };
