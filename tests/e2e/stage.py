"""A scratch stage for end-to-end tests: homes of ain, the processes started in them, and their certain end."""
import contextlib
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

SUPPLY = 1_000_000_000_000  # µAIN of a network made here
AIN = os.path.join(os.environ["AIN_BINARY_FOLDER"], "ain")


class Failure(Exception):
    """What a test found to be wrong."""


def check(holds, *words):
    if not holds:
        raise Failure(" ".join(str(word) for word in words))


def skip(reason):
    print(reason)
    sys.exit(77)


def eventually(probe, within, what):
    """The first true value of probe(), tried again until `within` seconds have passed."""
    until = time.monotonic() + within
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > until:
            raise Failure(f"not within {within} s: {what}")
        time.sleep(0.05)


held_ports = []  # sockets, until this process ends


def free_port():
    """One that is ours until this process ends, also while the node at it is away. Whoever binds with SO_REUSEADDR, as ain does, may
    share it, as this socket does not listen; nobody else gets it: neither another stage nor an outgoing connection."""
    for port in random.sample(range(10_000, 32_000), 100):
        holder = socket.socket()
        try:
            holder.bind(("127.0.0.1", port))  # without the option: fails while another stage holds it
        except OSError:
            holder.close()
            continue
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held_ports.append(holder)
        return port
    raise Failure("no port is free")


