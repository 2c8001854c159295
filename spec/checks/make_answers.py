"""Writes the vectors of what nodes answer and what clients make of it; called by make.py. What comes of each is written by
hand, so that it is not that of whatever is run here."""

from . import cbor, seal, voprf
from .make import CHARTER, FEDERATION, NODES, ROOTS, START, TODAY, Key, affirmation, cosigned, delegation, grant, identity
from .make import record, report, retraction, revocation, second, seed, shown, vouch, withdrawal
from .wire import SUITE

HERE = {"charter": CHARTER.hex(), "start": [one.hex() for one in START], "today": TODAY}


class Shelf:
    """Numbered records, each once in a file."""

    def __init__(self):
        self.numbers = {}

    def of(self, *records):
        return [self.numbers.setdefault(one, len(self.numbers)) for one in records]

    def shown(self):
        return [one.hex() for one in self.numbers]


def root(*names):
    return [ROOTS[name].public.hex() for name in names]


def in_bucket(who, name, *buckets, size="small", **more):
    """A report with entries in these buckets of 12 bits; `size` of its parts."""
    parts = {"small": (112, 80, 144), "middle": (112, 1040, 144), "large": (112, 2960, 1024)}[size]
    rows = [*buckets, *(2048 + n for n in range(4 - len(buckets)))]
    entries = sorted(([b, seed(f"{name} {n}")[:16], bytes(48)] for n, b in enumerate(rows)), key=lambda row: row[1])
    lock = more.pop("lock", "lock of " + name)
    body = {1: more.pop("audience", 0), 2: Key(lock).public, 3: 0, 5: seed(name)[:16], 6: entries, 7: bytes(8), 8: bytes(48)}
    body |= {9: bytes(32), 10: bytes(parts[0]), 11: bytes(parts[1]), 12: bytes(parts[2])}
    return record("report", who, body, **more)


def hung(who, about, lock, slot, kind="second"):
    """A second, dispute or translation of a report."""
    kinds = {"second": 3, "dispute": 4, "translation": 2}
    body = {1: Key(lock).public, 2: identity(about), 3: bytes(16), 4: bytes(80)}
    return record("second", who, body, slot=slot, number=kinds[kind])


def replies():
    shelf = Shelf()

    def case(name, carried, question, *parts, today=TODAY, home="ash"):
        return {
            "name": name,
            "home": ROOTS[home].public.hex(),
            "day": today,
            "carried": shelf.of(*carried),
            "question": cbor.encode(question).hex(),
            "parts": [{"holds": shelf.of(*records), "left": left} for records, left in parts],
        }

    # By their keys the organisations stand so: whoever has the lower one comes first of equals.
    first, next_, third = sorted(("ash", "birch", "cedar"), key=lambda name: ROOTS[name].public)
    few = [in_bucket(who, f"{who} few", 0x0A5, slot=1) for who in (third, first, next_)]
    out = in_bucket(first, "elsewhere", 0x1A5, slot=2)
    yield case("all of a bucket, by the publishers' keys", [*few, out], [1, 12, 0x0A5, 0], ([few[1], few[2], few[0]], 0))
    yield case("fewer bits take in more", [*few, out], [1, 4, 0, 0], ([few[1], few[2], few[0]], 0))
    yield case("no bits: everything", [few[0], out], [1, 0, 0, 0], ([out, few[0]], 0))
    yield case("none there", [out], [1, 12, 0x0A5, 0], ([], 0))
    # Whoever took the value for one of 12 bits would answer with another bucket, or with nothing at all.
    yield case("more bits than the charter's, and a bucket of that number", few, [1, 13, 0x0A5, 0]) | {"refused": "malformed"}
    yield case("more bits than the charter's, and no bucket of that number", few, [1, 20, 0xA5000, 0]) | {"refused": "malformed"}
    yield case("a part beyond the last", few, [1, 12, 0x0A5, 1], ([few[1], few[2], few[0]], 0), ([], 0))
    old = in_bucket(first, "old", 0x0A5, slot=3, life=2)
    ending = in_bucket(first, "ending", 0x0A5, slot=4, life=3)
    yield case("what has expired is not shown", [old, ending], [1, 12, 0x0A5, 0], ([ending], 0), today=TODAY + 3)

    much = [in_bucket(first, f"much {n}", 0x0A5, size="large", slot=n) for n in range(9)]
    one = in_bucket(next_, "one", 0x0A5, slot=1)
    two = [in_bucket(third, f"two {n}", 0x0A5, size="large", slot=n) for n in range(2)]
    # 30 640 bytes hold six of the large and a small one. The latest first; the least so far has its turn.
    yield case(
        "who publishes much crowds out itself",
        [*much, one, *two],
        [1, 12, 0x0A5, 2],
        ([much[8], one, two[1], much[7], two[0], much[6], much[5]], 5),
        ([much[4], much[3], much[2], much[1], much[0]], 0),
        ([], 0),
    )
    small = [in_bucket(next_, f"behind {n}", 0x0A5, slot=n) for n in range(4)]
    yield case(
        "one whose next does not fit waits, and others go on",
        [*much[:6], *small],
        [1, 12, 0x0A5, 1],
        ([much[5], small[3], small[2], small[1], small[0], much[4], much[3], much[2], much[1]], 1),
        ([much[0]], 0),
    )

    of_five = [in_bucket(first, f"of five {n}", 0x0A5, slot=20 + n) for n in range(3)]
    of_six = in_bucket(first, "of six", 0x0A6, slot=23)
    both = in_bucket(first, "of both", 0x0A5, 0x0A6, slot=24)
    yield case(
        "the buckets of a publisher take turns, the latest first",
        [*of_five, of_six],
        [1, 8, 0x0A, 0],
        ([of_five[2], of_six, of_five[1], of_five[0]], 0),
    )
    yield case(
        "a report in two buckets comes once, and has its turn in both",
        [*of_five, of_six, both],
        [1, 8, 0x0A, 0],
        ([both, of_five[2], of_six, of_five[1], of_five[0]], 0),
    )

    base = in_bucket(first, "with more", 0x0A5, lock="a lock", slot=30)
    seconds = [hung(next_, base, "a lock", n) for n in range(6)]
    dispute = hung(third, base, "a lock", 1, "dispute")
    translation = hung(next_, base, "a lock", 9, "translation")
    stray = hung(third, few[0], "a lock", 2, "dispute")
    hangs = [seconds[0], seconds[1], seconds[2], seconds[3], translation]
    # In the third step the first publisher has none; the other two start with nothing in the reply.
    yield case(
        "what hangs on a report: four of a kind, publisher and lock",
        [base, translation, *seconds, dispute, stray],
        [1, 12, 0x0A5, 0],
        ([base, hangs[0], dispute, *hangs[1:]], 0),
    )
    without = retraction(first, "a lock", proven=False, slot=40)
    other = retraction(next_, "a lock", proven=False, slot=41)
    proof = retraction(third, "a lock", slot=42)
    yield case("its publisher's retraction hides", [base, *few, without], [1, 12, 0x0A5, 0], ([few[1], few[2], few[0]], 0))
    yield case("another's without proof does not", [base, other], [1, 12, 0x0A5, 0], ([base], 0))
    yield case("one with a proof destroys", [base, seconds[0], proof], [1, 12, 0x0A5, 0], ([], 0))
    yield case(
        "what there is with a lock: those with a proof first",
        [base, without, other, proof],
        [3, [Key("a lock").public]],
        (sorted_by_turn([without], [other], [proof]), 0),
    )
    yield case(
        "two locks, and one that nobody has",
        [base, other, *few],
        [3, [Key("lock of " + f"{first} few").public, Key("nobody's").public, Key("a lock").public]],
        ([other, few[1], base], 0),
    )
    kept = in_bucket("ash", "kept", 0x0A5, audience=1, slot=50)
    added = hung("ash", kept, "lock of kept", 51, "dispute")
    taken = retraction("ash", "lock of kept", proven=False, slot=52)
    yield case("what stays at home is in no answer", [kept, added, taken], [1, 12, 0x0A5, 0], ([], 0))
    yield case("nor by its lock", [kept, added, taken], [3, [Key("lock of kept").public]], ([], 0))
    yield case("nor by its short id", [kept, added], [2, [identity(kept)[:8], identity(added)[:8]]], ([], 0))
    yield case(
        "by short ids, as they are asked for",
        [*of_five, few[0], base, seconds[0]],
        [2, [identity(of_five[1])[:8], identity(few[0])[:8], identity(of_five[0])[:8], bytes(8), identity(seconds[0])[:8]]],
        ([of_five[1], few[0], of_five[0]], 0),
    )
    yield shelf.shown()


