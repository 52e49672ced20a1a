"""Exit codes: the job's own, and those of ain's failures, each with an error and a hint, none with a hang."""
import contextlib
import http.server
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import threading
import traceback

from stage import AIN, Failure, Stage, check, end_local_node, eventually, free_port, join, make_network

WITHIN = 30  # seconds; more is a hang
LEASE = ("--timeout", "1m")
PRICE = "108/h"  # one core for a day costs more than the faucet gives

PROBE = r'''
import json, os, socket, sys
host, marker, ain_home, port, unix = sys.argv[1:]
seen = {}
def attempt(name, action):
    try:
        seen[name] = str(action())[:200]
    except OSError as error:
        seen[name] = None
def write(path):
    with open(path, "w") as file:
        file.write("escaped")
    return path
def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(3)
        probe.connect(address)
    return address
attempt("write /etc", lambda: write("/etc/ain-escaped"))
attempt("write /usr", lambda: write("/usr/ain-escaped"))
attempt("write /usr/bin", lambda: write("/usr/bin/ain-escaped"))
attempt("write the host's folder", lambda: write(os.path.join(host, "escaped")))
attempt("read the host's home", lambda: open(marker).read())
attempt("list the host's home", lambda: os.listdir(os.path.dirname(marker)))
attempt("read ain's home", lambda: os.listdir(ain_home))
attempt("connect to the host", lambda: connect(socket.AF_INET, ("127.0.0.1", int(port))))
attempt("connect to the world", lambda: connect(socket.AF_INET, ("192.0.2.1", 80)))
attempt("connect to the node's socket", lambda: connect(socket.AF_UNIX, unix))
attempt("read the host's processes", lambda: open("/proc/%d/environ" % int(os.environ["HOST_PID"])).read() or "")
extra = sorted(set(int(fd) for fd in os.listdir("/proc/self/fd")) - {0, 1, 2, 3})
seen["inherited descriptors"] = str([(fd, os.readlink("/proc/self/fd/%d" % fd)) for fd in extra if os.path.exists("/proc/self/fd/%d" % fd)]) if extra else None
for path in ("../outside", "/tmp/outside", os.path.expanduser("~/outside")):
    attempt("", lambda: write(path))  # its own scratch, or nothing: never the host's
seen.pop("", None)
open("inside", "w").write("ok")
print(json.dumps(seen))
'''


