"""Kills every party of a run at named points; then no money may be missing.

Four lanes work at the same time, each with an executor and a provider of its own, on one network; the last lane kills the node that
keeps the ledger too, so that has a network of its own. After each kill what was killed is started again, and the checks of `Lane.closed`
must hold within a bounded time. `crash.sh NAME…` plays only the scenarios of those names, `crash.sh --random N` N kills at random times.
"""
import base64
import concurrent.futures
import hashlib
import http.server
import io
import os
import random
import sys
import threading
import time
import traceback
import zipfile

from stage import Failure, Stage, check, end_process, eventually, free_port, join, make_network, start_ticks, SUPPLY

PAYER_WAIT = 4       # seconds a provider waits for a payer who has gone
BOUND = 30           # seconds until an escrow must be closed, on a busy machine
LEASE = ("--timeout", "2m")
FAUCET = 100_000_000  # µAIN
JOB = "echo started; sleep 2; mkdir -p out; echo done > out/result; exit 42"


# ---- a package index that lets an installation take its time

WHEEL = "waits-1.0-py3-none-any.whl"
WHEEL_SECONDS = 1.5


def make_wheel():
    files = {"waits.py": "", "waits-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: waits\nVersion: 1.0\n",
             "waits-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
    record = ""
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(text)}\n"
    files["waits-1.0.dist-info/RECORD"] = record + "waits-1.0.dist-info/RECORD,,\n"
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return body.getvalue()


def start_index(wheel):
    class Index(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path.endswith(".whl"):
                time.sleep(WHEEL_SECONDS)
                body, kind = wheel, "application/octet-stream"
            else:
                body, kind = f'<a href="/{WHEEL}">{WHEEL}</a>'.encode(), "text/html"
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_):
            pass  # an installer that was killed

    server = Server(("127.0.0.1", 0), Index)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}/simple"


# ---- one executor and one provider

class Lane:
    def __init__(self, stage, name, keeper, url, wheel_hash):
        """`keeper` keeps the ledger; without `url` it is also the lane's provider."""
        self.stage, self.name, self.keeper = stage, name, keeper
        self.executor = stage.home(f"executor-{name}")
        if url:
            self.provider = stage.home(f"provider-{name}")
            join(self.provider, url)
            self.provider.serve("--roles", "provider", "--listen", f"127.0.0.1:{free_port()}", "--payer-wait", f"{PAYER_WAIT}s")
        else:
            self.provider = keeper
        self.provider_account = self.provider.account()
        self.folders = {
            "plain": stage.repository(self.executor, f"plain-{name}", {"job.sh": JOB, ".gitignore": "out/\n"}),
            "large": stage.repository(self.executor, f"large-{name}", {"data": os.urandom(24 << 20)}),
            "python": stage.repository(self.executor, f"python-{name}",
                                       {"requirements.txt": f"waits==1.0 --hash=sha256:{wheel_hash}\n"})}

    def meet(self, url):
        join(self.executor, url)
        self.account = self.executor.account()
        self.executor.ain("ledger", "faucet")

    def run(self, *arguments, folder="plain"):
        return self.executor.run(self.folders[folder], *LEASE, "--on", self.provider_account, *arguments)

    def job(self):
        return self.run("--output", "out/", "--", "sh", "job.sh")

    def wait_for_run(self, run):
        """`ain wait`: the exit code of a run whose `ain run` is gone."""
        return self.executor.ain("wait", run, cwd=self.folders["plain"], within=BOUND + 30, good=False).code

    def restart(self):
        self.provider.kill_node()
        self.provider.serve()

    def escrows(self):
        return self.keeper.get(f"/v1/ledger/accounts/{self.account}/escrows")

    def opened(self):
        opened = self.executor.ain("ledger", "history", "--json", "--type", "escrow_open", "--of", self.account).lines()
        return [entry["txid"] for entry in opened if entry["code"] == 0 and entry["account"] == self.account]

    def closed(self):
        """Every escrow is closed, and where its money went adds up."""
        def all_closed():
            states = [self.keeper.get(f"/v1/ledger/escrows/{txid}") for txid in self.opened()]
            return states if all(state["phase"] in ("closed", "refunded") for state in states) else None
        states = eventually(all_closed, BOUND, "every escrow is closed or refunded")
        spent = 0
        for state in states:
            authors = sum(author["amount"] for author in state["paid_authors"])
            paid = state["paid_provider"] + authors
            check(paid + state["refunded"] == state["terms"]["deposit"], "an escrow does not add up:", state)
            check(state["phase"] == "closed" or paid == 0, "a refund that paid somebody:", state)
            # Who has written a snapshot is an author of it, too.
            spent += paid - sum(author["amount"] for author in state["paid_authors"] if author["account"] == self.account)
        balance = self.executor.ain("ledger", "balance", "--json").json()
        check(balance["escrowed"] == 0, "money is still in escrow:", balance)
        check(balance["available"] == FAUCET - spent, "the payer lost money:", balance, "spent", spent)
        return states

    def recovered(self):
        """The next run works, and nothing that was interrupted is left behind: neither at the executor nor at the provider."""
        def runs():
            run = self.run("--cpu", self.cpus(), "--", "true")
            code = run.wait(BOUND + 30)
            if code == 101:
                return None  # the provider is still busy with what was interrupted
            check(code == 0, "the next run:", code, run.events[-2:], run.err.read_text())
            return True
        eventually(runs, BOUND, "a run that needs the whole provider works again")
        left = self.executor.ain("ps", "--json").lines()
        check(not left, "runs that never end:", left)
        self.closed()

    def cpus(self):
        return self.provider.get("/v1/node")["hardware"]["cpus"]

    def state_of(self, escrow):
        return self.keeper.get(f"/v1/ledger/escrows/{escrow}")

    def kill_shim(self, escrow):
        shim = eventually(lambda: self.provider.shim(escrow), 10, "the shim says who it is")
        end_process(shim["pid"], shim["start"])
        return shim

    def gone(self, shim):
        eventually(lambda: start_ticks(shim["payload"]) != shim["payload_start"], 15, "the job of a killed shim is gone")