def sorted_by_turn(*queues):
    """Equal sizes or not, each publisher has one: by their keys."""
    return [queue[0] for queue in sorted(queues, key=lambda queue: cbor.decode(queue[0], tag=18)[2][13:45])]


def directories():
    shelf = Shelf()

    def case(name, records, room, *expected, today=TODAY, certified=TODAY - 20, signers=()):
        rows = sorted(expected, key=lambda part: part[0])
        return {
            "name": name,
            "day": today,
            "certified": certified,
            **({"signers": [NODES[who].public.hex() for who in signers]} if signers else {}),
            "room": room,
            "records": shelf.of(*records),
            "served": [n for _, served in rows for n in shelf.of(*served)],
        }

    def of(who, *served):
        return ROOTS[who].public, served

    def room(*records):
        return sum(len(one) + 5 for one in records)

    ash, birch, cedar, elm = START
    others = (of("birch", birch), of("cedar", cedar), of("elm", elm))
    yield case("all of it, by the charter's order", [elm, cedar, birch, ash], 100_000, of("ash", ash), *others)
    revoked = revocation("ash", slot=1)
    longer = revocation("ash", slot=2, issued=TODAY - 1, life=1006)
    shorter = revocation("ash", slot=3, life=1000)
    stranger = revocation("ash", "birch", slot=4)
    yield case("a revoked key's delegation goes, the revocation stays", [ash, birch, revoked, stranger], 100_000, of("ash", revoked), of("birch", birch))
    yield case(
        "but not if it has signed the certificate, of which it counts yet",
        [ash, birch, revoked],
        100_000,
        of("ash", revoked, ash),
        of("birch", birch),
        signers=["ash"],
    )
    yield case("of several revocations the one that lasts longest", [ash, shorter, longer, revoked], 100_000, of("ash", revoked))
    stands = affirmation("ash", seed("an id"), slot=5)
    earlier = affirmation("ash", seed("another id"), slot=5, issued=TODAY - 2)
    yield case("with an affirmation it stays, behind", [earlier, ash, stands, revoked], 100_000, of("ash", revoked, ash, stands, earlier))
    yield case("an affirmation alone says nothing to a client", [ash, stands], 100_000, of("ash", ash))
    later = delegation("ash", slot=6, issued=TODAY, until=90, node=Key("another node"), life=900)
    covering = delegation("ash", slot=7, issued=TODAY - 20, until=30, node=Key("a third node"), life=900)
    yield case(
        "delegations of the certificate's day first, then those that last longest",
        [later, covering, ash],
        100_000,
        of("ash", ash, covering, later),
    )
    one, same = vouch("ash", number=1, slot=8, life=300), vouch("ash", "cedar", number=1, slot=9, life=200)
    third = vouch("ash", "elm", number=1, slot=10, life=100)
    alone = vouch("ash", "elm", number=2, slot=11, life=250)
    yield case("vouches of one number, two of them, together", [third, same, alone, one, ash], 100_000, of("ash", ash, one, same, alone))
    yield case("or not at all, and then nothing behind", [third, same, alone, one, ash], room(ash, one, same) - 1, of("ash", ash))
    back = withdrawal("ash", one, slot=13)
    yield case(
        "what takes a vouch back before all vouches, and what was taken back last",
        [one, same, alone, back, ash],
        100_000,
        of("ash", ash, back, same, alone, one),
    )
    yield case("what takes back a vouch that nobody has says nothing", [back, ash], 100_000, of("ash", ash))
    stood_by = affirmation("ash", identity(one), slot=14)
    yield case(
        "what stands by one that was taken back comes before them too",
        [one, same, alone, back, stood_by, ash],
        100_000,
        of("ash", ash, back, stood_by, one, same, alone),
    )
    yield case(
        "vouches by their numbers, so that each that is served has its true cost",
        [alone, vouch("ash", "birch", number=1, slot=15, life=40), ash],
        100_000,
        of("ash", ash, vouch("ash", "birch", number=1, slot=15, life=40), alone),
    )
    brief = vouch("ash", number=3, slot=12, life=5)
    yield case("what has expired is left out", [brief, alone], 100_000, of("ash", alone), today=TODAY + 6)
    many = [vouch("ash", "birch", number=10 + n, slot=20 + n, life=400 - n) for n in range(12)]
    yield case(
        "who signs much crowds out itself",
        [ash, *many, birch, cedar, elm],
        room(ash, birch, cedar, elm, *many[:3]),
        of("ash", ash, *many[:3]),
        *others,
    )
    # A fourth of the room is less than a delegation takes: nobody gets one in the first round.
    yield case("shares too small for anything", [ash, birch, cedar, elm], 4 * (room(ash) - 1))
    yield case("two share what four do not", [ash, birch], 2 * room(ash), of("ash", ash), of("birch", birch))
    yield shelf.shown()


