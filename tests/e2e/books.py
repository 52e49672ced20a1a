import collections
import csv
import decimal
import re
import shutil
import subprocess
import sys

from stage import Stage, check, end_local_node

TOOLS = ("ledger", "hledger", "bean-check")


def output(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    check(done.returncode == 0, command, done.stdout, done.stderr)
    return done.stdout


def amount(text):
    """The one number of what a program says an account holds; nothing is nothing."""
    found = re.findall(r"-?\d+(?:\.\d+)?", text)
    check(len(found) <= 1, "not one amount:", text)
    return decimal.Decimal(found[0]) if found else decimal.Decimal(0)


def spend(home, folder):
    """A refund, a payment, an account that only receives, and money that waits for an author."""
    run = home.ain("run", "--", "sleep", "1", cwd=folder)
    check("unclaimed" in run.err or "author" in run.err, "no author was paid:", run)
    home.ain("account", "create", "bob")
    home.ain("ledger", "transfer", "bob", "12.5", "--yes")


def books_are_taken(home, books):
    output("hledger", "-f", books["hledger"], "check", "--strict")
    output("bean-check", books["beancount"])
    accounts = [account["account"] for account in home.ain("account", "list", "--json").lines()]
    check(len(accounts) == 2, accounts)
    for account in accounts:
        ours = decimal.Decimal(home.ain("ledger", "balance", account, "--json").json()["available"]).scaleb(-6)
        name = f"^Assets:Account:A{account[1:]}$"
        for theirs in (output("ledger", "-f", books["ledger"], "balance", name, "--format", "%(display_total)\n"),
                       output("hledger", "-f", books["hledger"], "balance", "-N", "--format", "%(total)", name)):
            check(amount(theirs) == ours, account, "holds", ours, "and not", theirs)


def movements_sum_to_nothing(file):
    sums = collections.Counter()
    with open(file) as table:
        for row in csv.DictReader(table):
            sums[row["txid"]] += int(row["delta_micro"])
    check(len(sums) > 6 and not any(sums.values()), sums)


def receipt_holds(home, stage, txid):
    file = stage.path / "receipt"
    file.write_text(home.ain("ledger", "show", txid, "--proof").out)
    end_local_node(home.path / "run" / "local.sock")
    check("the receipt holds" in home.ain("ledger", "verify", "--receipt", file).out, "the receipt does not hold")
    file.write_text(re.sub(r"(?m)^index \d+$", "index 0", file.read_text()))
    forged = home.ain("ledger", "verify", "--receipt", file, good=False)
    check(forged.code == 112, "a forged receipt:", forged)
    check(home.ain("ledger", "verify", "--receipt", stage.path / "none", good=False).code == 1, "a receipt that is not there")


def main():
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        print(f"needs {' and '.join(missing)}: scripts/install-packages")
        sys.exit(77)
    with Stage("books") as stage:
        home = stage.home("keeper")
        spend(home, stage.repository(home, "work", {"one.py": "print(1)\n"}))
        books = {}
        for form in ("ledger", "hledger", "beancount", "csv"):
            books[form] = str(stage.path / f"books.{form}")
            (stage.path / f"books.{form}").write_text(home.ain("ledger", "export", "--format", form).out)
        books_are_taken(home, books)
        movements_sum_to_nothing(books["csv"])
        receipt_holds(home, stage, home.ain("ledger", "export", "--json").lines()[-1]["txid"])


main()
