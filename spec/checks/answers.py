"""What a node answers: sealed questions (06, section 5) and the directory (07)."""

from .admit import proven
from .records import parse
from .refusal import Refused
from .trust import taken_back

ROOM, AROUND = 30_640, 3
HANGING = ("second", "dispute", "translation")


class Filling:
    """One part of a reply."""

    def __init__(self):
        self.used, self.of, self.records = 0, {}, []

    def step(self, queues, look):
        """Fills from each publisher's queue what fits; gives what went in. `look` gives nothing of what is not shown."""
        taken, done = [], set()
        while open_ := [by for by, queue in queues.items() if queue and by not in done]:
            by = min(open_, key=lambda by: (self.of.get(by, 0), by))
            data = look(queues[by][0])
            size = len(data) + AROUND if data else 0
            if self.used + size > ROOM:
                done.add(by)
                continue
            one = queues[by].pop(0)
            if data:
                self.used += size
                self.of[by] = self.of.get(by, 0) + size
                self.records.append(data)
                taken.append(one)
        return taken


class Answering:
    """A node that answers; `stored` are (record, bytes) in the order in which it came to carry them."""

    def __init__(self, node, stored, today):
        self.node, self.today = node, today
        self.data = {record.id: data for record, data in stored if record.id in node.carried}
        self.records = [record for record, _ in stored if record.id in node.carried]

    def shared(self, record):
        return record.id not in self.node.at_home

    def hidden(self, report):
        stones = (one for one in self.records if one.kind == "retraction" and one.lock == report.lock)
        return any(proven(one) or one.organisation == report.organisation for one in stones)

    def shown(self, report):
        good = report.kind == "report" and report.body["audience"] == 0 and report.expires >= self.today
        return self.data[report.id] if good and not self.hidden(report) else None

    def attached(self, report):
        for kind in HANGING:
            counts = {}
            for one in self.records:
                if one.kind == kind and one.lock == report.lock:
                    counts[one.organisation] = counts.get(one.organisation, 0) + 1
                    about = one.body["report"] == report.id and one.expires >= self.today
                    if counts[one.organisation] <= 4 and about and self.shared(one):
                        yield one

    def in_turns(self, bits, value):
        """{publisher: reports of a bucket}."""
        whole = self.node.charter["bucket bits"]
        counts, rows = {}, {}
        for report in reversed(self.records):
            if report.kind == "report" and report.body["audience"] == 0:
                for bucket in {row[0] for row in report.body["entries"]}:
                    if bucket >> (whole - bits) == value:
                        turn = counts.setdefault((report.organisation, bucket), [])
                        turn.append(report)
                        rows.setdefault(report.organisation, []).append((len(turn), bucket, report))
        return {
            by: list(dict.fromkeys(report for _, _, report in sorted(row, key=lambda row: row[:2])))
            for by, row in rows.items()
        }

    def asked(self, question):
        """(retractions, reports), by publisher."""
        retractions, reports = {}, {}
        if question[0] == 1 and question[1] > self.node.charter["bucket bits"]:
            raise Refused("malformed", "there is no such bucket")
        if question[0] == 1:
            reports = self.in_turns(question[1], question[2])
        for short in question[1] if question[0] == 2 else ():
            for one in self.records:
                if one.id[:8] == short:
                    reports.setdefault(one.organisation, []).append(one)
        for lock in question[1] if question[0] == 3 else ():
            of_lock = [one for one in self.records if one.lock == lock]
            for one in sorted(of_lock, key=lambda one: not proven(one)):
                if one.kind == "retraction" and self.shared(one):
                    retractions.setdefault(one.organisation, []).append(one)
            for one in of_lock:
                if one.kind == "report":
                    reports.setdefault(one.organisation, []).append(one)
        return retractions, reports

    def parts(self, question):
        """(records, left) of each part."""
        retractions, reports = self.asked(question)
        hanging = {}
        while True:
            filling = Filling()
            filling.step(retractions, lambda one: self.data[one.id])
            for report in filling.step(reports, self.shown):
                for one in self.attached(report):
                    hanging.setdefault(one.organisation, []).append(one)
            filling.step(hanging, lambda one: self.data[one.id])
            left = sum(len(queue) for queues in (retractions, reports, hanging) for queue in queues.values())
            yield filling.records, left


def order(records, certified, today, signers=()):
    """One organisation's records in the order of what matters, as groups that go together."""
    of = {kind: [one for one in records if one.kind == kind] for kind in ("delegation", "revocation", "affirmation", "vouch")}
    delegated = {one.body["record key"] for one in of["delegation"]}
    revoked = {}
    for one in sorted(of["revocation"], key=lambda one: (-one.expires, one.id)):
        if one.body.get("key") in delegated:
            revoked.setdefault(one.body["key"], one)
    vouches = {one.id for one in of["vouch"]}
    withdrawing = [one for one in of["revocation"] if vouches & {*one.body.get("vouches", ())}]
    withdrawn = {vouch for one in withdrawing for vouch in one.body["vouches"]}
    standing = [one for one in of["affirmation"] if withdrawn & {*one.body["records"]}]

    def first(one):
        until = one.body["until"]
        return not one.issued <= certified <= until, -until, one.id

    def stays(one):
        key = one.body["record key"]
        return key not in revoked or (key in signers and one.issued <= certified <= one.body["until"])

    delegations = sorted(of["delegation"], key=first)
    gone = [one for one in of["vouch"] if taken_back(one, records, today)]
    numbers = {}
    for one in sorted(of["vouch"], key=lambda one: (-one.expires, one.id)):
        if one not in gone:
            numbers.setdefault(one.body["number"], []).append(one)
    newest = sorted(of["affirmation"], key=lambda one: (-one.issued, one.id))
    yield from ([one] for one in revoked.values())
    yield from ([one] for one in delegations if stays(one))
    yield from ([one] for one in sorted(withdrawing, key=lambda one: (-one.expires, one.id)))
    yield from ([one] for one in newest if one in standing)
    yield from (numbers[number][:2] for number in sorted(numbers))
    if revoked and newest:
        yield from ([one] for one in delegations if not stays(one))
        yield from ([one] for one in newest if one not in standing)
    yield from ([one] for one in sorted(gone, key=lambda one: (-one.expires, one.id)))


def directory(charter, stored, certified, today, room, signers=()):
    """The records of a directory, in their order."""
    sizes = {parse(data).id: len(data) + 5 for data in stored}
    records = [one for one in map(parse, stored) if one.node is None and one.expires >= today]
    waiting = {
        root: list(order([one for one in records if one.organisation == root], certified, today, signers)) for root in charter.organisations
    }
    taken = {root: [] for root in waiting}
    while True:
        begun, open_ = room, [root for root in waiting if waiting[root]]
        share = room // len(open_) if open_ else 0
        for root in open_:
            used = 0
            while waiting[root]:
                size = sum(sizes[one.id] for one in waiting[root][0])
                if used + size > share:
                    break
                used += size
                taken[root] += waiting[root].pop(0)
            room -= used
        if room == begun:
            return [one.id for root in taken for one in taken[root]]