def counts():
    """Level and distance are worked out by hand."""
    shelf = Shelf()

    def case(name, roots, records, *expected, today=TODAY, kind="report", area=None, blocked=(), dropped=()):
        roots = roots if isinstance(roots, dict) else {who: 1000 for who in roots}
        rows = {"name": name, "roots": [[ROOTS[who].public.hex(), budget] for who, budget in roots.items()]}
        rows |= {"blocked": root(*blocked), "dropped": root(*dropped), "asked": {"kind": kind, "area": area}, "day": today}
        counted = sorted([*root(who), level, distance] for who, level, distance in expected)
        return rows | {"records": shelf.of(*records), "counted": counted}

    ash, by_ash = ("ash", 3, 0), lambda who: (who, 1, 1)
    a_b, a_c = vouch("ash", "birch", number=1, slot=1), vouch("ash", "cedar", number=2, slot=2)
    b_e = vouch("birch", "elm", number=1, slot=1)
    yield case("a root alone", ["ash"], [], ash)
    yield case("whom it vouches for", ["ash"], [a_b], ash, by_ash("birch"))
    yield case("a budget of none leads no further", ["ash"], [a_b, b_e], ash, by_ash("birch"))
    yield case("two roots", ["ash", "birch"], [a_c, b_e], ash, ("birch", 3, 0), by_ash("cedar"), by_ash("elm"))
    yield case("one that no root has signed", ["cedar"], [a_b], ("cedar", 3, 0))
    other = vouch("ash", "cedar", number=1, slot=3)
    yield case("two of one number void each other", ["ash"], [a_b, other], ash)
    again = vouch("ash", "birch", number=1, slot=4)
    yield case("also for one and the same", ["ash"], [a_b, again], ash)
    yield case("numbers are the issuer's own", ["ash", "birch"], [a_b, b_e], ash, ("birch", 3, 0), by_ash("elm"))
    brief = vouch("ash", "elm", number=1, slot=5, life=3)
    yield case("on its last day it counts", ["ash"], [brief], ash, by_ash("elm"), today=TODAY + 3)
    yield case("a day later it does not, and voids no other", ["ash"], [brief, a_b], ash, by_ash("birch"), today=TODAY + 4)
    yield case("until then it does", ["ash"], [brief, a_b], ash, today=TODAY + 3)
    yield case("the day before it was signed it counts, as clocks may differ", ["ash"], [a_b], ash, by_ash("birch"), today=TODAY - 1)
    yield case("two days before it does not", ["ash"], [a_b], ash, today=TODAY - 2)
    rich = vouch("ash", "cedar", number=7, slot=6, budget=1)
    c_e, c_b = vouch("cedar", "elm", slot=1), vouch("cedar", "birch", number=1, slot=2)
    yield case("a budget leads on", ["ash"], [rich, c_e], ash, by_ash("cedar"), ("elm", 1, 2))
    yield case("as far as it reaches, by number", ["ash"], [rich, c_e, c_b], ash, by_ash("cedar"), ("elm", 1, 2))
    yield case("a root's budget is what it may give away", {"ash": 2}, [rich, a_b], ash, by_ash("birch"))
    yield case("what is too dear ends what comes after", {"ash": 1}, [rich, vouch("ash", "elm", number=8, slot=7)], ash)
    roots = {"ash": 9, "birch": 9, "cedar": 9}
    three = [vouch(who, "elm", number=3, slot=8) for who in roots]
    trusted = [(who, 3, 0) for who in roots]
    yield case("two ways", {"ash": 9, "birch": 9}, three, *trusted[:2], ("elm", 2, 1))
    yield case("three ways", roots, three, *trusted, ("elm", 3, 1))
    through = vouch("ash", "birch", number=4, slot=9, budget=2)
    yield case("two ways that share a key are one", ["ash"], [through, rich, b_e, c_e], ash, by_ash("birch"), by_ash("cedar"), ("elm", 1, 2))
    stranger = record("vouch", "ash", {1: Key("nobody").public, 2: 0, 3: 9}, slot=7)
    yield case("for one outside the charter it adds nothing", ["ash"], [stranger], ash)
    yield case("and voids all the same", ["ash"], [stranger, vouch("ash", "elm", number=9, slot=8)], ash)
    nobody = [Key("nobody").public.hex(), 1000]
    yield case("a root that is in no charter", ["ash"], [], ash) | {"roots": [[*root("ash"), 1000], nobody]}

    words = vouch("ash", "birch", number=1, slot=10, kinds=[2, 3, 4])
    yield case("a vouch for remarks leads to no report", ["ash"], [words], ash)
    yield case("but to a second", ["ash"], [words], ash, by_ash("birch"), kind="second")
    yield case("and to no notice", ["ash"], [words], ash, kind="notice")
    french = vouch("ash", "birch", number=1, slot=11, areas=["FR", "GB:london"])
    yield case("a vouch for areas leads to a report in one", ["ash"], [french], ash, by_ash("birch"), area="GB:london")
    yield case("a country holds its cities", ["ash"], [french], ash, by_ash("birch"), area="FR:lyon")
    yield case("and its regions", ["ash"], [french], ash, by_ash("birch"), area="FR-93")
    yield case("a city does not hold its country", ["ash"], [french], ash, area="GB")
    yield case("a report that names no area is in none", ["ash"], [french], ash)
    yield case("both must fit", ["ash"], [vouch("ash", "elm", slot=12, kinds=[1], areas=["UA"])], ash, area="FR")
    dear = vouch("ash", "birch", number=1, slot=13, budget=5, kinds=[6])
    yield case("what it does not speak for costs all the same", {"ash": 6}, [dear, a_c], ash)
    yield case("and is no dearer for it", {"ash": 7}, [dear, a_c], ash, by_ash("cedar"))

    back = withdrawal("ash", a_b, slot=20)
    yield case("taken back", ["ash"], [a_b, back], ash)
    yield case("what was taken back costs nothing and voids nothing", {"ash": 1}, [a_b, back, other], ash, by_ash("cedar"))
    yield case("by its issuer alone", ["ash"], [a_b, withdrawal("cedar", a_b)], ash, by_ash("birch"))
    yield case("what its issuer affirms stands", ["ash"], [a_b, back, affirmation("ash", identity(a_b), slot=21)], ash, by_ash("birch"))
    short = withdrawal("ash", a_b, slot=22, life=4)
    yield case("when it was taken back for a time, the time over", ["ash"], [a_b, short], ash, by_ash("birch"), today=TODAY + 5)

    yield case("blocked: neither it nor whom it alone vouches for", ["ash"], [rich, c_e, a_b], ash, by_ash("birch"), blocked=["cedar"])
    yield case("what a blocked one cost is not given to others", {"ash": 2}, [rich, vouch("ash", "elm", number=8, slot=7)], ash, blocked=["cedar"])
    yield case("a blocked root is none", ["ash", "birch"], [b_e], ash, blocked=["birch"])
    yield case("dropped: it alone", ["ash"], [rich, c_e], ash, ("elm", 1, 2), dropped=["cedar"])
    yield shelf.shown()


