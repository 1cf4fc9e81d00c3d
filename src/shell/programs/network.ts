// Programs that reach other machines. What they send or fetch isn't followed; options that run a program or write a file are told apart.
import { literal, textOfValue } from "../value.ts";
import { unfollowed } from "./deeds.ts";
import { refused, refusedTaking, taking } from "./option-rows.ts";
import type { Line, OptionRow, Program, Report } from "./program.ts";

const reaches = (names: string, says: string, harmless: string, flags = "", options: readonly OptionRow[] = []): Program => ({
  names,
  does: { check: "network", kind: "effect", says },
  flags,
  options,
  harmless: harmless.split(", "),
  look: hosts,
});

/** The machines that the operands name. */
function hosts(line: Line, report: Report): void {
  const found = line.operands.map(({ value }) => hostOf(textOfValue(value) ?? ""));
  const named = found.filter((host) => host !== null);
  if (named.length === 0) report.effect({ kind: "network", host: null, span: line.span });
  for (const host of named) report.effect({ kind: "network", host, span: line.span });
  for (const { value, span } of line.operands) {
    const file = /^file:(?:\/\/[^/]*)?(\/.*)$/i.exec(textOfValue(value) ?? "")?.[1];
    if (file !== undefined) report.word({ value: literal(file), span }, "read");
  }
}

function hostOf(text: string): string | null {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : /^[\w-]+(?:\.[\w-]+)+(?:[:/].*)?$/.test(text) ? `http://${text}` : null;
  if (address === null) return null;
  const host = URL.parse(address)?.hostname.toLowerCase() ?? "";
  return host === "" ? null : host;
}

const curl = reaches(
  "curl",
  "it sends or fetches something",
  "--version, -V, --help, -h, --help all, -h all, --manual",
  "-# -0 -1 -2 -3 -4 -6 -a -B -f -g -G -i -I -j -J -k -l -L -M -n -N -p -q -R -s -S -v -Z --fail --silent --show-error --location --head --include --insecure --compressed --verbose --globoff --get --no-buffer --progress-bar --ipv4 --ipv6 --http1.1 --http2",
  [
    ...taking(
      "write",
      "-o --output, -D --dump-header, -c --cookie-jar, --trace, --trace-ascii, --stderr, --etag-save, --hsts, --alt-svc, --libcurl, --output-dir",
    ),
    ...refused("write", "writes files named by the other end", "-O --remote-name, --remote-name-all, -J --remote-header-name"),
    ...taking("list", "-K --config, -T --upload-file, --netrc-file, -E --cert, --key, --cacert, --capath, --etag-compare"),
    ...taking(
      "text",
      "-A --user-agent, -b --cookie, -C --continue-at, -d --data --data-raw --data-ascii --data-binary --data-urlencode --json, -e --referer, -F --form, -H --header, -m --max-time",
    ),
    ...taking(
      "text",
      "-P --ftp-port, -Q --quote, -r --range, -t --telnet-option, -u --user, -U --proxy-user, -w --write-out, -x --proxy, -X --request, -y, -Y, -z --time-cond, --connect-timeout, --retry, --retry-delay, --url, --resolve",
    ),
  ],
);

const wget = reaches(
  "wget wget2",
  "it fetches something and writes it",
  "--version, -V, --help, -h",
  "-b -d -q -v -nv -F -c -S -N -r -k -K -m -p -E -H -L -np -nc -nd -x -nH -4 -6 --quiet --verbose --spider --no-check-certificate --continue --recursive --mirror",
  [
    ...refusedTaking("run", "names a program or settings that run one", "--use-askpass, -e --execute, --config"),
    ...taking(
      "write",
      "-O --output-document, -o --output-file, -a --append-output, -P --directory-prefix, --save-cookies, --warc-file, --rejected-log, --hsts-file",
    ),
    ...taking("list", "-i --input-file, --load-cookies, --post-file, --body-file, --private-key, --certificate, --ca-certificate"),
    ...taking(
      "text",
      "-t --tries, -T --timeout, -w --wait, -Q --quota, -U --user-agent, -l --level, -A --accept, -R --reject, -D --domains, -I --include-directories, -X --exclude-directories, -B --base",
    ),
    ...taking("text", "--header, --post-data, --body-data, --method, --user, --password, --referer"),
  ],
);

const ssh: Program = {
  names: "ssh autossh mosh et slogin",
  style: "posix",
  does: { check: "network", kind: "effect", says: "it runs something on another machine" },
  flags: "-4 -6 -A -a -C -f -G -g -K -k -M -N -n -q -s -T -t -v -X -x -Y -y",
  options: [
    ...refusedTaking("run", "may name a program to run here", "-o, -F, -J, -I, -S, --ssh, --server, --client"),
    ...refusedTaking("network", "opens a way into a network", "-D, -L, -R, -W, -w"),
    ...taking("write", "-E"),
    ...taking("text", "-B, -b, -c, -e, -i, -l, -m, -O, -P, -p, -Q"),
  ],
  harmless: ["-V", "-Q cipher", "-Q key", "-Q mac", "-Q kex"],
  look: (line, report) => {
    const [host] = line.operands;
    report.effect({ kind: "network", host: host === undefined ? null : (textOfValue(host.value)?.replace(/^.*@/, "") ?? null), span: line.span });
  },
};

const plain = (names: string, says: string, harmless = "--version, --help, -V, -h"): Program => ({
  ...unfollowed(names, { check: "network", kind: "effect", says }, harmless),
  look: hosts,
});

export const networkPrograms: readonly Program[] = [
  curl,
  wget,
  ssh,
  reaches("scp sftp pscp psftp", "it copies to or from another machine", "-V", "-3 -4 -6 -A -B -C -O -p -q -R -r -s -T -v -a -f -N", [
    ...refusedTaking("run", "names a program to run", "-S, -o, -F, -J, -D, -b"),
    ...taking("text", "-c, -i, -l, -P, -X, -B"),
  ]),
  plain(
    "nc ncat netcat socat telnet rlogin rsh ftp lftp tftp ncftp cryptcat pwncat websocat grpcurl wscat",
    "it opens a connection, or waits for one",
    "--version, --help, -h, -V",
  ),
  plain(
    "ping ping6 fping arping traceroute traceroute6 tracepath mtr hping3 nmap masscan zmap nping tcpdump tshark wireshark dumpcap ngrep iperf iperf3 speedtest nikto sqlmap",
    "it sends packets",
    "--version, --help, -V, -h",
  ),
  plain(
    "dig host nslookup drill delv kdig resolvectl systemd-resolve whois dog",
    "it asks a name server, and can carry data out in the names",
    "-v, -V, -h, --help, --version",
  ),
  plain(
    "http https httpie xh hurl aria2c axel youtube-dl yt-dlp lynx links links2 elinks w3m browsh newsboat curlie hey wrk ab siege k6 vegeta",
    "it sends or fetches something",
  ),
  plain("mail mailx sendmail msmtp mutt swaks postfix exim write wall talk", "it sends a message"),
  plain("ngrok cloudflared localtunnel tailscale wg wg-quick openvpn chisel frpc bore zerotier-cli", "it opens a way into a network"),
  plain("ssh-copy-id ssh-keyscan sshfs sshpass", "it speaks to another machine"),
  unfollowed(
    "openssl libressl",
    { check: "network", kind: "effect", says: "it may open a connection, read keys or write files", effect: "unknown" },
    "version, version -a, version -v, version -d, help, list -commands, ciphers, ciphers -v, --version",
  ),
];
