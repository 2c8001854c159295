"""spec/handles.json."""

import json
from pathlib import Path

TABLES = json.loads((Path(__file__).parents[2] / "handles.json").read_text())