def asides():
    """name, [(day, bytes, verdict, carried, set aside)]."""
    low, high = sorted((report("ash", f"slot {n}", f"lock {n}", slot=1) for n in "ab"), key=identity)
    yield "a loser of its slot is set aside, and comes back when it is affirmed", [
        (TODAY, high, "carried", [0], []),
        (TODAY, low, "carried", [1], [0]),
        (TODAY, affirmation("ash", identity(high)), "carried", [0, 2], [1]),
    ]
    yield "one that never was carried is set aside too, once a slot", [
        (TODAY, low, "carried", [0], []),
        (TODAY, high, "slot-taken", [0], [1]),
        (TODAY, affirmation("ash", identity(high)), "carried", [1, 2], [0]),
    ]
    ranks = sorted((report("ash", f"rank {n}", f"lock {n}", slot=1) for n in range(5)), key=identity, reverse=True)
    yield "two a slot, the first that was carried among them", [
        (TODAY, ranks[0], "carried", [0], []),
        (TODAY, ranks[1], "carried", [1], [0]),
        (TODAY, ranks[2], "carried", [2], [0, 1]),
        (TODAY, ranks[3], "carried", [3], [0, 1]),
        (TODAY, affirmation("ash", identity(ranks[0])), "carried", [0, 4], [1, 3]),
    ]
    yield "one that was never carried finds no room beside another", [
        (TODAY, ranks[3], "carried", [0], []),
        (TODAY, ranks[2], "slot-taken", [0], [1]),
        (TODAY, ranks[1], "slot-taken", [0], [1]),
        (TODAY, ranks[4], "carried", [3], [0, 1]),
    ]
    yield "revoked first, affirmed later", [
        (TODAY, low, "carried", [0], []),
        (TODAY, revocation("ash"), "carried", [1], [0]),
        (TODAY, affirmation("ash", identity(low), slot=1), "carried", [0, 1, 2], []),
    ]
    yield "what comes after the revocation waits for the affirmation", [
        (TODAY, revocation("ash"), "carried", [0], []),
        (TODAY, low, "revoked-key", [0], [1]),
        (TODAY, affirmation("ash", identity(low), slot=1), "carried", [0, 1, 2], []),
    ]
    lock = "lock " + ("a" if low == report("ash", "slot a", "lock a", slot=1) else "b")
    yield "a slot that becomes free goes back", [
        (TODAY, high, "carried", [0], []),
        (TODAY, low, "carried", [1], [0]),
        (TODAY, retraction("birch", lock), "carried", [0, 2], []),
    ]
    other = "lock " + ("b" if lock == "lock a" else "a")
    yield "what its lock takes back is set aside no longer", [
        (TODAY, high, "carried", [0], []),
        (TODAY, low, "carried", [1], [0]),
        (TODAY, retraction("birch", other), "carried", [1, 2], []),
        (TODAY, affirmation("ash", identity(high)), "carried", [1, 2, 3], []),
    ]
    theirs = sorted((report("birch", f"slot {n}", f"lock {n}", slot=1) for n in "ab"), key=identity)
    yield "another organisation's are not kept", [
        (TODAY, theirs[1], "carried", [0], []),
        (TODAY, theirs[0], "carried", [1], []),
        (TODAY, revocation("birch"), "carried", [2], []),
    ]
    kept = in_bucket("ash", "both ways, kept", 5, lock="a shared lock", audience=1, slot=1)
    told = in_bucket("ash", "both ways, told", 5, lock="a shared lock", slot=2)
    added = hung("ash", kept, "a shared lock", 5, "dispute")
    also = hung("ash", told, "a shared lock", 6, "dispute")
    fifth, sixth = in_bucket("ash", "fifth", 5, slot=5), in_bucket("ash", "sixth", 5, slot=6)
    sixth_wins = identity(sixth) < identity(also)
    yield "what is attached goes the way of its report, whatever else has the lock", [
        (TODAY, kept, "carried", [0], []),
        (TODAY, told, "carried", [0, 1], []),
        (TODAY, added, "carried", [0, 1, 2], []),
        (TODAY, also, "carried", [0, 1, 2, 3], []),
        (TODAY, fifth, "carried", [0, 1, 2, 3, 4], []),
        (TODAY, sixth, *(("carried", [0, 1, 2, 4, 5], [3]) if sixth_wins else ("slot-taken", [0, 1, 2, 3, 4], [5]))),
    ]
    brief, long = sorted((report("ash", f"brief {n}", f"lock {n}", slot=1, life=n) for n in (2, 9)), key=identity)
    lives = {identity(report("ash", f"brief {n}", f"lock {n}", slot=1, life=n)): n for n in (2, 9)}
    loser = lives[identity(long)]
    winner = lives[identity(brief)]
    back = [1] if loser > winner else [0]
    yield "what expires in a slot gives it back; what expires aside goes", [
        (TODAY, long, "carried", [0], []),
        (TODAY, brief, "carried", [1], [0]),
        (TODAY + 3, vouch("birch", "ash", issued=TODAY + 3), "carried", sorted([0 if back == [1] else 1, 2]), []),
    ]


