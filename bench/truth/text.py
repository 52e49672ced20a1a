"""Texts whose every character remembers who wrote it."""

import re

ATOM = re.compile(r"[A-Za-z0-9_]+|[^\sA-Za-z0-9_]")
RESYNC_ATOMS = 3    # so many equal atoms end a place that a formatter changed
RESYNC_REACH = 400  # and so far it is looked for


class Text:
    """Characters, the number of the commit that wrote each, and the operation that touched it last."""

    def __init__(self, chars, who, how):
        assert len(chars) == len(who) == len(how)
        self.chars, self.who, self.how = chars, who, how

    @classmethod
    def by(cls, chars, who, how):
        return cls(chars, [who] * len(chars), [how] * len(chars))

    def __len__(self):
        return len(self.chars)

    def __getitem__(self, part):
        return Text(self.chars[part], self.who[part], self.how[part])

    def __add__(self, other):
        return Text(self.chars + other.chars, self.who + other.who, self.how + other.how)

    def with_how(self, how):
        return Text(self.chars, self.who, [how] * len(self.how))

    def replaced(self, begin, end, other):
        return self[:begin] + other + self[end:]

    def lines(self):
        result, at = [], 0
        for line in self.chars.splitlines(keepends=True):
            result.append(self[at:at + len(line)])
            at += len(line)
        return result


def joined(texts):
    texts = list(texts)
    return Text("".join(text.chars for text in texts), [who for text in texts for who in text.who],
                [how for text in texts for how in text.how])


def plain(atom):
    """What a formatter may change in an atom without making another one of it."""
    return "'" if atom == '"' else atom.lower()


def restyled(old, chars, how):
    """`chars` is what a formatter made of `old`: every atom keeps its author, what was put between belongs to its neighbour's.
    None where they don't look like one program."""
    old_atoms = [(match.start(), plain(match.group())) for match in ATOM.finditer(old.chars)]
    new_atoms = [(match.start(), match.end(), plain(match.group())) for match in ATOM.finditer(chars)]
    who = [old.who[0] if old.who else 0] * len(chars)
    a = b = lost = 0
    while b < len(new_atoms):
        if a < len(old_atoms) and old_atoms[a][1] == new_atoms[b][2]:
            next_a, next_b = a + 1, b + 1
        else:
            skipped = resync(old_atoms, new_atoms, a, b)
            if skipped is None:
                return None
            next_a, next_b = a + skipped[0], b + skipped[1]
        one_to_one = next_a - a == next_b - b  # also where a number is spelled in another way
        for i in range(b, next_b):
            begin, end, atom = new_atoms[i]
            source = a + i - b if one_to_one else max(a - 1, 0)
            who[begin:end] = [old.who[old_atoms[source][0]]] * (end - begin)
            lost += not one_to_one and atom.isalnum()
        a, b = next_a, next_b
    return Text(chars, who, [how] * len(chars)) if lost * 200 <= len(new_atoms) else None


def resync(old_atoms, new_atoms, a, b):
    """How many atoms of both lie before the next place where both go on alike."""
    for far in range(1, RESYNC_REACH):
        for i in range(far + 1):
            left = [atom[1] for atom in old_atoms[a + i:a + i + RESYNC_ATOMS]]
            right = [atom[2] for atom in new_atoms[b + far - i:b + far - i + RESYNC_ATOMS]]
            if left == right:
                return i, far - i
    return None
