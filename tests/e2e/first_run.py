import os
import pathlib
import subprocess
import time

from stage import AIN, Done, Failure, Stage, check, end_local_node, serving_process, start_ticks

SECONDS = 2     # the first time, on a machine that does nothing else
BUSY_FACTOR = 15  # what a machine full of other tests may add: a hang is a failure, slowness only a word


def plain(stage, environment):
    folder = stage.path / "plain"
    folder.mkdir()
    git = dict(environment, GIT_CONFIG_NOSYSTEM="1")
    (folder / "hello.py").write_text("print('hello')\n")
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "First"]):
        subprocess.run(["git", *words], cwd=folder, env=git, check=True)
    return folder


def run(folder, environment, *command):
    started = time.monotonic()
    try:
        done = subprocess.run([AIN, "run", "--", *command], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=SECONDS * BUSY_FACTOR)
    except subprocess.TimeoutExpired as late:
        raise Failure(f"the first run hangs: {late.stdout} {late.stderr}") from None
    return Done(done.returncode, done.stdout, done.stderr), time.monotonic() - started


def main():
    with Stage("first") as stage:
        # Neither git nor ain knows anybody here.
        home, ain_home = stage.path / "fresh", stage.path / "ain"
        home.mkdir()
        environment = {name: value for name, value in stage.environment.items() if not name.startswith(("GIT_", "XDG_"))}
        environment.update(HOME=str(home), AIN_HOME=str(ain_home), GIT_CONFIG_NOSYSTEM="1", GIT_TERMINAL_PROMPT="0")
        folder = plain(stage, environment)
        stage.homes.append(type("Fresh", (), {"path": ain_home}))
        done, seconds = run(folder, environment, "true")
        check(done.code == 0, "the first run:", done)
        check(done.out == "", "a run of 'true' wrote to stdout:", done)
        print(f"the first run took {seconds:.2f} s")
        again, seconds = run(folder, environment, "sh", "-c", "echo hello; exit 3")
        check(again.code == 3 and again.out == "hello\n", "the second run:", again)
        print(f"the second run took {seconds:.2f} s")
        check(not any(home.iterdir()), "something was written to HOME:", list(home.iterdir()))
        check(subprocess.run(["git", "status", "--porcelain"], cwd=folder, env=environment, capture_output=True, text=True).stdout == "",
              "the repository is dirty afterwards")

        socket_file = ain_home / "run" / "local.sock"
        pid = serving_process(socket_file)
        check(pid, "no node serves the local network")
        ticks = start_ticks(pid)
        end_local_node(socket_file)
        check(start_ticks(pid) != ticks, "the local node does not end on SIGTERM")
        left = [process for process in pathlib.Path("/proc").iterdir() if process.name.isdigit() and belongs(process, ain_home)]
        check(not left, "processes are left:", [(p.name, command_of(p)) for p in left])


def command_of(process):
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def belongs(process, ain_home):
    """True for a process that was started with this AIN_HOME, or names it."""
    if int(process.name) == os.getpid():
        return False
    try:
        environment = (process / "environ").read_bytes().split(b"\0")
    except OSError:
        environment = []
    return b"AIN_HOME=" + str(ain_home).encode() in environment or str(ain_home) in command_of(process)


main()
