import pathlib
import shutil
import subprocess

from stage import Stage, check, skip

SOURCES = pathlib.Path(__file__).resolve().parent.parent / "proofs"
ACCOUNTS = 12
DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"  # of base64


def build_verifier(folder):
    if not shutil.which("go"):
        skip("needs Go: apt-get install golang, 1.25 or newer")
    downloaded = subprocess.run(["go", "mod", "download"], cwd=SOURCES, capture_output=True, text=True)
    if downloaded.returncode != 0:
        skip("needs Go's modules, which cannot be fetched here, or a newer Go: " + downloaded.stderr.strip().splitlines()[-1])
    program = folder / "proofs-verifier"
    built = subprocess.run(["go", "build", "-mod=readonly", "-o", program, "."], cwd=SOURCES, capture_output=True, text=True)
    check(built.returncode == 0, "the verifier does not build:", built.stderr)
    return program


class Verifier:
    def __init__(self, program, network):
        self.words = [program, network["network"], network["sequencer"]]

    def says(self, file):
        """What it says that the file proves; nothing when it proves nothing."""
        done = subprocess.run([*self.words, file], capture_output=True, text=True)
        check(done.returncode in (0, 1), done.stderr)
        return done.stdout.strip() if done.returncode == 0 else None


def flipped(text, number):
    """With another digit at a place that moves through the whole file, and keeps its lines. It is the digit whose highest bit is the other
    one: Go takes base64 whose last digit differs in bits that stand for nothing."""
    places = [at for at, byte in enumerate(text) if byte in DIGITS]
    at = places[number % len(places)]
    return text[:at] + DIGITS[DIGITS.index(text[at]) ^ 32:][:1] + text[at + 1:]


def none_forged_holds(verifier, file):
    whole = file.read_bytes()
    forged = file.with_suffix(".forged")
    for number in range(0, len(whole), max(1, len(whole) // 60)):
        forged.write_bytes(flipped(whole, number))
        check(verifier.says(forged) is None, "a forged proof holds, place", number, "of", file)


def main():
    with Stage("proofs") as stage:
        program = build_verifier(stage.path)
        home = stage.home("keeper")
        home.ain("account", "create", "keeper")
        for number in range(ACCOUNTS):
            home.ain("account", "create", f"payee{number}")
            home.ain("ledger", "transfer", f"payee{number}", f"{number + 1}.5", "--yes")
        verifier = Verifier(program, home.ain("network", "show", "--json").json())
        entries = home.ain("ledger", "history", "--all", "--json").lines()
        check(len(entries) > ACCOUNTS, entries)
        for entry in entries:
            file = stage.path / "receipt"
            file.write_text(home.ain("ledger", "show", entry["txid"], "--proof").out)
            said = verifier.says(file)
            check(said == f"transaction {entry['txid']} is entry {entry['index']} of {len(entries)}", said, entry)
        none_forged_holds(verifier, stage.path / "receipt")
        for number in range(ACCOUNTS):
            file = stage.path / "balance"
            file.write_text(home.ain("ledger", "balance", f"payee{number}", "--proof").out)
            said = verifier.says(file)
            check(said and f'"available":{number + 1}500000,' in said and f"after {len(entries)} " in said, number, said)
            check("the proof holds" in home.ain("ledger", "verify", "--receipt", file).out, "our own verifier")
        none_forged_holds(verifier, stage.path / "balance")
        forged = home.ain("ledger", "verify", "--receipt", stage.path / "balance.forged", good=False)
        check(forged.code == 112, forged)


main()
