import contextlib
import hashlib
import json
import shutil
import signal
import sqlite3
import subprocess

from stage import AIN, Failure, Stage, Unix, check, eventually, free_port, join, make_network

BOUND = 30  # seconds for anything to happen, on a busy machine


def page(home, path, method="GET", body=None):
    """Status and text of a page of this home's own node."""
    connection = Unix(str(home.path / "run" / "lab.sock"))
    with contextlib.closing(connection):
        connection.request(method, path, body.encode() if body else None)
        response = connection.getresponse()
        return response.status, response.read().decode()


def transfers(keeper, count):
    """The ids of so many transactions, each a block of its own."""
    return [keeper.ain("ledger", "transfer", "payee", "0.5", "--yes", "--json", "--account", "keeper").json()["txid"] for _ in range(count)]


def end(home):
    home.node.terminate()
    home.node.wait(BOUND)


def put(source, folder):
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder)
    return folder


def size_of(home):
    return home.get("/v1/node").get("follows", {}).get("size")


def follows(stage, name, url):
    """A home that has joined the network and follows its ledger."""
    home = stage.home(name)
    join(home, url)
    home.serve("--roles", "ledger", "--follow", url, "--listen", f"127.0.0.1:{free_port()}")
    return home


def alarm_of(home):
    try:
        return eventually(lambda: home.get("/v1/node").get("alarm"), BOUND, f"the alarm of {home.name}")
    except Failure as late:
        raise Failure(f"{late}: {home.get('/v1/node')} {home.log.read_text()}") from None


def check_alarm(home, index, txid, words):
    alarm = alarm_of(home)
    named = alarm["index"] == index and alarm["txid"] == txid and f"transaction {index} ({txid})" in alarm["message"]
    check(named and words in alarm["message"],
          f"the alarm should name transaction {index} ({txid}): '{words}', and is", alarm)
    status, text = page(home, "/healthz")
    check(status == 503 and txid in text, "healthz:", status, text)
    check(f"alarm: {alarm['message']}" in home.log.read_text(), "the alarm is not in the log:", home.log.read_text())
    check(txid in home.ain("node", "status").out, "'ain node status' does not tell the alarm")
    verified = home.ain("ledger", "verify", good=False)
    check(verified.code == 111 and txid in verified.out, "'ain ledger verify' does not tell the alarm:", verified)
    check(home.ain("node", "status", "--json").json()["alarm"] == alarm, "'ain node status --json' does not tell the alarm")


def ledger_of(home):
    return home.path / "data" / "node" / "lab" / "ledger"


def forget_served(keeper):
    """What its node goes by to refuse a store that is not the one that it has served."""
    shutil.rmtree(keeper.path / "state" / "served", ignore_errors=True)


def tamper(keeper, statement, *values):
    """Changes the keeper's store, whose node does not run."""
    forget_served(keeper)
    with contextlib.closing(sqlite3.connect(ledger_of(keeper) / "ledger.db")) as store:
        check(store.execute(statement, values).rowcount == 1, statement)
        store.commit()


def follows_and_serves(stage, keeper, url):
    follower = follows(stage, "follower", url)
    eventually(lambda: size_of(follower) == keeper.size, BOUND, "the follower has all transactions")
    # It serves reads of its own, with the keeper's signature, also to who joins through it.
    check(follower.get("/v1/ledger/supply") == keeper.get("/v1/ledger/supply"), "the supply differs")
    signed = page(keeper, "/checkpoint")[1]
    eventually(lambda: page(follower, "/checkpoint")[1].startswith(signed), BOUND, "the follower's checkpoint is the keeper's")
    reader = stage.home("reader")
    through = next(line.split()[1] for line in follower.log.read_text().splitlines() if line.startswith("join: "))
    reader.ain("network", "join", through)
    check("all is well" in reader.ain("ledger", "verify").out, "the ledger does not hold through the follower")
    status, text = page(follower, "/v1/ledger/transactions", "POST", '{"envelope":"x"}')
    check(status == 403 and url.split("?")[0] in text, "a transaction sent to a follower:", status, text)
    # It grows along, goes on after a kill, and waits for a keeper that is away.
    keeper.size += len(transfers(keeper, 2))
    eventually(lambda: size_of(follower) == keeper.size, BOUND, "the follower has the new transactions")
    follower.kill_node()
    end(keeper)
    follower.serve()
    trouble = lambda: follower.get("/v1/node")["follows"].get("trouble", "")
    eventually(lambda: "cannot reach" in trouble(), BOUND, "the follower notices that nobody answers")
    check(page(follower, "/healthz")[0] == 200 and size_of(follower) == keeper.size, "a keeper that is away is no alarm")
    keeper.serve()
    keeper.last = transfers(keeper, 2)[-1]
    keeper.size += 2
    eventually(lambda: size_of(follower) == keeper.size, BOUND, "the follower goes on")
    check("all is well" in follower.ain("ledger", "verify").out, "the follower's own store does not hold")
    return follower