class Exits:
    def __init__(self, stage):
        self.stage = stage
        self.node = stage.home("node")
        self.url = make_network(stage, self.node, "provider,host,ledger", "--price", PRICE)
        self.port = int(re.search(r":(\d+)/", self.url).group(1))
        self.executor = stage.home("executor")
        join(self.executor, self.url)
        self.folder = stage.repository(self.executor, "code", {"probe.py": PROBE})
        self.folders = 0

    def run(self, *arguments, home=None, folder=None, lease=LEASE, **more):
        home = home or self.executor
        return home.ain("run", *lease, *arguments, cwd=folder or self.folder, within=WITHIN, good=False, **more)

    def copy(self):
        self.folders += 1
        folder = self.stage.path / f"copy-{self.folders}"
        shutil.copytree(self.folder, folder, symlinks=True)
        return folder

    def fresh(self):
        self.folders += 1
        return self.stage.home(f"fresh-{self.folders}")

    # ---- the job's own

    def job_codes(self):
        for code, command in ((0, "true"), (1, "exit 1"), (42, "exit 42"), (137, "kill -KILL $$"), (143, "kill -TERM $$")):
            done = self.run("--", "sh", "-c", command)
            check(done.code == code, f"'{command}' gave", done)
        done = self.run("--", "sh", "-c", "echo out; echo err >&2; exit 7")
        check(done.code == 7 and done.out == "out\n" and "err\n" in done.err, "streams:", done)

    def stopped(self):
        """To have been stopped is what was asked for, so it is no error."""
        name = self.run("-d", "-q", "--", "sleep", "50").out.strip()
        done = self.executor.ain("stop", name, within=WITHIN)
        check("error:" not in done.err and f"run {name} is stopped" in done.err, "stop:", done)

    def no_zombies(self):
        def zombies():
            found = []
            for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
                with contextlib.suppress(OSError):
                    fields = stat.read_text().rpartition(")")[2].split()
                    if fields[0] == "Z" and int(fields[1]) == self.node.node.pid:
                        found.append(stat.parent.name)
            return found
        eventually(lambda: not zombies(), WITHIN, "supervisors that ended are taken leave of")

    def sandbox(self):
        home = pathlib.Path(self.executor.environment["HOME"])
        marker = home / "secret"
        marker.write_text("secret of the host")
        bystander = subprocess.Popen(["sleep", "60"])
        self.stage.processes.append(bystander)
        done = self.run("-e", f"HOST_PID={bystander.pid}", "--", "python3", "probe.py", self.stage.path, marker, self.executor.path,
                        self.port, self.node.path / "run" / "lab.sock")
        check(done.code == 0, "the probe:", done)
        seen = json.loads(done.out)
        escaped = {name: value for name, value in seen.items() if value is not None}
        check(len(seen) >= 12, "the probe did not try everything:", seen)
        check(not escaped, "it got out of the sandbox:", escaped)
        for path in ("/etc/ain-escaped", "/usr/ain-escaped", "/usr/bin/ain-escaped", "/tmp/outside", self.stage.path / "escaped",
                     self.folder / "inside", self.folder.parent / "outside", home / "outside"):
            check(not os.path.exists(path), "the job wrote to the host:", path)

    def another_process(self):
        """A job does not reach a process of the host by its number."""
        bystander = subprocess.Popen(["sleep", "60"])
        self.stage.processes.append(bystander)
        self.run("--", "sh", "-c", f"kill -KILL {bystander.pid}")
        check(bystander.poll() is None, "a job ended a process of the host")

    def outputs_are_no_work(self):
        """What a run has left in the folder is not part of the next one."""
        folder = self.copy()
        (folder / "ain.toml").write_text("[job.main]\nrun = 'mkdir -p out && echo made > out/made && echo more > more'\noutputs = ['out/']\n")
        commits = []
        for _ in range(2):
            done = self.run("--json", "--output", "out/", "--output", "more", folder=folder)
            check(done.code == 0 and (folder / "out" / "made").exists() and (folder / "more").exists(), "a run with outputs:", done)
            commits += [event["commit"] for event in done.lines() if event["event"] == "quoted"]
        check(len(commits) == 2 and commits[0] == commits[1], "the outputs became work:", commits)
        untracked = [file["path"] for file in self.executor.ain("status", "--json", cwd=folder).json()["files"] if file["staged"] == "?"]
        check("out/" in untracked and "more" in untracked, "status hides untracked files:", untracked)

    def royalty_is_the_authors(self):
        """An executor's edit of the rate counts for nothing, and the provider sees the same."""
        folder = self.stage.repository(self.node, "authors", {"main.txt": "some words of code\n"})
        self.node.ain("init", cwd=folder)
        for key in ("name", "email"):
            subprocess.run(["git", "config", f"user.{key}", "author@example.org"], cwd=folder, check=True)
        (folder / "ain.toml").write_text("[job.main]\nrun = 'true'\n[royalty]\nrate = '50%'\n")
        self.node.ain("add", "--all", cwd=folder)
        self.node.ain("commit", "-m", "Terms", cwd=folder)
        theirs = self.stage.path / "theirs"
        shutil.copytree(folder, theirs, symlinks=True)
        (theirs / "ain.toml").write_text("[job.main]\nrun = 'true'\n[royalty]\nrate = '0%'\n")
        done = self.run("--json", folder=theirs)
        rates = [event["royalty_ppm"] for event in done.lines() if event["event"] == "quoted"]
        check(done.code == 0 and rates == [500_000], "the executor set the rate:", done)

    def beginnings_of_ids(self):
        txid = self.executor.ain("ledger", "history", "--json").lines()[-1]["txid"]
        check(txid in self.executor.ain("ledger", "show", txid[:16]).out, "a transaction by the beginning of its id")
        run = self.executor.ain("runs", "--json").lines()[-1]
        check(self.executor.ain("ledger", "escrow", run["escrow"][:16], "--json").json()["escrow"] == run["escrow"], "an escrow")
        self.executor.ain("wait", run["run"][:8])
        for words in (("ledger", "show", "abc"), ("ledger", "escrow", "no"), ("wait", run["run"][:3])):
            self.told(self.executor.ain(*words, good=False), 2, "is no id", "first 4")

    # ---- failures of ain

    def large_body_of_a_stranger(self):
        """Refused before any of it is kept."""
        for target in (f"/v1/jobs/{'0' * 64}/objects", f"/git/repo1{'0' * 20}/git-receive-pack"):
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(WITHIN)
                probe.connect(str(self.node.path / "run" / "lab.sock"))
                method = "PUT" if target.endswith("objects") else "POST"
                probe.sendall(f"{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n".encode() + bytes(100_000))
                answer = probe.recv(4096).decode(errors="replace")
            check(re.match(r"HTTP/1.1 4\d\d ", answer), "it was not refused at once:", answer)
            kept = [file for file in self.node.path.glob("data/node/*/incoming/*")]
            check(not kept, "something was kept:", kept)

    def told(self, done, code, about, hint=""):
        codes = code if isinstance(code, tuple) else (code,)
        check(done.code in codes, f"expected exit code {code}:", done)
        lines = done.err.splitlines()
        error = [line for line in lines if line.startswith("error: ")]
        check(len(error) == 1 and re.search(about, error[0]), f"expected an error about '{about}':", done)
        hints = [line for line in lines if line.startswith("hint: ")]
        check(len(hints) == 1 and re.search(hint, hints[0]), f"expected a hint about '{hint}':", done)
        for word in ("terminate called", "what():", "Traceback", "core dumped", "assert"):
            check(word not in done.err, "a stack trace:", done)

    def no_money(self):
        self.told(self.run("--", "true", lease=()), 103, "")

    def no_provider(self):
        self.told(self.run("--gpu", "64", "--", "true"), 101, "no provider matches", "GPU")
        self.told(self.run("--memory", "900TB", "--", "true"), 101, "no provider matches", "memory")

    def price_cap(self):
        self.told(self.run("--max-price", "0.01/h", "--", "true"), 102, "cap", re.escape("the cap is 0.01 AIN/h"))

    def wrong_key_in_url(self):
        other = self.fresh()
        theirs = other.ain("network", "create", "other", "--listen", f"127.0.0.1:{free_port()}").out
        key = re.search(r"node=(node1\w+)", theirs).group(1)
        url = re.sub(r"node=node1\w+", f"node={key}", self.url)
        self.told(self.fresh().ain("network", "join", url, within=WITHIN, good=False), 112, "key|node")

    def wrong_network_in_url(self):
        url = re.sub(r"network=lab-[0-9a-f]{4}", "network=lab-0000", self.url)
        self.told(self.fresh().ain("network", "join", url, within=WITHIN, good=False), (111, 112), "network|genesis")

    def corrupt_object(self):
        # A blob of a clean tree is not read here at all when the provider has the commit already.
        for kind in ("commit", "tree"):
            folder = self.copy()
            name = {"commit": "HEAD", "tree": "HEAD^{tree}"}[kind]
            found = subprocess.run(["git", "rev-parse", name], cwd=folder, env=self.executor.environment, capture_output=True, text=True,
                                   check=True).stdout.strip()
            file = folder / ".git" / "objects" / found[:2] / found[2:]
            file.chmod(0o600)
            file.write_bytes(b"not an object at all")
            self.told(self.run("--", "true", folder=folder), 1, "", "git fsck|clone|fetch")

    def corrupt_head(self):
        folder = self.copy()
        (folder / ".git" / "HEAD").write_bytes(b"\xff\xfe rubbish")
        self.told(self.run("--", "true", folder=folder), 1, "", "")

    def unreadable_project(self):
        for text, about, hint in (("[job.main\ncommand = 1", r"ain\.toml.*line 1", ""),
                                  ("[job.main]\nrun = 'true'\ngpuu = 1\n", r"ain\.toml.*line 3.*gpuu", "gpu"),
                                  ("\xff\xfe\x00", r"ain\.toml", "")):
            folder = self.copy()
            (folder / "ain.toml").write_bytes(text.encode("latin-1"))
            self.told(self.run(folder=folder), (1, 2), about, hint)
        folder = self.copy()
        (folder / "ain.toml").mkdir()
        (folder / "ain.toml" / "file").write_text("")
        self.told(self.run(folder=folder), (1, 2), r"ain\.toml", "")

    def project_that_is_no_list(self):
        folder = self.copy()
        (folder / "ain.toml").write_text("[job.main]\nrun = 5\n")
        self.told(self.run(folder=folder), 1, "line 2.*'run' must be a text or a list", "python train.py")
        (folder / "ain.toml").unlink()
        (folder / "ain.toml").symlink_to("elsewhere.toml")
        self.told(self.run(folder=folder), 1, "symbolic link", "cp --remove-destination")

    def corrupt_index(self):
        folder = self.copy()
        (folder / ".git" / "index").write_bytes(b"not an index at all")
        for command in (["run", *LEASE, "--", "true"], ["status"]):
            self.told(self.executor.ain(*command, cwd=folder, within=WITHIN, good=False), 1, "index", "rm .git/index")

    def left_at_the_prompt(self):
        """Ctrl-C twice leaves a job that goes on: no exit code of its own, and the way back to it."""
        leader, follower = pty.openpty()
        process = subprocess.Popen([AIN, "run", *LEASE, "--", "sleep", "3"], cwd=self.folder, env=self.executor.environment, stdin=follower,
                                   stdout=follower, stderr=follower)
        os.close(follower)
        self.stage.processes.append(process)
        self.seen = ""

        def seen(text):
            try:
                self.seen += os.read(leader, 4096).decode(errors="replace")
            except OSError:
                pass
            return text in self.seen
        eventually(lambda: seen("running"), WITHIN, "the job runs")
        process.send_signal(signal.SIGINT)
        eventually(lambda: seen("go on (g)?"), WITHIN, "the question")
        self.seen = ""
        os.write(leader, b"dunno\n")
        eventually(lambda: seen("go on (g)?"), WITHIN, "the question again")
        process.send_signal(signal.SIGINT)
        eventually(lambda: seen("ain wait"), WITHIN, "the way back")
        check(process.wait(WITHIN) == 130, "left with", process.returncode)
        os.close(leader)
        check(self.executor.ain("wait", re.search(r"ain wait (\w+)", self.seen).group(1), within=WITHIN).code == 0, "its end")

    def unsandboxed_elsewhere(self):
        before = len(self.executor.ain("ledger", "history", "--json", "--type", "escrow_open").lines())
        self.told(self.run("--sandbox", "none", "--", "true"), 101, "--sandbox none", "--network local")
        after = len(self.executor.ain("ledger", "history", "--json", "--type", "escrow_open").lines())
        check(before == after, "an escrow was opened")

    def wrong_provider(self):
        self.told(self.run("--on", "ain1nonsense", "--", "true"), 2, "neither an account nor a node", "ain offers")

    def money_view(self):
        self.run("--", "true")
        lines = self.executor.ain("ledger", "history", "--json").lines()
        settled = [line for line in lines if line["type"] == "settle"]
        mine = self.executor.account()
        check(settled and all("amount" in line for line in lines), "no amounts:", lines[-1])
        balance = self.executor.ain("ledger", "balance", "--json").json()
        check(sum(line["amount"] for line in lines) == balance["available"], "the amounts are not the balance:", balance, lines)
        paid = self.executor.ain("ledger", "show", settled[-1]["txid"], "--json").json()["paid"]
        check(paid["refund"] == settled[-1]["amount"] - sum(author["amount"] for author in paid["authors"] if author["account"] == mine), "the split:", paid, settled[-1])
        everybody = self.executor.ain("ledger", "history", "--all", "--json").lines()
        check(len(everybody) > len(lines), "--all shows no more than one's own")
        self.told(self.executor.ain("ledger", "transfer", self.node.account(), "0", within=WITHIN, good=False), 2, "nothing to send", "")
        self.told(self.executor.ain("ledger", "transfer", self.executor.account(), "1", within=WITHIN, good=False), 2, "would send", "")

    def input_is_not_passed_on(self):
        for text, told in (("data\n", True), ("", False)):
            done = subprocess.run([AIN, "run", "-q", *LEASE, "--", "true"], cwd=self.folder, env=self.executor.environment, input=text,
                                  capture_output=True, text=True, timeout=WITHIN)
            check(done.returncode == 0 and ("no stdin" in done.stderr) == told, repr(text), done.stderr)

    def open_key_file(self):
        key = self.executor.path / "accounts" / "executor.key"
        key.chmod(0o644)
        try:
            self.told(self.run("--", "true"), 1, "others may read it", "chmod 600")
        finally:
            key.chmod(0o600)

    def lost_before_it_had_the_job(self):
        """The node is killed as soon as the deposit is in escrow: while it gets the commit, or before."""
        folder = self.copy()
        (folder / "large").write_bytes(os.urandom(40 << 20))
        run = self.executor.run(folder, *LEASE, "--", "true")
        run.event("escrow")
        self.node.kill_node()
        check(run.wait(WITHIN) == 106, "'ain run' ended with", run.process.returncode, run.err.read_text())
        name = run.find("escrow")["run"]
        check(self.executor.ain("wait", name, within=WITHIN, good=False).code == 106, "'ain wait', while the node is away")
        self.node.serve()
        done = self.executor.ain("wait", name, within=WITHIN, good=False)
        self.told(done, 106, "went away before it had the job", "ain run")
        check(self.executor.ain("ledger", "balance", "--json").json()["escrowed"] == 0, "money is still in escrow")

    def damaged_ledger(self):
        """Of the local network: found without the node, which does not start, and said by every command that needs it."""
        home = self.fresh()
        check(home.ain("ledger", "balance").out, "no balance")
        home.ain("ledger", "faucet")
        check(home.ain("ledger", "verify").out.startswith("all is well"), "a good ledger")
        end_local_node(home.path / "run" / "local.sock")
        file = home.path / "data" / "node" / "local" / "ledger" / "ledger.db"
        with contextlib.closing(sqlite3.connect(file)) as store:
            index, txid = store.execute("SELECT idx, hex(txid) FROM tx ORDER BY idx DESC LIMIT 1").fetchone()
        good = {path: path.read_bytes() for path in file.parent.iterdir() if path.name.startswith("ledger.db")}
        named = f"transaction {index} \\({txid.lower()}\\)"
        for damage in ("UPDATE block SET root = zeroblob(32) WHERE height = (SELECT max(height) FROM block)", f"DELETE FROM tx WHERE idx = {index}"):
            with contextlib.closing(sqlite3.connect(file)) as store:
                store.execute(damage)
                store.commit()
            done = home.ain("ledger", "verify", within=WITHIN, good=False)
            check(done.code == 111 and re.search(named, done.out), damage, done)
            self.told(home.ain("ledger", "balance", within=WITHIN, good=False), 111, "damaged", "ain ledger verify")
            for path in file.parent.glob("ledger.db*"):
                path.unlink()
            for path, content in good.items():
                path.write_bytes(content)
        check(home.ain("ledger", "verify").code == 0, "the repaired ledger")

    def port_taken(self):
        other = self.fresh()
        join(other, self.url)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = other.ain("serve", "--roles", "provider", "--listen", f"127.0.0.1:{port}", within=WITHIN, good=False)
        self.told(done, 1, f"{port}.*taken", "ain serve --listen")  # an option that there is

    def join_at(self, port):
        url = self.url.replace(f":{self.port}/", f":{port}/")
        return self.fresh().ain("network", "join", url, within=WITHIN, good=False)

    def nobody_there(self):
        self.told(self.join_at(free_port()), 100, "cannot reach", "ain serve|running")

    def plain_http_there(self):
        class Quiet(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *_):
                pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            self.told(self.join_at(server.server_address[1]), (100, 112), "")
        finally:
            server.shutdown()

    def other_tls_there(self):
        """An ordinary HTTPS server: its certificate is not the node's."""
        certificate, key = self.stage.path / "cert.pem", self.stage.path / "key.pem"
        for kind in (["rsa:2048"], ["ed25519"]):
            subprocess.run(["openssl", "req", "-x509", "-newkey", *kind, "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", certificate],
                           check=True, capture_output=True)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
            server.handle_error = lambda *_: None
            server.socket = context.wrap_socket(server.socket, server_side=True)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                self.told(self.join_at(server.server_address[1]), 112, "")
            finally:
                server.shutdown()

    def silence_there(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            self.told(self.join_at(silent.getsockname()[1]), 100, "")

    def garbage_there(self):
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen()

            def answer():
                with contextlib.suppress(OSError):
                    while True:
                        connection, _ = server.accept()
                        with connection, contextlib.suppress(OSError):
                            connection.sendall(os.urandom(4096))
            threading.Thread(target=answer, daemon=True).start()
            self.told(self.join_at(server.getsockname()[1]), (100, 112), "")

    def full_disk(self):
        if os.geteuid() != 0:
            print("  full_disk: left out: only root can mount a small disk")
            return
        disk = self.stage.path / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], capture_output=True, text=True)
        if mounted.returncode != 0:
            print("  full_disk: left out:", mounted.stderr.strip())
            return
        try:
            empty = self.stage.home("empty", disk)
            joined = self.stage.home("joined", disk)
            join(joined, self.url)
            done = self.run("--", "true", home=joined)
            check(done.code == 0, "before the disk is full:", done)
            joined.ain("--network", "local", "ledger", "balance")
            end_local_node(joined.path / "run" / "local.sock")
            with contextlib.suppress(OSError), open(disk / "filler", "wb", buffering=0) as filler:
                while True:
                    filler.write(bytes(4096))
            self.told(empty.ain("account", "create", "someone", within=WITHIN, good=False), 109, "space", "space")
            self.told(empty.ain("network", "join", self.url, within=WITHIN, good=False), 109, "space", "space")
            self.told(self.run("--", "true", home=joined), 109, "space|full", "space")
            self.told(joined.ain("--network", "local", "ledger", "balance", within=WITHIN, good=False), 109, "space|full", "space")
            (disk / "filler").unlink()
            done = self.run("--", "true", home=joined)
            check(done.code == 0, "after the disk has room again:", done)
            left = joined.ain("ps", "--json").lines()
            check(not left, "runs that never end:", left)
            check(joined.ain("ledger", "balance", "--json").json()["escrowed"] == 0, "money is still in escrow")
        finally:
            self.stage.homes = [home for home in self.stage.homes if home.path.parent != disk]
            subprocess.run(["umount", "-l", disk], check=True)

    def full_disk_of_the_job(self):
        """A job that fills its disk, or its memory, harms only itself."""
        done = self.run("--memory", "128MB", "--", "python3", "-c", "x = bytearray(1 << 30)\nfor i in range(0, 1 << 30, 4096): x[i] = 1")
        check(done.code in (109, 1, 137), "a job with too little memory:", done)
        if done.code == 109:
            self.told(done, 109, "memory", "--memory 256MB")
        check(self.run("--", "true").code == 0, "the next run")

    def timed_out(self):
        done = self.run("--", "sleep", "60", lease=("--timeout", "1s"))
        self.told(done, 107, "", "--timeout")

    def environment(self):
        folder = self.copy()
        (folder / "requirements.txt").write_text("no-such-package-of-anybody==1.0\n")  # no hash: nothing to trust
        self.told(self.run("--", "true", folder=folder), (2, 105), "requirements.txt", "hash")

    def another_node_there(self):
        """Somebody else's node answers at the address that is known."""
        self.node.kill_node()
        self.told(self.executor.ain("ledger", "balance", within=WITHIN, good=False), 100, "cannot reach")
        self.told(self.run("--", "true"), 100, "cannot reach")
        other = self.fresh()
        other.ain("account", "create", "other")
        other.ain("network", "create", "other", "--listen", f"127.0.0.1:{self.port}")
        other.serve()
        self.told(self.executor.ain("ledger", "balance", within=WITHIN, good=False), 112, "")
        self.told(self.run("--", "true"), 112, "")


def main():
    with Stage("exits") as stage:
        exits = Exits(stage)
        problems = []
        for name in [name for name, value in vars(Exits).items() if callable(value) and name not in HELPERS]:
            try:
                getattr(exits, name)()
                print(f"ok: {name}", flush=True)
            except Exception as error:
                problems.append(name)
                print(f"FAILED: {name}: {error if isinstance(error, Failure) else traceback.format_exc()}", flush=True)
        check(not problems, ", ".join(problems))


HELPERS = ("__init__", "run", "copy", "fresh", "told", "join_at")
main()