def start_ticks(pid):
    """When a process began, in the kernel's ticks; 0 when there is none. With the pid it names one process for good."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    fields = text.rpartition(")")[2].split()
    return 0 if fields[0] == "Z" else int(fields[19])


def end_process(pid, ticks, number=signal.SIGKILL):
    if pid > 1 and ticks and start_ticks(pid) == ticks:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


class Done:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def json(self):
        return json.loads(self.out)

    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def __str__(self):
        return f"exit code {self.code}\n{self.out[-3000:]}{self.err[-3000:]}"


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("node", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(self.path)


class Run:
    """An `ain run --json` that goes on in the background; its events as they come."""

    def __init__(self, process, err):
        self.process, self.err, self.events = process, err, []
        self.changed = threading.Condition()
        self.ended = False
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self.changed:
                with contextlib.suppress(ValueError):  # half a line of a killed process
                    self.events.append(json.loads(line))
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def find(self, name):
        return next((event for event in self.events if event["event"] == name), None)

    def event(self, name, within=60):
        """Waits for the first event of that name."""
        with self.changed:
            self.changed.wait_for(lambda: self.find(name) or self.ended, within)
            found = self.find(name)
        check(found, f"'ain run' told no '{name}' but {[event['event'] for event in self.events]}:", self.err.read_text())
        return found

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()  # a zombie would still look like a follower
        self.reader.join(10)

    def wait(self, within=60):
        try:
            code = self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise Failure(f"'ain run' hangs after {self.events[-3:]}: {self.err.read_text()}") from None
        self.reader.join(10)
        return code


class Home:
    """One person's AIN_HOME."""

    def __init__(self, stage, name, root=None):
        self.stage, self.name = stage, name
        self.path = (root or stage.path) / name
        self.path.mkdir(exist_ok=True)
        self.environment = dict(stage.environment, AIN_HOME=str(self.path), USER=name)
        self.node = None
        self.serve_arguments = []
        self.files = 0

    def ain(self, *arguments, cwd=None, within=60, good=True, environment=None):
        """Runs ain to its end; with `good` it must succeed."""
        try:
            done = subprocess.run([AIN, *map(str, arguments)], cwd=cwd or self.path, env=dict(self.environment, **(environment or {})),
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                  errors="replace", timeout=within)
        except subprocess.TimeoutExpired as late:
            raise Failure(f"{self.name}: 'ain {' '.join(map(str, arguments))}' hangs: {late.stdout} {late.stderr}") from None
        if good:
            check(done.returncode == 0, f"{self.name}: 'ain {' '.join(map(str, arguments))}':", Done(done.returncode, done.stdout, done.stderr))
        return Done(done.returncode, done.stdout, done.stderr)

    def _file(self, what):
        self.files += 1
        return self.stage.path / f"{self.name}.{what}.{self.files}"

    def run(self, folder, *arguments):
        err = self._file("run")
        with err.open("w") as err_file:
            process = subprocess.Popen([AIN, "run", "--json", *map(str, arguments)], cwd=folder, env=self.environment,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err_file, text=True, errors="replace")
        self.stage.processes.append(process)
        return Run(process, err)

    def serve(self, *arguments):
        """Starts this home's node, again with the same arguments when none are given; returns when it serves."""
        self.serve_arguments = list(map(str, arguments)) or self.serve_arguments
        self.log = self._file("serve")
        with self.log.open("w") as log:
            self.node = subprocess.Popen([AIN, "serve", *self.serve_arguments], cwd=self.path, env=self.environment,
                                         stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        self.stage.processes.append(self.node)

        def serves():
            check(self.node.poll() is None, f"{self.name}: the node ended:", self.log.read_text())
            return "serving " in self.log.read_text()
        eventually(serves, 30, f"the node of {self.name} serves")

    def kill_node(self):
        self.node.send_signal(signal.SIGKILL)
        self.node.wait()

    def get(self, path, network="lab"):
        """A document of this home's own node."""
        connection = Unix(str(self.path / "run" / f"{network}.sock"))
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
            check(response.status == 200, f"{path}: {response.status}: {body[:500]}")
            return json.loads(body)
        finally:
            connection.close()

    def account(self):
        return self.ain("account", "show", "--json").json()["account"]

    def jobs(self, network="lab"):
        return self.path / "data" / "node" / network / "jobs"

    def job_events(self, escrow):
        """What this home's node has written of a job."""
        with contextlib.suppress(OSError):
            lines = (self.jobs() / escrow / "events.jsonl").read_text().split("\n")
            return [json.loads(line) for line in lines[:-1]]
        return []

    def job_state(self, escrow, state, within=60):
        """Waits, closely, until the node has written that the job is in `state`."""
        until = time.monotonic() + within
        while not any(event.get("state") == state for event in self.job_events(escrow)):
            check(time.monotonic() < until, f"job {escrow[:12]} did not come to '{state}': {self.job_events(escrow)}")
            time.sleep(0.001)

    def shim(self, escrow):
        """What the job's supervisor has written of itself: pid, start, payload, payload_start."""
        with contextlib.suppress(OSError):
            text = (self.jobs() / escrow / "shim" / "state").read_text()
            state = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
            return {name: int(state.get(name) or 0) for name in ("pid", "start", "payload", "payload_start")}
        return None


class Stage:
    """Use with `with`: at its end everything that was started is ended, and all files go."""

    def __init__(self, name):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix=f"ain-{name}."))
        self.processes, self.homes = [], []
        own_home = self.path / "user"
        own_home.mkdir()
        git = self.path / "gitconfig"
        git.write_text("[user]\n\tname = Somebody\n\temail = somebody@example.org\n[init]\n\tdefaultBranch = main\n")
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith("AIN_") and name not in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")}
        self.environment.update(HOME=str(own_home), GIT_CONFIG_GLOBAL=str(git), GIT_CONFIG_NOSYSTEM="1", GIT_TERMINAL_PROMPT="0",
                                PATH=os.environ["AIN_BINARY_FOLDER"] + ":" + os.environ["PATH"])

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda number, _: sys.exit(128 + number))
        return self

    def __exit__(self, kind, error, _):
        self.strike()
        if kind is not None and issubclass(kind, Failure):
            print(f"failed: {error}", flush=True)
            os._exit(1)

    def home(self, name, root=None):
        home = Home(self, name, root)
        self.homes.append(home)
        return home

    def repository(self, home, name, files):
        """A plain git repository with one commit."""
        folder = self.path / name
        folder.mkdir()
        for path, content in files.items():
            if isinstance(content, bytes):
                (folder / path).write_bytes(content)
            else:
                (folder / path).write_text(content)
        for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "First"]):
            subprocess.run(["git", *words], cwd=folder, env=home.environment, check=True)
        return folder

    def strike(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        for home in self.homes:
            for socket_file in (home.path / "run").glob("*.sock"):
                end_local_node(socket_file)
            for state in home.path.glob("data/node/*/jobs/*/shim/state"):
                shim = dict(line.split("=", 1) for line in state.read_text().splitlines() if "=" in line)
                for pid, start in (("pid", "start"), ("payload", "payload_start")):
                    end_process(int(shim.get(pid) or 0), int(shim.get(start) or 0))
        for folder, _, _ in os.walk(self.path):
            os.chmod(folder, 0o700)  # built environments are read-only
        shutil.rmtree(self.path, ignore_errors=True)


def serving_process(socket_file):
    """The pid of the node behind a Unix socket; None when nobody listens."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(socket_file))
        except OSError:
            return None
        pid = int.from_bytes(probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[:4], sys.byteorder)
        return pid if pid > 1 else None


def end_local_node(socket_file):
    """Ends the node that ain started by itself, politely first."""
    pid = serving_process(socket_file)
    if not pid:
        return
    ticks = start_ticks(pid)
    end_process(pid, ticks, signal.SIGTERM)
    until = time.monotonic() + 15
    while start_ticks(pid) == ticks and time.monotonic() < until:
        time.sleep(0.05)
    end_process(pid, ticks)


def make_network(stage, founder, roles, *serve):
    """`founder` founds the network 'lab' and serves it; returns the URL to join by."""
    port = free_port()
    founder.ain("account", "create", founder.name)
    url = founder.ain("network", "create", "lab", "--supply", SUPPLY // 1_000_000, "--faucet", 100, "--listen",
                      f"127.0.0.1:{port}").out.strip()
    founder.serve("--roles", roles, "--listen", f"127.0.0.1:{port}", *serve)
    return url


def join(home, url):
    home.ain("network", "join", url)
    home.ain("account", "create", home.name)