# ---- the points: executor

def executor_quoted(lane):
    run = lane.job()
    run.event("quoted")
    run.kill()
    lane.recovered()


def executor_escrow(lane):
    run = lane.job()
    begun = run.event("escrow")
    run.kill()
    check(lane.wait_for_run(begun["run"]) in (1, 42), "an interrupted run ended otherwise")
    lane.closed()
    lane.recovered()


def executor_pulling(lane):
    run = lane.run("--", "true", folder="large")
    begun = run.event("escrow")
    lane.provider.job_state(begun["escrow"], "pulling")
    run.kill()
    check(lane.wait_for_run(begun["run"]) == 1, "a run without its objects ended otherwise")
    check(lane.state_of(begun["escrow"])["paid_provider"] == 0, "somebody was paid for nothing")
    lane.recovered()


def executor_building(lane):
    run = lane.run("--", "sh", "-c", "sleep 0.2; exit 42", folder="python")
    begun = run.event("escrow")
    lane.provider.job_state(begun["escrow"], "building")
    run.kill()
    check(lane.wait_for_run(begun["run"]) == 42, "the job's exit code was lost")
    paid = lane.state_of(begun["escrow"])["paid_provider"]
    check(paid > 0, "the provider was not paid for a job that was waited for:", lane.provider.job_events(begun["escrow"])[-4:])
    lane.recovered()


def executor_running(lane):
    run = lane.job()
    begun = run.event("escrow")
    run.event("running")
    run.kill()
    check(lane.wait_for_run(begun["run"]) == 42, "the job's exit code was lost")
    check((lane.folders["plain"] / "out" / "result").read_text() == "done\n", "the outputs were lost")
    check(lane.state_of(begun["escrow"])["paid_provider"] > 0, "the provider was not paid")
    lane.recovered()


def executor_never_back(lane):
    """The provider may not keep the deposit of a payer who has gone, nor may it wait for ever."""
    run = lane.job()
    begun = run.event("escrow")
    run.event("running")
    run.kill()
    lane.closed()
    lane.wait_for_run(begun["run"])
    lane.recovered()


def executor_publishing(lane):
    run = lane.job()
    begun = run.event("escrow")
    run.event("publishing")
    run.kill()
    check(lane.wait_for_run(begun["run"]) == 42, "the job's exit code was lost")
    lane.recovered()


# ---- the points: provider

def provider_quoted(lane):
    run = lane.job()
    run.event("quoted")
    lane.restart()
    check(run.wait() in (42, 1, 100, 101, 104, 106), "it ended in a cause that nobody knows:", run.events[-1:])
    lane.recovered()


def provider_escrow(lane):
    run = lane.job()
    run.event("escrow")
    lane.restart()
    check(run.wait() in (42, 1, 100, 104, 106), "it ended in a cause that nobody knows:", run.events[-1:])
    lane.recovered()


def provider_pulling(lane):
    run = lane.run("--", "true", folder="large")
    begun = run.event("escrow")
    lane.provider.job_state(begun["escrow"], "pulling")
    lane.restart()
    check(run.wait() in (0, 1, 100, 104, 106), "it ended in a cause that nobody knows:", run.events[-1:])
    lane.recovered()


