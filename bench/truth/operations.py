"""What simulated developers do to texts. Each takes a World (for chance and donors) and returns new texts that know their authors."""

import pathlib
import re
import shutil
import subprocess

from .sources import WORDS, blocks_of
from .text import ATOM, Text, joined, restyled

KEYWORDS = set("""and as assert async await break case class const continue def default del do elif else enum except extern false final
finally float for fn from func function global if import in inline int is lambda let local long mut new nonlocal not None or package pass pub
public raise return short signed sizeof static struct switch template True try typedef typename union unsigned use using void while with
yield define ifdef ifndef endif include namespace then fi done""".split())
STYLES = ("LLVM", "Google", "WebKit", "Mozilla", "GNU")


def lines_of(text):
    return text.lines()


def with_lines(lines, begin, end, others):
    return joined(lines[:begin] + others + lines[end:])


def is_valid(path, chars):
    if not path.endswith(".py"):
        return True
    try:
        compile(chars, path, "exec")
    except (SyntaxError, ValueError):
        return False
    return True


class Editor:
    """One developer at one commit."""

    def __init__(self, rng, who, donors, made_up):
        self.rng, self.who, self.donors, self.made_up = rng, who, donors, made_up

    def new_name(self):
        return "_".join(self.rng.sample(WORDS, self.rng.choice((1, 2))))

    # Inside lines.

    def edit(self, path, text):
        """Other names, numbers and arguments in one line or a few neighbours."""
        lines = lines_of(text)
        usable = [i for i, line in enumerate(lines) if re.match(r"\s*[A-Za-z]", line.chars) and len(line) > 8]
        if not usable:
            return text
        at = self.rng.choice(usable)
        for i in range(at, min(at + self.rng.choice((1, 1, 1, 2, 3)), len(lines))):
            for _ in range(self.rng.choice((1, 1, 2))):
                lines[i] = self.edited_line(lines[i])
        return joined(lines)

    def edited_line(self, line):
        words = [match for match in ATOM.finditer(line.chars) if match.group()[0].isalnum() and match.group() not in KEYWORDS]
        if not words:
            return line
        match = self.rng.choice(words)
        old = match.group()
        if self.rng.random() < 0.15 and line.chars.rstrip().endswith(")") and not line.chars.rstrip().endswith("()"):
            at = line.chars.rindex(")")
            return line.replaced(at, at, Text.by(", " + self.new_name(), self.who, "edit"))
        new = str(self.rng.randrange(2, 999)) if old.isdigit() else self.rng.choice((self.new_name(), old + "_" + self.rng.choice(WORDS)))
        if new == old or (old[0].isdigit() and not old.isdigit()):
            return line
        return line.replaced(match.start(), match.end(), Text.by(new, self.who, "edit"))

    def rename_name(self, path, text):
        """One name, everywhere in the file."""
        names = sorted({match.group() for match in ATOM.finditer(text.chars)
                        if len(match.group()) > 3 and match.group()[0].isalpha() and match.group() not in KEYWORDS})
        if not names:
            return text
        old, new = self.rng.choice(names), self.new_name()
        if old == new or new in names:
            return text
        for match in reversed(list(re.finditer(rf"\b{re.escape(old)}\b", text.chars))):
            text = text.replaced(match.start(), match.end(), Text.by(new, self.who, "rename name"))
        return text

    # Whole lines.

    def places(self, path, text, definition):
        return [block for block in blocks_of(path, text.chars) if block[3] == definition]

    def insert(self, path, text):
        places = self.places(path, text, False)
        if not places:
            return text
        _, end, indent, _ = self.rng.choice(places)
        added = self.donated_lines(path, indent, self.rng.choice((1, 1, 2, 3, 5)))
        return with_lines(lines_of(text), end, end, [Text.by(added, self.who, "insert")])

    def donated_lines(self, path, indent, count):
        suffix = pathlib.PurePath(path).suffix
        if suffix not in self.donors:
            return "".join(self.made_up.statement(suffix) for _ in range(count))
        donor = self.rng.choice(self.donors[suffix])
        lines = donor.splitlines()
        usable = [block for block in blocks_of(path, donor) if not block[3] and block[1] - block[0] <= 3]
        if not usable:
            return ""
        first = self.rng.randrange(len(usable))
        out = ""
        for begin, end, was, _ in usable[first:first + count]:
            out += "".join(" " * indent + line[min(was, len(line) - len(line.lstrip())):] + "\n" for line in lines[begin:end])
        return out

    def delete(self, path, text):
        places = self.places(path, text, False)
        if not places:
            return text
        first = self.rng.randrange(len(places))
        begin, end, indent, _ = places[first]
        for other in places[first + 1:first + self.rng.choice((1, 2, 4))]:
            if other[2] == indent and other[0] <= end + 1:
                end = max(end, other[1])
        return with_lines(lines_of(text), begin, end, [])

    def rewrite(self, path, text):
        """Other statements in the place of some."""
        places = self.places(path, text, False)
        if not places:
            return text
        begin, end, indent, _ = self.rng.choice(places)
        added = self.donated_lines(path, indent, self.rng.choice((1, 2, 3, 5)))
        return with_lines(lines_of(text), begin, end, [Text.by(added, self.who, "rewrite")])

    # Definitions.

    def function(self, path, text):
        places = self.places(path, text, True)
        suffix = pathlib.PurePath(path).suffix
        if not places:
            return text
        _, end, indent, _ = self.rng.choice(places)
        if suffix in self.donors:
            donor = self.rng.choice(self.donors[suffix])
            usable = [block for block in blocks_of(path, donor) if block[3] and block[1] - block[0] < 60]
            if not usable:
                return text
            begin, stop, was, _ = self.rng.choice(usable)
            added = reindented("\n".join(donor.splitlines()[begin:stop]) + "\n", was, indent)
        else:
            added = self.made_up.function(suffix)
        return with_lines(lines_of(text), end, end, [Text.by("\n" + added, self.who, "function")])

    def delete_function(self, path, text):
        places = self.places(path, text, True)
        if len(places) < 3:
            return text
        begin, end, _, _ = self.rng.choice(places)
        return with_lines(lines_of(text), begin, end, [])

    def cut(self, path, text, how):
        """A definition or a few statements: (what is left, the block, its indent)."""
        places = self.places(path, text, True)
        if not places:
            return None
        begin, end, indent, _ = self.rng.choice(places)
        if end - begin > 120:
            return None
        lines = lines_of(text)
        return joined(lines[:begin] + lines[end:]), joined(lines[begin:end]).with_how(how), indent

    def paste(self, path, text, block, indent):
        places = self.places(path, text, True)
        if not places:
            return None
        _, end, to, _ = self.rng.choice([place for place in places if place[2] == indent] or places)
        blank = Text.by("\n", self.who, "move")
        return with_lines(lines_of(text), end, end, [blank, shifted(block, to - indent)])

    def move_within(self, path, text):
        cut = self.cut(path, text, "move")
        moved = cut and self.paste(path, cut[0], cut[1], cut[2])
        return moved or text

    def move_across(self, path, text, to_path, to_text):
        cut = self.cut(path, text, "move across")
        pasted = cut and self.paste(to_path, to_text, cut[1], cut[2])
        return (cut[0], pasted) if pasted else (text, to_text)

    def copy_block(self, path, text, to_path, to_text):
        cut = self.cut(path, text, "copy")
        return cut and self.paste(to_path, to_text, cut[1], cut[2]) or to_text

    # Whole files.

    def reindent(self, path, text):
        widen = self.rng.choice((lambda n: "\t" * (n // 4) + " " * (n % 4), lambda n: " " * (2 * n), lambda n: " " * (n // 2 if n % 2 == 0 else n)))
        lines = []
        for line in lines_of(text.with_how("reindent")):
            body = len(line.chars) - len(line.chars.lstrip(" "))
            lines.append(Text.by(widen(body), self.who, "reindent") + line[body:])
        return joined(lines)

    def reformat(self, path, text):
        command = formatter(path, self.rng.choice(STYLES), self.rng.choice((79, 100, 120)))
        if command is None:
            return text
        done = subprocess.run(command, input=text.chars.encode(), capture_output=True)
        if done.returncode != 0:
            return text
        return restyled(text, done.stdout.decode(), "reformat") or text


def formatter(path, style, width):
    if path.endswith(".py"):
        return [shutil.which("black"), "-q", "-l", str(width), "-"] if shutil.which("black") else None
    if path.endswith((".h", ".js", ".java")):
        name = shutil.which("clang-format")
        options = f"{{BasedOnStyle: {style}, ColumnLimit: {width}, SortIncludes: Never, SortJavaStaticImport: Before}}"
        return [name, f"--style={options}", f"--assume-filename={path}"] if name else None
    return None


def reindented(chars, was, now):
    return "".join(" " * now + line[was:] if line.strip() else line for line in chars.splitlines(keepends=True))


def shifted(block, by):
    if by == 0:
        return block
    lines = []
    for line in block.lines():
        blanks = len(line.chars) - len(line.chars.lstrip(" "))
        if by > 0 and line.chars.strip():
            line = Text.by(" " * by, line.who[0], line.how[0]) + line
        elif by < 0:
            line = line[min(-by, blanks):]
        lines.append(line)
    return joined(lines)