def grants():
    """name, whose, grants carried, {day: counted}, how much more than the evaluations a day (60 000) on TODAY."""
    birch, cedar, elm = (grant(who, "ash", 1000, issued=TODAY - 5) for who in ("birch", "cedar", "elm"))
    less = grant("cedar", "ash", 700, issued=TODAY - 5, slot=1)
    yield "none", "ash", [], {}, 0
    yield "one keyholder's word is not enough", "ash", [birch], {}, 0
    yield "that of two is", "ash", [birch, cedar], {}, 1000
    yield "the lower counts, where two are needed", "ash", [birch, grant("cedar", "ash", 700, issued=TODAY - 4)], {}, 700
    yield "who holds no share has no say", "ash", [birch, elm], {}, 0
    for_elm = [grant(who, "elm", amount, slot=2) for who, amount in (("ash", 900), ("birch", 800), ("cedar", 700))]
    yield "who holds no share can be granted more: the second of three", "elm", for_elm, {}, 800
    yield "what is granted to another is another's", "ash", for_elm, {}, 0
    yield "what was used is gone, beyond the quota alone", "ash", [birch, cedar], {TODAY - 3: 60_300, TODAY - 1: 59_000}, 700
    yield "on the day of issue too", "ash", [birch, cedar], {TODAY - 5: 60_001}, 999
    yield "what was used before says nothing", "ash", [birch, cedar], {TODAY - 6: 61_000}, 1000
    yield "today is not over", "ash", [birch, cedar], {TODAY: 61_000}, 1000
    yield "all gone", "ash", [birch, cedar], {TODAY - 2: 60_900, TODAY - 1: 60_900}, 0
    later = grant("cedar", "ash", 950, issued=TODAY - 1)
    yield "each from its own first day", "ash", [birch, later], {TODAY - 2: 60_200, TODAY - 1: 60_100}, 700
    yield "the later of one organisation counts, with its own days", "ash", [birch, cedar, later], {TODAY - 2: 60_200, TODAY - 1: 60_100}, 700
    yield "also where it gives less", "ash", [birch, cedar, grant("cedar", "ash", 10)], {}, 10
    yield "of one day that which gives less", "ash", [birch, cedar, less], {}, 700
    yield "so it is taken back", "ash", [birch, cedar, grant("birch", "ash", 0)], {}, 0
    brief = grant("birch", "ash", 500, issued=TODAY - 3, life=3)
    yield "on its last day", "ash", [cedar, brief], {}, 500
    over = grant("birch", "ash", 500, issued=TODAY - 3, life=2)
    yield "and not after it", "ash", [cedar, over], {}, 0
    yield "the one before comes back then", "ash", [birch, cedar, over], {}, 1000
    yield "nor before its first", "ash", [cedar, grant("birch", "ash", 500, issued=TODAY + 1)], {}, 0


