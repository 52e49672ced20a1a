import subprocess

from stage import Stage, check, eventually, join, make_network

ROYALTY = 100_000  # µAIN a run
UNPUBLISHED_LINES = 40_000  # what a push leaves to be published by hand


def program(name, functions):
    """Python in which no two functions are alike."""
    parts = [f"def {name}_{i}(values, weight_{i}):\n    total_{name} = {i}\n    for value in values:\n"
             f"        total_{name} += value * weight_{i} - {name}_base[{i}]\n    return total_{name} / len(values)\n" for i in range(functions)]
    return "\n\n".join(parts)


def make(home, folder, files, unsigned=None):
    """A repository of ain with these files committed and pushed; `unsigned`: by somebody without a key."""
    path = home.stage.path / folder
    home.ain("init", path)
    for key, value in (("name", home.name), ("email", f"{home.name}@example.org")):
        subprocess.run(["git", "config", f"user.{key}", value], cwd=path, check=True)
    (path / "ain.toml").write_text('[royalty]\nper_run = "0.1"\n')
    for name, text in files.items():
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_text(text)
    home.ain("add", ".", cwd=path)
    if unsigned:
        subprocess.run(["git", "-c", "commit.gpgsign=false", "commit", "-q", "-m", "Old", f"--author={unsigned}"], cwd=path, env=home.environment, check=True)
        (path / "readme.md").write_text("mine\n")
        home.ain("add", ".", cwd=path)
    home.ain("commit", "-m", "First", cwd=path)
    return path, push(home, path)


def repository_of(home, path):
    return home.ain("authors", "--json", cwd=path).json()["repository"]


def push(home, path):
    done = home.ain("push", cwd=path)
    check("not registered" not in done.err, done.err)
    return done.err


def paid(home, path):
    """What each author got of a run's royalty, in µAIN."""
    run = home.run(path, "--timeout", "1m", "--", "sleep", "0.3")
    settled = run.event("settled")
    check(run.wait() == 0, "the run of", path, run.err.read_text())
    authors = {each["account"]: each["amount"] for each in settled["paid"]["authors"]}
    total = sum(authors.values())
    check(total == ROYALTY, "the royalty is 0.1 AIN a run, and was", total)
    return authors


def shares(home, path):
    document = home.ain("authors", "--json", cwd=path).json()
    return {each.get("account") or each["email"]: each["share"] for each in document["authors"]}, document


def near(paid_by_account, expected):
    check(set(paid_by_account) == set(expected), "paid:", paid_by_account, "expected:", expected)
    for account, share in expected.items():
        check(abs(paid_by_account[account] - share * ROYALTY / sum(expected.values())) <= 1, account, "got", paid_by_account, "instead of", expected)


def almost_all(paid_by_account, account):
    """The terms in 'ain.toml' are the copier's own, and weigh a few tokens."""
    check(paid_by_account.get(account, 0) > 0.97 * ROYALTY, "paid:", paid_by_account)


def ready(home):
    eventually(lambda: home.ain("offers", "--json").lines(), 30, "an offer")


def copied_code_pays_whoever_was_first(ada, eve):
    make(ada, "loss", {"loss.py": program("loss", 12)})
    stolen = program("loss", 12).replace("    ", "\t")
    path, said = make(eve, "theft", {"lib/stolen.py": stolen, "own.py": program("own", 6)})
    check("published by what code copies are found" in said, said)
    expected, document = shares(eve, path)
    check(set(expected) == {ada.account(), eve.account()} and expected[ada.account()] > 600_000, expected)
    near(paid(eve, path), expected)
    explained = eve.ain("authors", "--json", "--explain", cwd=path).json()
    check([each["path"] for each in explained["credits"]] == ["lib/stolen.py"] and explained["credits"][0]["payee"] == ada.account(), explained["credits"])
    check(explained["digest"] == document["digest"], "two digests of one commit")
    # Everybody reckons it: a stranger's clone, a run by somebody else.
    clone = ada.stage.path / "clone"
    ada.ain("clone", "ain://" + repository_of(eve, path), clone)
    check(ada.ain("authors", "--json", cwd=clone).json()["digest"] == document["digest"], "a clone has another digest")
    near(paid(ada, clone), expected)
    # Registering the copy again, in a later commit and under another name, takes nothing from the author.
    (path / "lib" / "stolen.py").rename(path / "mine.py")
    eve.ain("add", "--all", cwd=path)
    eve.ain("commit", "-m", "Mine", cwd=path)
    push(eve, path)
    near(paid(eve, path), expected)