def provider_building(lane):
    run = lane.run("--", "sh", "-c", "sleep 0.2; exit 42", folder="python")
    begun = run.event("escrow")
    lane.provider.job_state(begun["escrow"], "building")
    lane.restart()
    check(run.wait() == 42, "the environment was not built again:", run.events[-2:], run.err.read_text())
    check(lane.state_of(begun["escrow"])["paid_provider"] > 0, "the provider was not paid:", run.events[-1:])
    lane.recovered()


def expect_done(lane, run):
    check(run.wait() == 42, "the job's exit code was lost:", run.events[-2:], run.err.read_text())
    last = run.events[-1]
    check(last["event"] == "settled" and last["exit_code"] == 42, "no settlement:", last)
    state = lane.state_of(run.find("escrow")["escrow"])
    check(last["paid"]["provider"] == state["paid_provider"] > 0, "paid otherwise than told:", last, state)
    check((lane.folders["plain"] / "out" / "result").read_text() == "done\n", "the outputs were lost")
    lane.recovered()


def provider_running(lane):
    run = lane.job()
    begun = run.event("escrow")
    run.event("running")
    shim = lane.provider.shim(begun["escrow"])
    lane.restart()
    check(start_ticks(shim["pid"]) == shim["start"], "the shim did not outlive its node")
    expect_done(lane, run)


def provider_away(lane):
    """The job ends while no node is there."""
    run = lane.job()
    begun = run.event("escrow")
    run.event("running")
    shim = lane.provider.shim(begun["escrow"])
    lane.provider.kill_node()
    eventually(lambda: start_ticks(shim["pid"]) != shim["start"], 20, "the job ends")
    lane.provider.serve()
    expect_done(lane, run)


def provider_publishing(lane):
    run = lane.job()
    lane.provider.job_state(run.event("escrow")["escrow"], "publishing")
    lane.restart()
    expect_done(lane, run)


def provider_settling(lane):
    run = lane.job()
    run.event("publishing")
    time.sleep(random.uniform(0, 0.05))  # outputs, voucher, settlement: each time between others
    lane.restart()
    expect_done(lane, run)


def provider_detached(lane):
    """Nobody follows: the provider settles by itself, for the whole of what the job took."""
    run = lane.run("--detach", "--", "sh", "job.sh")
    begun = run.event("escrow")
    check(run.wait() == 0, "it did not detach:", run.events, run.err.read_text())
    lane.provider.job_state(begun["escrow"], "running")
    lane.restart()
    lane.closed()
    check(lane.state_of(begun["escrow"])["paid_provider"] > 0, "a detached job was not paid")
    check(lane.wait_for_run(begun["run"]) == 42, "the job's exit code was lost")
    lane.recovered()


def provider_moved(lane):
    """It comes back at another port, as `ain serve` without --listen does: the ledger's offer says where."""
    run = lane.job()
    run.event("running")
    lane.provider.kill_node()
    lane.provider.serve("--roles", "provider", "--listen", f"127.0.0.1:{free_port()}", "--payer-wait", f"{PAYER_WAIT}s")
    expect_done(lane, run)


def both_running(lane):
    run = lane.job()
    begun = run.event("escrow")
    run.event("running")
    run.kill()
    lane.restart()
    check(lane.wait_for_run(begun["run"]) == 42, "the job's exit code was lost")
    lane.recovered()


# ---- the points: the job and its shim

def job_killed(lane):
    run = lane.run("--", "sleep", "100")
    begun = run.event("escrow")
    run.event("running")
    shim = eventually(lambda: lane.provider.shim(begun["escrow"]), 10, "the shim says who it is")
    check(shim["payload"] > 1, "the shim names no payload")
    time.sleep(0.2)  # what costs less than 1 µAIN, at this price 10 ms, costs nothing
    end_process(shim["payload"], shim["payload_start"])
    check(run.wait() == 137, "a killed job gave another exit code:", run.events[-1:], run.err.read_text())
    state = lane.state_of(begun["escrow"])
    owed = state["terms"]["price_per_second"] * run.events[-1]["run_us"] // 1_000_000
    check(state["paid_provider"] == owed >= 20, "the time before was not paid:", run.events[-1:], state)
    lane.recovered()


def job_kills_itself(lane):
    run = lane.run("--", "sh", "-c", "kill -KILL $$")
    check(run.wait() == 137, "a killed job gave another exit code:", run.events[-1:], run.err.read_text())
    lane.recovered()


def shim_killed(lane):
    run = lane.run("--", "sleep", "100")
    begun = run.event("escrow")
    run.event("running")
    shim = lane.kill_shim(begun["escrow"])
    check(run.wait() == 106, "a lost supervisor is told otherwise:", run.events[-1:], run.err.read_text())
    check(run.events[-1]["culprit"] == "provider", "money follows the culprit:", run.events[-1])
    check(lane.state_of(begun["escrow"])["phase"] == "refunded", "the provider was paid for what it lost")
    lane.gone(shim)
    lane.recovered()


