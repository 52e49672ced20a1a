"""Histories by simulated developers: what they commit, as a stream for `git fast-import`, and who wrote what is there at the end."""

import collections
import pathlib
import subprocess

from .operations import Editor, is_valid
from .text import joined

DEVELOPERS = 12
SMALL = (("edit", 40), ("insert", 18), ("delete", 10), ("rewrite", 12), ("function", 12), ("rename_name", 4), ("delete_function", 2))
LARGE = (("small", 58), ("move_within", 6), ("move_across", 6), ("rename", 3), ("rename_edited", 3), ("reindent", 3), ("reformat", 5),
         ("revert", 4), ("copy_file", 1), ("copy_block", 2), ("merge_files", 3), ("merge_parts", 5), ("octopus", 3))

Commit = collections.namedtuple("Commit", "author operation parents files")  # files: path -> Text


def pick(rng, weights):
    return rng.choices([name for name, _ in weights], [weight for _, weight in weights])[0]


class History:
    def __init__(self, rng, files, donors, made_up):
        self.rng, self.donors, self.made_up = rng, donors, made_up
        self.commits = []
        self.next_name = 0
        self.first_files(files)

    def first_files(self, files):
        """Some people bring some files each."""
        paths, have = sorted(files), {}
        step = max(1, len(paths) // 4)
        for at in range(0, len(paths), step):
            editor = self.editor()
            for path in paths[at:at + step]:
                have[path] = files[path](editor.who)
            self.commit("first", dict(have), [len(self.commits) - 1] if self.commits else [])

    def editor(self):
        return Editor(self.rng, len(self.commits), self.donors, self.made_up)

    def commit(self, operation, files, parents):
        author = self.rng.randrange(DEVELOPERS)
        self.commits.append(Commit(author, operation, parents, files))
        return len(self.commits) - 1

    @property
    def tip(self):
        return len(self.commits) - 1

    def run(self, count):
        while len(self.commits) < count:
            getattr(self, "do_" + pick(self.rng, LARGE))(dict(self.commits[self.tip].files))

    # One commit each, on the tip; `files` is a copy of what is there.

    def change(self, files, path, operation, editor=None):
        """Applies an operation to a file; False when it came to nothing, or would break it."""
        editor = editor or self.editor()
        text = getattr(editor, operation)(path, files[path])
        if text.chars == files[path].chars or (is_valid(path, files[path].chars) and not is_valid(path, text.chars)):
            return False
        files[path] = text
        return True

    def small_changes(self, files, paths, editor=None):
        for path in paths:
            for _ in range(self.rng.choice((1, 1, 2, 3, 5))):
                self.change(files, path, pick(self.rng, SMALL), editor)

    def some(self, files, count):
        return self.rng.sample(sorted(files), min(count, len(files)))

    def do_small(self, files):
        self.small_changes(files, self.some(files, self.rng.choice((1, 1, 2, 3))))
        self.commit("small", files, [self.tip])

    def whole(self, files, operation):
        if self.change(files, self.some(files, 1)[0], operation):
            self.commit(operation, files, [self.tip])

    def do_move_within(self, files):
        path = self.some(files, 1)[0]
        if self.change(files, path, "move_within"):
            if self.rng.random() < 0.4:
                self.small_changes(files, [path])
            self.commit("move within", files, [self.tip])

    def pair(self, files, operation, name):
        path = self.some(files, 1)[0]
        others = [other for other in sorted(files) if other != path and pathlib.PurePath(other).suffix == pathlib.PurePath(path).suffix]
        if not others:
            return
        other = self.rng.choice(others)
        result = getattr(self.editor(), operation)(path, files[path], other, files[other])
        changed = result if isinstance(result, tuple) else (files[path], result)
        if changed[1].chars == files[other].chars or not all(is_valid(path, text.chars) for text in changed):
            return
        files[path], files[other] = changed
        self.commit(name, files, [self.tip])

    def do_move_across(self, files):
        self.pair(files, "move_across", "move across")

    def do_copy_block(self, files):
        self.pair(files, "copy_block", "copy block")

    def new_path(self, path):
        self.next_name += 1
        old = pathlib.PurePath(path)
        folder = self.rng.choice(("core", "lib", "tools", str(old.parent)))
        name = old.name if self.rng.random() < 0.4 else f"{self.rng.choice(('main', 'base', 'impl'))}{self.next_name}{old.suffix}"
        return f"{folder}/{name}"

    def renamed(self, files):
        path = self.some(files, 1)[0]
        to = self.new_path(path)
        if to in files:
            return None
        files[to] = files.pop(path).with_how("rename")
        return to

    def do_rename(self, files):
        if self.renamed(files):
            self.commit("rename", files, [self.tip])

    def do_rename_edited(self, files):
        if to := self.renamed(files):
            self.small_changes(files, [to])
            self.commit("rename edited", files, [self.tip])

    def do_copy_file(self, files):
        path = self.some(files, 1)[0]
        to = self.new_path(path)
        if to not in files:
            files[to] = files[path].with_how("copy")
            self.commit("copy file", files, [self.tip])

    def do_reindent(self, files):
        self.whole(files, "reindent")

    def do_reformat(self, files):
        self.whole(files, "reformat")

    def do_revert(self, files):
        """The last commit but one or two is undone, where nothing came after it in those files."""
        back = self.rng.choice((1, 1, 1, 2))
        undone = self.tip - back + 1
        if undone < 1 or any(len(self.commits[i].parents) != 1 for i in range(undone, self.tip + 1)):
            return
        before, after = self.commits[undone - 1].files, self.commits[undone].files
        touched = [path for path in set(before) | set(after) if before.get(path) is not after.get(path)]
        if any(files.get(path) is not after.get(path) for path in touched):
            return
        for path in touched:
            if path not in before:
                del files[path]
            else:
                files[path] = reverted(before[path], after.get(path))
        self.commit("revert", files, [self.tip])

    # Branches.

    def branch(self, base, change):
        """One to three commits on `base`; `change(files)` makes each. Returns the last."""
        at = base
        for _ in range(self.rng.choice((1, 2, 3))):
            files = dict(self.commits[at].files)
            change(files)
            at = self.commit("small", files, [at])
        return at

    def do_merge_files(self, files):
        """Two sides that changed different files."""
        base, paths = self.tip, self.some(files, 4)
        mine = self.branch(base, lambda files: self.small_changes(files, paths[:2]))
        other = self.branch(base, lambda files: self.small_changes(files, paths[2:]))
        merged = dict(self.commits[mine].files)
        merged.update({path: self.commits[other].files[path] for path in paths[2:]})
        self.commit("merge files", merged, [mine, other])

    def do_merge_parts(self, files):
        self.merge_parts(files, 2)

    def do_octopus(self, files):
        self.merge_parts(files, self.rng.choice((3, 4)))

    def merge_parts(self, files, sides):
        """Each side changes a part of its own of the same file; of the part that all change, the last side's is taken."""
        base = self.tip
        path = self.some(files, 1)[0]
        parts = split_parts(files[path], sides + 1)
        if parts is None:
            return
        tips, versions = [], []
        for side in range(sides):
            mine = list(parts)

            def change(files, mine=mine, side=side):
                for part in (side, sides) if sides == 2 else (side,):
                    few = {path: mine[part]}
                    self.small_changes(few, [path])
                    mine[part] = few[path]
                files[path] = joined(mine)

            tips.append(self.branch(base, change))
            versions.append(mine)
        merged = dict(self.commits[tips[0]].files)
        name = "merge parts" if sides == 2 else "octopus"
        merged[path] = joined([versions[side][side] for side in range(sides)] + [versions[-1][sides]]).with_how(name)
        self.commit(name, merged, tips)

    # For git.

    def stream(self):
        out = bytearray()
        for number, commit in enumerate(self.commits):
            who = f"Developer {commit.author} <{email(commit.author)}> {1_700_000_000 + number * 600} +0000"
            message = commit.operation.encode()
            out += f"commit refs/heads/main\nmark :{number + 1}\ncommitter {who}\ndata {len(message)}\n".encode() + message + b"\n"
            for i, parent in enumerate(commit.parents):
                out += f"{'merge' if i else 'from'} :{parent + 1}\n".encode()
            out += b"deleteall\n"
            for path, text in sorted(commit.files.items()):
                data = text.chars.encode()
                out += f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n"
        return bytes(out)

    def write(self, folder):
        """Makes the repository; returns the commits' numbers by id."""
        subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True)
        subprocess.run(["git", "fast-import", "--quiet", "--export-marks=.git/marks"], cwd=folder, input=self.stream(), check=True)
        marks = (line.split() for line in (folder / ".git/marks").read_text().splitlines())
        return {oid: int(mark[1:]) - 1 for mark, oid in marks}


def email(author):
    return f"dev{author}@example.org"


def reverted(before, after):
    """The older version; what is back again is known by it."""
    have = collections.Counter(line.chars for line in after.lines()) if after else collections.Counter()
    lines = before.lines()
    for i, line in enumerate(lines):
        if have[line.chars] > 0:
            have[line.chars] -= 1
        else:
            lines[i] = line.with_how("revert")
    return joined(lines)


def split_parts(text, count):
    """Cuts a file at lines that begin a definition."""
    lines = text.lines()
    starts = [i for i, line in enumerate(lines) if i > 0 and line.chars[:1].isalpha() and not lines[i - 1].chars.strip()]
    if len(starts) < count * 2:
        return None
    cuts = [0] + [starts[len(starts) * part // count] for part in range(1, count)] + [len(lines)]
    parts = [joined(lines[begin:end]) for begin, end in zip(cuts, cuts[1:])]
    return parts if all(parts) else None
