"""What a client makes of two sources' answers (04, 3.1 and 3.3)."""

from .admit import proven
from .answers import HANGING, ROOM

MOST = 8195


def bits_for(carried, charter_bits):
    return next((q for q in range(charter_bits) if (4400 * carried) >> q <= 14_000), charter_bits)


def middle(stated):
    return sorted(stated)[len(stated) // 2]


def hides(retraction, report):
    same = retraction.kind == "retraction" and retraction.lock == report.lock
    return same and (proven(retraction) or retraction.organisation == report.organisation)


class Answer:
    """What one source said of a bucket in all its parts: records as (record, size)."""

    def __init__(self, records, parts, left):
        self.records, self.parts, self.left = records, parts, left
        self.ids = {record.id for record, _ in records}

    def had_no_room(self, bucket, publisher):
        in_it = {one.id for one, _ in self.records if lies_in(one, bucket)}
        of = {}
        for one, size in self.records:
            if (one.id if one.kind == "report" else one.body.get("report")) in in_it and one.kind in ("report", *HANGING):
                of.setdefault(one.organisation, []).append(size + 3)
        most, own = MOST * self.parts, sum(of.get(publisher, ()))
        full = ROOM * self.parts - sum(map(sum, of.values())) < most
        return self.left > 0 and full and all(sum(sizes) - max(sizes) <= own + most for sizes in of.values())


def lies_in(record, bucket):
    return record.kind == "report" and any(row[0] == bucket for row in record.body["entries"])


def lacking(answers, bucket):
    """{who lacks: {who served: reports}}, of what lies in the bucket and want of room does not explain."""
    union = {one.id: one for answer in answers.values() for one, _ in answer.records}
    due = [one for one in union.values() if lies_in(one, bucket) and not any(hides(r, one) for r in union.values())]
    out = {}
    for name, answer in answers.items():
        for other, served in answers.items():
            for one in sorted(due, key=lambda one: one.id):
                if one.id not in answer.ids and one.id in served.ids and not answer.had_no_room(bucket, one.organisation):
                    out.setdefault(name, {}).setdefault(other, []).append(one)
    return out


def judge(lacks, settled, today):
    """[(what, who, by whom, ids)] of what stays, `settled` being what each said of the locks."""
    out = []
    for name, by in lacks.items():
        said = settled.get(name, [])
        for other, reports in by.items():
            left_out, taken_back, late = [], [], False
            for one in reports:
                stones = [r for r in said if hides(r, one)]
                if stones:
                    if all(r.issued < today - 1 for r in stones):
                        taken_back.append(one.id)
                elif one.issued < today - 1:
                    left_out.append(one.id)
                elif one.id not in {r.id for r in said}:
                    late = True
            out += [("left-out", name, other, left_out)] if left_out else []
            out += [("still-served", other, name, taken_back)] if taken_back else []
            out += [("not-yet", name, other, [])] if late else []
    return out