def what_is_published_late_was_first_all_the_same(ada, eve):
    """A push of much code leaves some of it unpublished: its copier is paid, until its author publishes it."""
    functions = UNPUBLISHED_LINES // 6 // 20
    files = {f"part_{i:02}.py": program(f"part{i}", functions) for i in range(20)}
    big, said = make(ada, "big", files)
    check("ain ledger publish" in said, said)
    # Of the leaves, in the order of their bytes, the last ones are left over.
    path, _ = make(eve, "late", {"taken.py": files["part_19.py"]})
    near(paid(eve, path), {eve.account(): ROYALTY})
    done = ada.ain("ledger", "publish", "--json", cwd=big).json()
    check(0 < done["published"] < done["leaves"], done)
    check(ada.ain("ledger", "publish", "--json", cwd=big).json()["published"] == 0, "published twice")
    almost_all(paid(eve, path), ada.account())
    # The author's word of before is no lie; a new one says the same as the run.
    push(eve, path)
    almost_all(paid(eve, path), ada.account())


def what_nobody_claimed_waits_where_it_was_first(ada, eve):
    library, _ = make(ada, "old", {"old.py": program("old", 8)}, unsigned="Old Hand <old@example.org>")
    path, _ = make(eve, "reuse", {"reused.py": program("old", 8)})
    authors = paid(eve, path)
    repository = repository_of(ada, library)
    waiting = [account for account in authors if account.startswith("unclaimed:") and account.endswith("@" + repository)]
    check(len(waiting) == 1, authors)
    almost_all(authors, waiting[0])
    held = eve.ain("ledger", "unclaimed", "--repo", repository, "--json").lines()
    check([each["amount"] for each in held] == [authors[waiting[0]]], held)


def bad_input_says_what_is_wrong(ada, eve):
    path = ada.stage.path / "loss"
    (path / "more.py").write_text(program("more", 2))
    ada.ain("add", ".", cwd=path)
    ada.ain("commit", "-m", "More", cwd=path)
    done = ada.ain("ledger", "publish", cwd=path, good=False)
    check(done.code == 104 and "no fingerprints of commit" in done.err and "ain push" in done.err, done)
    check(ada.ain("ledger", "publish", "HEAD~1", cwd=path).out.startswith("all of commit"), "an old commit")
    check(ada.ain("ledger", "publish", "none", cwd=path, good=False).code == 1, "a commit that is none")
    strange = eve.ain("ledger", "publish", cwd=eve.path, good=False)
    check(strange.code == 1 and "hint" in strange.err, strange)


def main():
    with Stage("copies") as stage:
        keeper, ada, eve = (stage.home(name) for name in ("keeper", "ada", "eve"))
        url = make_network(stage, keeper, "ledger,host,provider")
        for home in (ada, eve):
            join(home, url)
        ready(eve)
        for scene in (copied_code_pays_whoever_was_first, what_is_published_late_was_first_all_the_same,
                      what_nobody_claimed_waits_where_it_was_first, bad_input_says_what_is_wrong):
            scene(ada, eve)
        check(eve.ain("ledger", "verify").out.startswith("all is well"), "the ledger does not verify")
    print("passed: copies pay whoever was first")


main()