def refuses_what_makes_no_sense(keeper, follower, url):
    end(follower)
    own = next(line.split()[1] for line in follower.log.read_text().splitlines() if line.startswith("join: "))
    other = url.replace("network=lab-", "network=lab-0")
    for home, arguments, words in ((follower, ("--follow", own), "would follow itself"), (follower, ("--follow", other), "is in use"),
                                   (follower, ("--roles", "ledger"), "is kept by the node"), (follower, ("--follow", url, "--roles", "host"), "role"),
                                   (follower, ("--follow", "x"), "is not a join URL")):
        refused = home.ain("serve", *arguments, good=False)
        check(refused.code == 2 and words in refused.err and "hint: " in refused.err, arguments, refused)
    end(keeper)
    refused = keeper.ain("serve", "--follow", url, good=False)
    check(refused.code == 2 and "keeps the ledger" in refused.err, refused)
    keeper.serve()
    follower.serve()


def cosigns(keeper, follower):
    """The keeper publishes what the follower, which it was told of, has cosigned."""
    check("not published" in follower.log.read_text(), "the keeper takes cosignatures of strangers:", follower.log.read_text())
    none = keeper.ain("ledger", "checkpoint", "--cosigned", good=False)
    check(none.code == 1 and "no witness" in none.err, "a cosigned checkpoint from nowhere:", none)
    witness = follower.get("/v1/node")["id"]
    end(keeper)
    keeper.serve(*keeper.serve_arguments, "--witness", witness)
    keeper.last = transfers(keeper, 1)[0]
    keeper.size += 1

    def published():
        done = keeper.ain("ledger", "checkpoint", "--json").json()
        return [word["witness"] for word in done["cosignatures"]] == [witness] and done["size"] == keeper.size
    eventually(published, BOUND, "the cosignature is published")
    shown = keeper.ain("ledger", "checkpoint", "--cosigned")
    check(f"\u2014 {witness} " in shown.out and f"cosigned by {witness}" in shown.err, "the cosignature is not shown:", shown)
    # As any log may ask any witness (C2SP tlog-witness).
    text = keeper.ain("ledger", "checkpoint").out
    status, answer = page(follower, "/add-checkpoint", "POST", f"old {keeper.size}\n\n{text}")
    check(status == 200 and answer.startswith(f"\u2014 {witness} "), "add-checkpoint:", status, answer)
    check(page(follower, "/add-checkpoint", "POST", f"old 0\n\n{text}") == (409, f"{keeper.size}\n"), "add-checkpoint from another size")


def history_goes_on(stage, keeper, follower):
    """`ain ledger history --follow` tells what comes."""
    lines = follower.stage.path / "history"
    with lines.open("w") as out:
        watching = subprocess.Popen([AIN, "ledger", "history", "--all", "--follow", "--json"], cwd=keeper.path, env=keeper.environment,
                                    stdin=subprocess.DEVNULL, stdout=out)
    stage.processes.append(watching)

    def told():
        return [json.loads(line)["txid"] for line in lines.read_text().splitlines()]
    eventually(lambda: len(told()) == keeper.size, BOUND, "the history so far")
    keeper.last = transfers(keeper, 2)[-1]
    keeper.size += 2
    eventually(lambda: len(told()) == keeper.size and told()[-1] == keeper.last, BOUND, "the history of what came")
    watching.send_signal(signal.SIGINT)
    check(watching.wait(BOUND) != 0, "Ctrl-C does not end it")
    eventually(lambda: size_of(follower) == keeper.size, BOUND, "the follower has what came")