def calendars():
    """name, records carried at first, [(clock, hours that passed, records that come then, today, in doubt, carried at its end)]."""
    ends = report("ash", "ends tomorrow", "a lock", slot=1, life=1)
    late = report("ash", "ends in five days", "another lock", slot=2, life=5)
    own = [vouch("ash", number=n, slot=n, issued=TODAY + n) for n in range(9)]
    birch = [vouch("birch", "ash", number=n, slot=n, issued=TODAY + n) for n in range(9)]
    cedar = [vouch("cedar", "ash", number=n, slot=n, issued=TODAY + n) for n in range(9)]
    yield "day by day", [ends, late], [
        (TODAY, 0, [], TODAY, False, [ends, late]),
        (TODAY + 1, 14, [], TODAY + 1, False, [ends, late]),
        (TODAY + 2, 24, [], TODAY + 2, False, [late]),
    ]
    yield "a clock that jumps deletes nothing, and put back leaves no trace", [ends, late], [
        (TODAY + 400, 0, [], TODAY + 400, True, [ends, late]),
        (TODAY + 1, 0, [], TODAY + 1, False, [ends, late]),
        (TODAY + 2, 24, [], TODAY + 2, False, [late]),
    ]
    yield "two other organisations bear it out", [ends, late], [
        (TODAY + 4, 0, [birch[2]], TODAY + 4, True, [ends, late, birch[2]]),
        (TODAY + 4, 0, [cedar[4]], TODAY + 4, True, [ends, late, birch[2], cedar[4]]),
        (TODAY + 4, 0, [], TODAY + 4, False, [late, birch[2], cedar[4]]),
    ]
    yield "not one of them twice, nor one's own", [ends], [
        (TODAY + 4, 0, [birch[3], birch[4], own[4]], TODAY + 4, True, [ends, birch[3], birch[4], own[4]]),
        (TODAY + 4, 0, [], TODAY + 4, True, [ends, birch[3], birch[4], own[4]]),
    ]
    yield "nor by records of three days before", [ends], [
        (TODAY + 4, 0, [birch[1], cedar[1]], TODAY + 4, True, [ends, birch[1], cedar[1]]),
        (TODAY + 4, 0, [], TODAY + 4, True, [ends, birch[1], cedar[1]]),
    ]
    yield "nor by those that came before it was in doubt", [ends, birch[0], cedar[0]], [
        (TODAY + 2, 0, [], TODAY + 2, True, [ends, birch[0], cedar[0]]),
        (TODAY + 2, 0, [birch[1]], TODAY + 2, True, [ends, birch[0], cedar[0], birch[1]]),
        (TODAY + 2, 0, [cedar[1]], TODAY + 2, True, [ends, birch[0], cedar[0], birch[1], cedar[1]]),
        (TODAY + 2, 0, [], TODAY + 2, False, [birch[0], cedar[0], birch[1], cedar[1]]),
    ]
    yield "a clock that is set back: the day stays", [late], [
        (TODAY + 1, 0, [], TODAY + 1, False, [late]),
        (TODAY - 30, 0, [], TODAY + 1, False, [late]),
    ]
    yield "a clock that runs ahead of what cannot be set", [ends], [
        (TODAY + 1, 3, [], TODAY + 1, False, [ends]),
        (TODAY + 2, 3, [birch[0], cedar[1]], TODAY + 2, True, [ends, birch[0], cedar[1]]),
        (TODAY + 2, 0, [], TODAY + 2, False, [birch[0], cedar[1]]),
    ]
    yield "nor does it get further by going to and fro", [ends], [
        (TODAY + 1, 0, [], TODAY + 1, False, [ends]),
        (TODAY, 0, [], TODAY + 1, False, [ends]),
        (TODAY + 2, 0, [], TODAY + 2, True, [ends]),
        (TODAY + 1, 23, [], TODAY + 1, False, [ends]),
        (TODAY + 2, 0, [], TODAY + 2, True, [ends]),
        (TODAY + 2, 1, [], TODAY + 2, False, []),
    ]
    yield "an hour and no more is left over for the day after", [late], [
        (TODAY, 200, [], TODAY, False, [late]),
        (TODAY + 1, 0, [], TODAY + 1, False, [late]),
        (TODAY + 2, 22, [], TODAY + 2, True, [late]),
        (TODAY + 2, 1, [], TODAY + 2, False, [late]),
    ]
    yield "far ahead, days go on by the time that passes", [late], [
        (TODAY + 30, 0, [], TODAY + 30, True, [late]),
        (TODAY + 30, 23, [], TODAY + 30, True, [late]),
        (TODAY - 1, 0, [], TODAY, False, [late]),
        (TODAY + 30, 23, [], TODAY + 30, True, [late]),
        (TODAY + 30, 1, [], TODAY + 30, True, [late]),
        (TODAY - 1, 0, [], TODAY + 1, False, [late]),
        (TODAY + 30, 24, [], TODAY + 30, True, [late]),
        (TODAY - 1, 0, [], TODAY + 2, False, [late]),
    ]
    yield "others' word makes up for time, up to two days beyond what they say", [late], [
        (TODAY + 1, 0, [birch[1], cedar[1]], TODAY + 1, False, [late, birch[1], cedar[1]]),
        (TODAY + 2, 0, [], TODAY + 2, False, [late, birch[1], cedar[1]]),
        (TODAY + 3, 0, [], TODAY + 3, False, [late, birch[1], cedar[1]]),
        (TODAY + 4, 0, [], TODAY + 4, True, [late, birch[1], cedar[1]]),
    ]


