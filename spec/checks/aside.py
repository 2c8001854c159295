"""A node that sets aside what it puts out of its own organisation (02, section 5)."""

from .admit import Node, proven
from .refusal import Refused


class Keeper(Node):
    def __init__(self, charter, organisation):
        super().__init__(charter, organisation)
        self.aside = {}

    def ours(self, record):
        return record.node is not None and record.organisation == self.organisation

    def set_aside(self, record, slot, room):
        there = [other for other, of in self.aside.values() if of == slot]
        dead = any(other.lock == record.lock and proven(other) for other in self.of_kind("retraction"))
        if len(there) < room and not (dead and record.kind != "retraction"):
            self.aside.setdefault(record.id, (record, slot))

    def begin(self, today):
        self.aside = {key: kept for key, kept in self.aside.items() if kept[0].expires >= today}
        before = {record.id: (record, self.slot(record)) for record in self.carried.values()}
        super().begin(today)
        self.after(before, None, today)

    def admit(self, record, today):
        before = {one.id: (one, self.slot(one)) for one in self.carried.values()}
        try:
            super().admit(record, today)
        except Refused as no:
            if self.ours(record) and no.rule in ("slot-taken", "revoked-key"):
                self.set_aside(record, self.slot(record), 1)
            raise
        if record.id not in before:
            self.after(before, record, today)

    def after(self, before, new, today):
        """What was put out is set aside; what may stand now is looked at again."""
        offers = set()
        if new:
            self.aside.pop(new.id, None)
            if proven(new):
                gone = [key for key, (one, _) in self.aside.items() if one.lock == new.lock and one.kind != "retraction"]
                for key in gone:
                    del self.aside[key]
            if new.kind == "affirmation" and new.organisation == self.organisation:
                offers.update(new.body["records"])
        for key, (old, slot) in before.items():
            if key not in self.carried and self.ours(old):
                if new is None or slot != self.slot(new):
                    offers.update(other for other, (_, of) in self.aside.items() if of == slot)
                if old.expires >= today:
                    self.set_aside(old, slot, 2)
        for key in sorted(offers & set(self.aside)):
            if key in self.aside:
                try:
                    self.admit(self.aside[key][0], today)
                except Refused as no:
                    if no.rule in ("retracted", "expired"):
                        self.aside.pop(key, None)