def shim_and_provider(lane):
    run = lane.run("--", "sleep", "100")
    begun = run.event("escrow")
    run.event("running")
    lane.provider.kill_node()
    shim = lane.kill_shim(begun["escrow"])
    lane.provider.serve()
    check(run.wait() == 106, "a lost supervisor is told otherwise:", run.events[-1:], run.err.read_text())
    lane.gone(shim)
    lane.recovered()


def all_killed(lane):
    run = lane.run("--", "sleep", "100")
    begun = run.event("escrow")
    run.event("running")
    run.kill()
    lane.provider.kill_node()
    shim = lane.kill_shim(begun["escrow"])
    lane.provider.serve()
    lane.closed()
    check(lane.wait_for_run(begun["run"]) == 106, "the run's end was lost")
    lane.gone(shim)
    lane.recovered()


def random_kill(lane):
    victim, delay = random.choice(("executor", "provider", "both")), random.uniform(0, 6)
    started = time.monotonic()
    run = lane.job()
    time.sleep(delay)
    told = [event["event"] for event in run.events]
    if victim != "provider":
        run.kill()
    if victim != "executor":
        lane.restart()
    code = run.wait(90)
    print(f"  {lane.name}: {victim} killed after {delay:.3f} s, at {told[-1:]}: {code}, {time.monotonic() - started:.1f} s", flush=True)
    lane.recovered()


EXECUTOR = [executor_quoted, executor_escrow, executor_building, executor_running, executor_publishing, executor_never_back,
            executor_pulling]
PROVIDER = [provider_quoted, provider_escrow, provider_building, provider_running, provider_publishing, provider_settling,
            provider_detached, provider_pulling]
JOB_AND_SHIM = [job_killed, job_kills_itself, shim_killed, shim_and_provider, all_killed, both_running, provider_away,
                provider_moved]
LEDGER = [provider_escrow, provider_running, provider_publishing, provider_settling]
LANES = {"executor": EXECUTOR, "provider": PROVIDER, "job": JOB_AND_SHIM, "ledger": LEDGER}


def play(lane, scenarios):
    problems = []
    for scenario in scenarios:
        began = time.monotonic()
        try:
            # The last run's hardware is free a moment after the payer has its receipt.
            eventually(lambda: lane.provider.get("/v1/node")["jobs"] == 0, BOUND, "the provider has nothing to do")
            scenario(lane)
            print(f"ok: {lane.name} lane: {scenario.__name__} ({time.monotonic() - began:.1f} s)", flush=True)
        except Exception as error:
            shown = str(error) if isinstance(error, Failure) else traceback.format_exc()
            problems.append(f"{lane.name} lane: {scenario.__name__}: {shown}")
            print(f"FAILED: {problems[-1]}\n--- the provider's log:\n{lane.provider.log.read_text()[-2000:]}", flush=True)
    return problems


def conserved(keeper):
    supply = keeper.get("/v1/ledger/supply")
    check(supply["minted"] == SUPPLY, "the supply changed:", supply)
    check(supply["accounts"] + supply["unclaimed"] + supply["escrowed"] == SUPPLY, "the supply is not conserved:", supply)
    check(supply["escrowed"] == 0, "money is still in escrow:", supply)
    keeper.ain("ledger", "verify")


def main():
    words = sys.argv[1:]
    rounds = int(words[1]) if words[:1] == ["--random"] else 0
    chosen = {lane: [random_kill] * rounds if rounds else [s for s in scenarios if not words or s.__name__ in words]
              for lane, scenarios in LANES.items()}
    with Stage("crash") as stage:
        wheel = make_wheel()
        stage.environment.update(PIP_INDEX_URL=start_index(wheel), PIP_CONFIG_FILE=os.devnull, NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")
        keepers = {"lab": stage.home("keeper"), "alone": stage.home("alone")}
        urls = {"lab": make_network(stage, keepers["lab"], "host,ledger"),
                "alone": make_network(stage, keepers["alone"], "provider,host,ledger", "--payer-wait", f"{PAYER_WAIT}s")}

        def lane(name):
            network = "alone" if name == "ledger" else "lab"
            made = Lane(stage, name, keepers[network], urls["lab"] if network == "lab" else None, hashlib.sha256(wheel).hexdigest())
            made.meet(urls[network])
            return play(made, chosen[name])

        with concurrent.futures.ThreadPoolExecutor(len(LANES)) as pool:
            problems = sum(pool.map(lane, [name for name in LANES if chosen[name]]), [])
        for keeper in keepers.values():
            conserved(keeper)
        check(not problems, f"{len(problems)} scenarios:", "\n".join([""] + problems))
        print(f"{sum(map(len, chosen.values()))} scenarios passed")


main()