CERTIFIED = TODAY - 20
SEALS = {who: seed(who + " seal") for who in ROOTS}
SECRETS = {key: [int.from_bytes(seed(f"{key} {n}"), "big") % voprf.Q for n in range(2)] for key in ("the bucket key", "a handle key")}
HANDLE = "phone:+33639981234"


def sealed_to(who):
    return SUITE.kem.derive_key_pair(SEALS[who]).public_key.to_public_bytes()


def certificate():
    def row(name, key):
        at = [voprf.base(sum(c * i**n for n, c in enumerate(SECRETS[key]))) for i in range(4)]
        return [name, 2, at[0], [[i, at[i]] for i in (1, 2, 3)]]

    rows = [row([0], "the bucket key"), row([1, 4053], "a handle key")]
    payload = cbor.encode({1: 1, 2: FEDERATION, 3: 1, 4: CERTIFIED, 5: True, 6: rows})
    return cosigned(payload, b"parasol 1 certificate" + FEDERATION, [NODES["ash"], NODES["birch"]])


def client_head():
    """A federation in which ash's clients have birch and cedar to ask."""
    start = [delegation(who, seal=sealed_to(who)) for who in ("ash", "birch", "cedar")]
    shares = {
        key: [((c[0] + c[1] * i) % voprf.Q).to_bytes(32, "little").hex() for i in (1, 2, 3)] for key, c in SECRETS.items()
    }
    output = voprf.finalize(text := ("parasol handle 1|" + HANDLE).encode(), 1, voprf.times(SECRETS["the bucket key"][0], voprf.hash_to_group(text)))
    head = {"charter": CHARTER.hex(), "start": [one.hex() for one in start], "today": TODAY, "home": NODES["ash"].public.hex()}
    head |= {"certificate": certificate().hex(), "shares": shares, "handle": HANDLE, "bucket_output": output.hex()}
    return head | {"seal_seeds": {who: SEALS[who].hex() for who in ("ash", "birch", "cedar")}}, seal.bucket(output, 12)


def sizes():
    def case(name, home, sources, first, size, again=None, hint=None):
        return {"name": name, "home": home, "hint": hint, "sources": sources, "bits": first, "size": size, "again": again}

    yield case("an empty list: everything", 0, [0, 0], 0, 0)
    yield case("three reports fit", 3, [3, 3], 0, 3)
    yield case("four do not", 4, [4, 4], 1, 4)
    yield case("ten thousand", 10_000, [10_000, 10_000], 12, 10_000)
    yield case("no more than the charter's", 10_000_000, [10_000_000, 9_999_999], 12, 10_000_000)
    yield case("rounded down: 814 at 8 bits", 814, [814, 814], 8, 814)
    yield case("815 takes 9", 815, [815, 815], 9, 815)
    yield case("the home node says none: asked anew", 0, [900, 1000], 0, 900, 9)
    yield case("one source says none: as it was", 900, [0, 1000], 9, 900)
    yield case("one source says far too many: as it was", 900, [1000, 10**12], 9, 1000)
    yield case("the two sources together have it asked anew", 100, [900, 10**12], 5, 900, 9)
    yield case("more than the list needs is not asked anew", 1000, [3, 3], 9, 3)
    yield case("the last check knew of fewer", 10_000, [900, 900], 9, 900, hint=850)
    yield case("of fewer than there are", 900, [900, 900], 5, 900, 9, hint=100)


