"""The vectors of another federation: what a node carries after each of several records (02, section 5), certificates that
do not count, and reports whose contents nobody may show.
"""

from . import seal
from .admit import Node
from .charter import Certificate, Charter
from .refusal import Disagreement, Refused, agree

hexed = bytes.fromhex


class Stage:
    """The federation of a file that brings its own."""

    def __init__(self, file):
        self.charter, self.start, self.today = Charter(hexed(file["charter"])), file["start"], file["today"]

    def node(self, home):
        node = Node(self.charter, home)
        for one in self.start:
            node.offer(hexed(one), self.today)
        return node

    def signer_on(self, key, day):
        node = self.node(self.charter.organisation("ash"))
        for one in node.of_kind("delegation"):
            if one.body["record key"] == key and one.issued <= day <= one.body["until"]:
                return one.organisation
        return None


def ok_scenes(world, cases):
    stage = Stage(world.files["ok/scenes.json"])
    for case in cases:
        node, ids = stage.node(hexed(case["home"])), []
        for number, step in enumerate(case["steps"]):
            verdict = "carried"
            try:
                ids.append(node.offer(hexed(step["hex"]), step["day"]).id)
            except Refused as no:
                verdict = no.rule
                ids.append(None)
            where = f"{case['name']}, step {number}"
            agree(f"{where}: verdict", step["verdict"], verdict)
            if "over" in step:
                agree(f"{where}: over", step["over"], node.over())
            agree(f"{where}: carried", step["carried"], [n for n, one in enumerate(ids) if one in node.carried])
        yield case["name"]


def bad_contents(world, cases):
    file = world.files["bad/contents.json"]

    def opened(case):
        body, output = seal.body_of(case["report"]), hexed(case["output"])
        sealer = hexed(file["federation"]), hexed(case["organisation"]), case["expires"]
        return seal.open_report(*sealer, body, case["handle"], output)

    opened(file["good"])
    for case in cases:
        try:
            opened(case)
        except Refused as no:
            agree(f"refused by ({no})", case["refused"], no.rule)
        else:
            raise Disagreement("the vector is refused, and the text takes it")
        yield case["name"]


def bad_certificate(world, cases):
    file = world.files["bad/certificate.json"]
    stage = Stage(file)
    Certificate(hexed(file["good"]), stage.charter, stage.signer_on)
    for case in cases:
        try:
            Certificate(hexed(case["hex"]), stage.charter, stage.signer_on)
        except Refused as no:
            agree(f"refused by ({no})", case["refused"], no.rule)
        else:
            raise Disagreement("the vector is refused, and the text takes it")
        yield case["name"]