def finds_what_was_tampered(stage, keeper, follower):
    end(follower)
    at_follower = put(follower.path / "data", stage.path / "at-follower")
    new = transfers(keeper, 5)
    end(keeper)
    good = put(ledger_of(keeper), stage.path / "good")
    index = keeper.size + 2
    with contextlib.closing(sqlite3.connect(good / "ledger.db")) as store:
        envelope = store.execute("SELECT envelope FROM tx WHERE idx = ?", (index,)).fetchone()[0]
    place = len(envelope) // 2
    flipped = envelope[:place] + chr(ord(envelope[place]) ^ 1) + envelope[place + 1:]
    # What is changed, and the transaction that the alarm names. One bit of an envelope gives it another id.
    for statement, values, named, txid, words in (
            ("UPDATE tx SET envelope = ? WHERE idx = ?", (flipped, index), index, hashlib.sha256(flipped.encode()).hexdigest(), ""),
            ("UPDATE tx SET writes = ? WHERE idx = ?", (bytes(32), index), index, new[2], "what came of it"),
            ("UPDATE block SET root = ? WHERE size = ?", (bytes(32), index + 1), index, new[2], "state root")):
        put(good, ledger_of(keeper))
        put(at_follower, follower.path / "data")
        tamper(keeper, statement, *values)
        keeper.serve()
        follower.serve()
        check_alarm(follower, named, txid, words)
        # Blocks before it are kept and served, and a restart says the same again.
        check(page(follower, f"/v1/ledger/transactions/{keeper.last}")[0] == 200, "the follower does not serve what it has verified")
        check(page(follower, f"/v1/ledger/transactions/{new[2]}")[0] == 404, "the follower serves what it has not verified")
        follower.kill_node()
        follower.serve()
        check_alarm(follower, named, txid, words)
        end(follower)
        end(keeper)
    put(good, ledger_of(keeper))
    put(at_follower, follower.path / "data")
    forget_served(keeper)
    keeper.serve()
    follower.serve()
    keeper.size += 5
    eventually(lambda: size_of(follower) == keeper.size, BOUND, "the follower follows what was not tampered with")


def finds_a_fork(stage, keeper, follower):
    """The keeper goes back to an older copy of its store, and on from there."""
    end(keeper)
    old = put(ledger_of(keeper), stage.path / "old")
    keeper.serve()
    lost = transfers(keeper, 3)[0]
    eventually(lambda: size_of(follower) == keeper.size + 3, BOUND, "the follower has them")
    end(follower)
    end(keeper)
    put(old, ledger_of(keeper))
    refused = keeper.ain("serve", "--roles", "ledger", good=False)
    check(refused.code == 111 and "was lost, or put back" in refused.err, "the keeper serves an older ledger as if nothing were:", refused)
    forget_served(keeper)
    at_follower = put(follower.path / "data", stage.path / "at-follower-later")
    keeper.serve()
    follower.serve()
    check_alarm(follower, keeper.size, lost, "ends before it")
    end(follower)
    put(at_follower, follower.path / "data")
    transfers(keeper, 4)
    follower.serve()
    check_alarm(follower, keeper.size, lost, "tells another one")


def main():
    with Stage("follower") as stage:
        keeper = stage.home("keeper")
        url = make_network(stage, keeper, "ledger")
        keeper.ain("ledger", "faucet")
        keeper.ain("account", "create", "payee")
        keeper.size = 1 + len(transfers(keeper, 3))
        follower = follows_and_serves(stage, keeper, url)
        cosigns(keeper, follower)
        refuses_what_makes_no_sense(keeper, follower, url)
        history_goes_on(stage, keeper, follower)
        finds_what_was_tampered(stage, keeper, follower)
        finds_a_fork(stage, keeper, follower)


main()