def sources(bucket):
    shelf = Shelf()
    # By their days, when TODAY is the client's: yesterday is young.
    young, aged = {"issued": TODAY - 1}, {"issued": TODAY - 2}

    def there(who, name, size="small", at=bucket, **more):
        return in_bucket(who, name, at, size=size, **more)

    def case(name, birch, cedar, asked, settled, *outcome, parts=1, left=(0, 0)):
        rows = {"birch": shelf.of(*birch), "cedar": shelf.of(*cedar)}
        return {
            "name": name,
            "parts": parts,
            "served": rows,
            "left": dict(zip(rows, left)),
            "asked": {who: sorted(Key(lock).public.hex() for lock in locks) for who, locks in asked.items()},
            "settled": {who: shelf.of(*records) for who, records in settled.items()},
            "outcome": [[what, who, by, shelf.of(*records)] for what, who, by, records in outcome],
        }

    old, new = there("ash", "old", slot=1, **aged), there("ash", "new", slot=2, **young)
    far = there("ash", "far", at=bucket ^ 1, slot=3, **aged)
    locks = {one: "lock of " + name for one, name in ((old, "old"), (new, "new"), (far, "far"))}
    yield case("both serve the same", [old, new], [new, old], {}, {})
    yield case("one leaves out an old one", [old, new], [new], {"cedar": [locks[old]]}, {"cedar": []}, ("left-out", "cedar", "birch", [old]))
    yield case("and has it when asked", [old], [], {"cedar": [locks[old]]}, {"cedar": [old]}, ("left-out", "cedar", "birch", [old]))
    yield case("one has not got a young one yet", [new], [], {"cedar": [locks[new]]}, {"cedar": []}, ("not-yet", "cedar", "birch", []))
    yield case("it came between", [new], [], {"cedar": [locks[new]]}, {"cedar": [new]})
    yield case("each lacks one", [old], [new], {"birch": [locks[new]], "cedar": [locks[old]]}, {}, ("not-yet", "birch", "cedar", []), ("left-out", "cedar", "birch", [old]))
    yield case("what lies elsewhere was not asked for", [old, far], [old], {}, {})
    gone = retraction("ash", locks[old], proven=False, slot=4, **aged)
    fresh = retraction("ash", locks[old], proven=False, slot=5, **young)
    proof = retraction("cedar", locks[old], slot=6, **aged)
    yield case("taken back long ago, and still served", [old], [], {"cedar": [locks[old]]}, {"cedar": [gone]}, ("still-served", "birch", "cedar", [old]))
    yield case("the same with a proof", [old], [], {"cedar": [locks[old]]}, {"cedar": [proof]}, ("still-served", "birch", "cedar", [old]))
    yield case("taken back just now", [old], [], {"cedar": [locks[old]]}, {"cedar": [fresh]})
    yield case("one of the two just now", [old], [], {"cedar": [locks[old]]}, {"cedar": [proof, fresh]})
    word = retraction("birch", locks[old], proven=False, slot=7, **aged)
    late = retraction("birch", locks[old], proven=False, slot=8, **young)
    yield case("another's word without proof hides nothing", [old], [], {"cedar": [locks[old]]}, {"cedar": [word]}, ("left-out", "cedar", "birch", [old]))
    yield case(
        "and says nothing of the day either",
        [old],
        [],
        {"cedar": [locks[old]]},
        {"cedar": [gone, late]},
        ("still-served", "birch", "cedar", [old]),
    )
    yield case("a retraction that was served with the rest", [old], [gone], {}, {})
    ten = [there("ash", f"many {n}", slot=10 + n, **aged) for n in range(10)]
    eight = sorted(ten, key=identity)[:8]
    names = {one: f"lock of many {n}" for n, one in enumerate(ten)}
    yield case("eight locks a source, by the reports' ids", ten, [], {"cedar": [names[one] for one in eight]}, {"cedar": []}, ("left-out", "cedar", "birch", eight))
    six = [there("ash", f"full {n}", "large", slot=30 + n, **aged) for n in range(7)]
    yield case(
        "want of room explains it",
        six[:1],
        six[1:6],
        {"birch": [f"lock of full {n}" for n in range(1, 6)]},
        {},
        ("left-out", "birch", "cedar", six[1:6]),
        left=(0, 1),
    )
    yield case(
        "not if there was room left",
        six[:1],
        six[1:5],
        {"birch": [f"lock of full {n}" for n in range(1, 5)], "cedar": ["lock of full 0"]},
        {},
        ("left-out", "birch", "cedar", six[1:5]),
        ("left-out", "cedar", "birch", six[:1]),
        left=(0, 1),
    )
    yield case(
        "nor if nothing is said to be left out",
        six[:1],
        six[1:6],
        {"birch": [f"lock of full {n}" for n in range(1, 6)], "cedar": ["lock of full 0"]},
        {},
        ("left-out", "birch", "cedar", six[1:6]),
        ("left-out", "cedar", "birch", six[:1]),
    )
    single = there("birch", "single", slot=1, **aged)
    yield case(
        "nor if another publisher has so much that its turn was due",
        [single],
        six[1:6],
        {"birch": [f"lock of full {n}" for n in range(1, 6)], "cedar": ["lock of single"]},
        {},
        ("left-out", "birch", "cedar", six[1:6]),
        ("left-out", "cedar", "birch", [single]),
        left=(0, 1),
    )
    stuffed = [there("ash", f"stuffed {n}", "large", at=bucket ^ 1, slot=50 + n, **aged) for n in range(5)]
    yield case(
        "what was not asked for fills no room",
        six[:1],
        stuffed,
        {"cedar": ["lock of full 0"]},
        {},
        ("left-out", "cedar", "birch", six[:1]),
        left=(0, 1),
    )
    yield shelf.shown()


def files():
    made = {}
    *cases, records = replies()
    made["ok/replies.json"] = shown("spec/06-transport.md, section 5", cases, **HERE, records=records)
    *cases, records = directories()
    made["ok/directory.json"] = shown("spec/07-http.md, directory", cases, charter=CHARTER.hex(), records=records)
    *cases, records = counts()
    made["ok/counted.json"] = shown("spec/04-lookup.md, part 4", cases, charter=CHARTER.hex(), records=records)
    rows = []
    for name, steps in asides():
        keys = ("day", "hex", "verdict", "carried", "aside")
        steps = [dict(zip(keys, (day, data.hex(), *rest))) for day, data, *rest in steps]
        rows.append({"name": name, "home": ROOTS["ash"].public.hex(), "steps": steps})
    made["ok/aside.json"] = shown("spec/02-records.md, section 5", rows, **HERE)
    shelf, rows = Shelf(), []
    for name, carried, steps in calendars():
        row = {"name": name, "carried": shelf.of(*carried), "steps": []}
        for clock, passed, come, today, doubt, kept in steps:
            step = {"clock": clock, "passed": passed, "come": shelf.of(*come), "today": today, "in_doubt": doubt}
            row["steps"].append(step | {"carried": sorted(shelf.of(*kept))})
        rows.append(row)
    made["ok/calendar.json"] = shown("spec/02-records.md, section 5", rows, **HERE, records=shelf.shown())
    shelf, rows = Shelf(), []
    for name, subject, carried, counted, more in grants():
        row = {"name": name, "subject": subject, "records": shelf.of(*carried), "counted": [list(one) for one in counted.items()]}
        rows.append(row | {"day": TODAY, "more": more})
    made["ok/grants.json"] = shown("spec/06-transport.md, section 3", rows, charter=CHARTER.hex(), records=shelf.shown())
    head, bucket = client_head()
    made["ok/size.json"] = shown("spec/04-lookup.md, 3.1", list(sizes()), **head)
    *cases, records = sources(bucket)
    made["ok/sources.json"] = shown("spec/04-lookup.md, 3.3", cases, **head, records=records)
    return made
