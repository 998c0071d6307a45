"""Answers to exercise 1: for each question, right ones that must pass and wrong ones that must fail.

Each answer is the source of the solution cell, named for what is special or wrong about it.
"""

VARIANTS: dict[str, dict[str, dict[str, str]]] = {
    "q1": {
        "right": {
            "regular expression": """
import re
def read_number(text):
    digits, word = re.match(r"([\\d.,]+)\\s*(\\w*)", text).groups()
    factor = {"": 1, "ribu": 10**3, "juta": 10**6, "miliar": 10**9, "triliun": 10**12}[word]
    return float(digits.replace(".", "").replace(",", ".")) * factor
""",
            "loop over words, int where whole": """
def read_number(text):
    factor = 1
    for word, value in [("ribu", 1000), ("juta", 10**6), ("miliar", 10**9), ("triliun", 10**12)]:
        if word in text:
            factor, text = value, text.replace(word, "")
    number = float(text.replace("%", "").replace(".", "").replace(",", ".").strip()) * factor
    return int(number) if number == int(number) else number
""",
            "numpy scalar": """
import numpy as np
def read_number(text):
    parts = text.replace("%", "").replace(".", "").replace(",", ".").split()
    scale = {"ribu": 1e3, "juta": 1e6, "miliar": 1e9, "triliun": 1e12}
    return np.float64(parts[0]) * (scale[parts[1]] if len(parts) > 1 else 1)
""",
        },
        "wrong": {
            "a constant": "read_number = lambda text: 23.34e9",
            "comma as thousands separator": """
def read_number(text):
    words = {"ribu": 1e3, "juta": 1e6, "miliar": 1e9, "triliun": 1e12}
    digits, _, word = text.replace("%", "").partition(" ")
    return float(digits.replace(",", "")) * words.get(word, 1)
""",
            "the word is ignored": """
def read_number(text):
    return float(text.split()[0].replace("%", "").replace(".", "").replace(",", "."))
""",
            "miliar taken for million": """
def read_number(text):
    words = {"ribu": 1e3, "juta": 1e6, "miliar": 1e6, "triliun": 1e9}
    digits, _, word = text.replace("%", "").partition(" ")
    return float(digits.replace(".", "").replace(",", ".")) * words.get(word, 1)
""",
            "triliun forgotten": """
def read_number(text):
    words = {"ribu": 1e3, "juta": 1e6, "miliar": 1e9}
    digits, _, word = text.replace("%", "").partition(" ")
    return float(digits.replace(".", "").replace(",", ".")) * words.get(word, 1)
""",
            "text instead of a number": """
def read_number(text):
    return text.replace("%", "").replace(".", "").replace(",", ".").split()[0]
""",
            "per cent turned into a fraction": """
def read_number(text):
    words = {"ribu": 1e3, "juta": 1e6, "miliar": 1e9, "triliun": 1e12, "%": 0.01}
    digits, _, word = text.replace("%", " %").partition(" ")
    return float(digits.replace(".", "").replace(",", ".")) * words.get(word, 1)
""",
            "only the first dot goes": """
def read_number(text):
    words = {"ribu": 1e3, "juta": 1e6, "miliar": 1e9, "triliun": 1e12}
    digits, _, word = text.replace("%", "").partition(" ")
    return float(digits.replace(".", "", 1).replace(",", ".")) * words.get(word, 1)
""",
            "prints and returns nothing": """
def read_number(text):
    print(float(text.split()[0].replace("%", "").replace(".", "").replace(",", ".")))
""",
        },
    },
    "q2": {
        "right": {
            "groupby": "speaker_counts = claims.groupby('speaker').size()",
            "a dict of int": "speaker_counts = {s: int((claims['speaker'] == s).sum()) for s in claims['speaker'].unique()}",
            "collections.Counter": "import collections\nspeaker_counts = collections.Counter(claims['speaker'])",
            "floats": "speaker_counts = claims['speaker'].value_counts().astype(float)",
            "ascending order": "speaker_counts = claims['speaker'].value_counts(ascending=True)",
        },
        "wrong": {
            "a constant": "speaker_counts = 16",
            "shares": "speaker_counts = claims['speaker'].value_counts(normalize=True)",
            "another column": "speaker_counts = claims['checkable'].value_counts()",
            "the total for each": "speaker_counts = {s: len(claims) for s in claims['speaker']}",
            "an even split": "n = claims['speaker'].nunique()\nspeaker_counts = {s: len(claims) / n for s in claims['speaker']}",
            "one speaker left out": "speaker_counts = claims.loc[claims['speaker'] != 'reporter', 'speaker'].value_counts()",
            "two speakers swapped": """
speaker_counts = claims["speaker"].value_counts().to_dict()
names = sorted(speaker_counts, key=speaker_counts.get)
speaker_counts[names[0]], speaker_counts[names[-1]] = speaker_counts[names[-1]], speaker_counts[names[0]]
""",
            "the speakers alone": "speaker_counts = claims['speaker'].unique()",
        },
    },
    "q3": {
        "right": {
            "floats and a short name": """
record = {"speaker": "Liu", "start_pct": 20.0, "end_pct": 80.0, "baseline_chip": None, "workload": None,
          "metric": None, "start_date": None}
""",
            "a Series with NaN, another order": """
record = pd.Series({"end_pct": 80, "start_pct": 20, "metric": float("nan"), "workload": pd.NA,
                    "baseline_chip": None, "start_date": None, "speaker": "Liu Qingfeng, founder"})
""",
            "empty texts": """
record = dict(speaker="liu qingfeng", start_pct=20, end_pct=80, baseline_chip="", workload="", metric="",
              start_date="")
""",
            "a frame of one row": """
record = pd.DataFrame([{"speaker": "Liu Qingfeng", "start_pct": 20, "end_pct": 80, "baseline_chip": None,
                        "workload": None, "metric": None, "start_date": None}])
""",
        },
        "wrong": {
            "everything None": "record = dict.fromkeys(['speaker', 'start_pct', 'end_pct', 'baseline_chip', 'workload', 'metric', 'start_date'])",
            "the workload of another source": """
record = {"speaker": "Liu Qingfeng", "start_pct": 20, "end_pct": 80, "baseline_chip": None,
          "workload": "training of reasoning models", "metric": None, "start_date": None}
""",
            "the maker taken for a chip": """
record = {"speaker": "Liu Qingfeng", "start_pct": 20, "end_pct": 80, "baseline_chip": "Nvidia",
          "workload": None, "metric": None, "start_date": None}
""",
            "fractions in a column of per cent": """
record = {"speaker": "Liu Qingfeng", "start_pct": 0.2, "end_pct": 0.8, "baseline_chip": None,
          "workload": None, "metric": None, "start_date": None}
""",
            "a date nobody gave": """
record = {"speaker": "Liu Qingfeng", "start_pct": 20, "end_pct": 80, "baseline_chip": None,
          "workload": None, "metric": None, "start_date": "end of 2024"}
""",
            "the company as the speaker": """
record = {"speaker": "iFlytek", "start_pct": 20, "end_pct": 80, "baseline_chip": None,
          "workload": None, "metric": None, "start_date": None}
""",
            "the gain in place of the end": """
record = {"speaker": "Liu Qingfeng", "start_pct": 20, "end_pct": 60, "baseline_chip": None,
          "workload": None, "metric": None, "start_date": None}
""",
            "before and after swapped": """
record = {"speaker": "Liu Qingfeng", "start_pct": 80, "end_pct": 20, "baseline_chip": None,
          "workload": None, "metric": None, "start_date": None}
""",
            "numbers as text": """
record = {"speaker": "Liu Qingfeng", "start_pct": "20%", "end_pct": "80%", "baseline_chip": None,
          "workload": None, "metric": None, "start_date": None}
""",
            "a guessed metric": """
record = {"speaker": "Liu Qingfeng", "start_pct": 20, "end_pct": 80, "baseline_chip": None,
          "workload": None, "metric": "energy", "start_date": None}
""",
        },
    },
    "q4": {
        "right": {
            "numpy scalars": """
import numpy as np
def change(before, after):
    b, a = np.float64(before), np.float64(after)
    return {"points": a - b, "percent": (a - b) / b * 100, "times": a / b}
""",
            "a Series, another order": """
def change(before, after):
    return pd.Series({"times": after / before, "percent": 100 * after / before - 100, "points": after - before})
""",
            "rounded to ten digits": """
def change(before, after):
    return {"points": after - before, "percent": round(100 * (after / before - 1), 10), "times": round(after / before, 10)}
""",
        },
        "wrong": {
            "a constant": "change = lambda before, after: {'points': 60, 'percent': 300, 'times': 4}",
            "points called per cent": """
def change(before, after):
    return {"points": after - before, "percent": after - before, "times": after / before}
""",
            "per cent of the end": """
def change(before, after):
    return {"points": after - before, "percent": 100 * (after - before) / after, "times": after / before}
""",
            "times as much taken for per cent": """
def change(before, after):
    return {"points": after - before, "percent": 100 * after / before, "times": after / before}
""",
            "upside down": """
def change(before, after):
    return {"points": before - after, "percent": 100 * (before / after - 1), "times": before / after}
""",
            "a fall made positive": """
def change(before, after):
    return {"points": abs(after - before), "percent": abs(100 * (after / before - 1)), "times": after / before}
""",
            "a fraction in place of per cent": """
def change(before, after):
    return {"points": after - before, "percent": after / before - 1, "times": after / before}
""",
            "texts with units": """
def change(before, after):
    return {"points": f"{after - before} points", "percent": "300%", "times": "4x"}
""",
        },
    },
    "q5": {
        "right": {
            "a sorted list": """
def lost(told, statement, source):
    t = told.query("statement == @statement")
    s = t.query("source_key == @source")
    if s["seen"].iloc[0] == "excerpt":
        return None
    first = set(t[t["step"] == 1].dropna(subset="wording")["detail"])
    return sorted(first - set(s.dropna(subset="wording")["detail"]))
""",
            "a loop over rows": """
def lost(told, statement, source):
    first, own, full = [], [], True
    for _, row in told.iterrows():
        if row["statement"] != statement:
            continue
        if row["source_key"] == source:
            full = full and row["seen"] == "full"
            if pd.notna(row["wording"]):
                own.append(row["detail"])
        if row["step"] == 1 and pd.notna(row["wording"]):
            first.append(row["detail"])
    return tuple(d for d in first if d not in own) if full else None
""",
            "a pivot, an Index": """
def lost(told, statement, source):
    about = told[told["statement"] == statement]
    if set(about.loc[about["source_key"] == source, "seen"]) != {"full"}:
        return None
    first = about.loc[about["step"] == 1, "source_key"].iloc[0]
    wide = about.pivot(index="detail", columns="source_key", values="wording")
    return wide.index[wide[first].notna() & wide[source].isna()]
""",
        },
        "wrong": {
            "a constant": "lost = lambda told, statement, source: {'workload', 'start_date', 'end_date'}",
            "always None": "lost = lambda told, statement, source: None",
            "excerpts convicted too": """
def lost(told, statement, source):
    t = told[told["statement"] == statement]
    first = t[(t["step"] == 1) & t["wording"].notna()]
    return set(first["detail"]) - set(t.loc[(t["source_key"] == source) & t["wording"].notna(), "detail"])
""",
            "what was never stated counted as lost": """
def lost(told, statement, source):
    s = told[(told["statement"] == statement) & (told["source_key"] == source)]
    return None if (s["seen"] == "excerpt").any() else set(s.loc[s["wording"].isna(), "detail"])
""",
            "reworded counted as lost": """
def lost(told, statement, source):
    t = told[told["statement"] == statement]
    s = t[t["source_key"] == source].set_index("detail")
    if (s["seen"] == "excerpt").any():
        return None
    first = t[(t["step"] == 1) & t["wording"].notna()].set_index("detail")["wording"]
    return {d for d, w in first.items() if pd.isna(s["wording"].get(d)) or s["wording"][d] != w}
""",
            "the statement forgotten": """
def lost(told, statement, source):
    s = told[told["source_key"] == source]
    if (s["seen"] == "excerpt").any():
        return None
    first = told[(told["step"] == 1) & told["wording"].notna()]
    return set(first["detail"]) - set(s.loc[s["wording"].notna(), "detail"])
""",
            "how many instead of which": """
def lost(told, statement, source):
    t = told[told["statement"] == statement]
    s = t[t["source_key"] == source]
    if (s["seen"] == "excerpt").any():
        return None
    return int(t.loc[t["step"] == 1, "wording"].notna().sum() - s["wording"].notna().sum())
""",
            "an empty set for an excerpt": """
def lost(told, statement, source):
    t = told[told["statement"] == statement]
    s = t[t["source_key"] == source]
    if (s["seen"] == "excerpt").any():
        return set()
    first = t[(t["step"] == 1) & t["wording"].notna()]
    return set(first["detail"]) - set(s.loc[s["wording"].notna(), "detail"])
""",
        },
    },
    "q6": {
        "right": {
            "a tuple": """
def first_to_say(told, statement, detail):
    t = told[(told["statement"] == statement) & (told["detail"] == detail)].dropna(subset="wording")
    return tuple(t[t["step"] == t["step"].min()]["source_key"])
""",
            "a Series": """
def first_to_say(told, statement, detail):
    t = told[(told["statement"] == statement) & (told["detail"] == detail) & ~told["wording"].isna()]
    return t[t["step"].eq(t["step"].min())]["source_key"]
""",
            "step by step": """
def first_to_say(told, statement, detail):
    for step in sorted(told["step"].unique()):
        here = told[(told["step"] == step) & (told["statement"] == statement) & (told["detail"] == detail)]
        names = [row["source_key"] for _, row in here.iterrows() if pd.notna(row["wording"])]
        if names:
            return names
    return []
""",
        },
        "wrong": {
            "a constant": "first_to_say = lambda told, statement, detail: ['TECHENET']",
            "everybody who says it": """
def first_to_say(told, statement, detail):
    t = told[(told["statement"] == statement) & (told["detail"] == detail) & told["wording"].notna()]
    return t.sort_values("step")["source_key"].to_list()
""",
            "the first row, not the first step": """
def first_to_say(told, statement, detail):
    t = told[(told["statement"] == statement) & (told["detail"] == detail) & told["wording"].notna()]
    return t["source_key"].to_list()[:1]
""",
            "missing wordings count": """
def first_to_say(told, statement, detail):
    t = told[(told["statement"] == statement) & (told["detail"] == detail)]
    return t.loc[t["step"] == t["step"].min(), "source_key"].to_list()
""",
            "the statement forgotten": """
def first_to_say(told, statement, detail):
    t = told[(told["detail"] == detail) & told["wording"].notna()]
    return t.loc[t["step"] == t["step"].min(), "source_key"].to_list()
""",
            "wordings in place of sources": """
def first_to_say(told, statement, detail):
    t = told[(told["statement"] == statement) & (told["detail"] == detail) & told["wording"].notna()]
    return t.loc[t["step"] == t["step"].min(), "wording"].to_list()
""",
            "None where nobody says it": """
def first_to_say(told, statement, detail):
    t = told[(told["statement"] == statement) & (told["detail"] == detail) & told["wording"].notna()]
    return t.loc[t["step"] == t["step"].min(), "source_key"].to_list() or None
""",
            "one text, not a list": """
def first_to_say(told, statement, detail):
    t = told[(told["statement"] == statement) & (told["detail"] == detail) & told["wording"].notna()]
    return ", ".join(t.loc[t["step"] == t["step"].min(), "source_key"])
""",
        },
    },
    "q7": {
        "right": {
            "a list": """
def range_claimed(statements, speaker):
    own = statements.query("speaker == @speaker")
    return [own["to_pct_low"].min(), own["to_pct_high"].max()]
""",
            "an array": """
import numpy as np
def range_claimed(statements, speaker):
    own = statements[statements["speaker"] == speaker].dropna(subset=["to_pct_low", "to_pct_high"])
    return np.array([own["to_pct_low"].min(), own["to_pct_high"].max()], dtype=float)
""",
            "both columns at once": """
def range_claimed(statements, speaker):
    both = statements.loc[statements["speaker"] == speaker, ["to_pct_low", "to_pct_high"]]
    return both.min().min(), both.max().max()
""",
        },
        "wrong": {
            "a constant": "range_claimed = lambda statements, speaker: (73, 100)",
            "all speakers": """
def range_claimed(statements, speaker):
    return statements["to_pct_low"].min(), statements["to_pct_high"].max()
""",
            "the first and the last statement": """
def range_claimed(statements, speaker):
    own = statements[statements["speaker"] == speaker]
    return own["to_pct_low"].iloc[0], own["to_pct_high"].iloc[-1]
""",
            "the wrong way round": """
def range_claimed(statements, speaker):
    own = statements[statements["speaker"] == speaker]
    return own["to_pct_high"].max(), own["to_pct_low"].min()
""",
            "only the upper column": """
def range_claimed(statements, speaker):
    own = statements[statements["speaker"] == speaker]
    return own["to_pct_high"].min(), own["to_pct_high"].max()
""",
            "the width of the range": """
def range_claimed(statements, speaker):
    own = statements[statements["speaker"] == speaker]
    return own["to_pct_high"].max() - own["to_pct_low"].min()
""",
            "missing values counted as zero": """
def range_claimed(statements, speaker):
    own = statements[statements["speaker"] == speaker].fillna({"to_pct_low": 0, "to_pct_high": 0})
    return own["to_pct_low"].min(), own["to_pct_high"].max()
""",
            "fractions": """
def range_claimed(statements, speaker):
    own = statements[statements["speaker"] == speaker]
    return own["to_pct_low"].min() / 100, own["to_pct_high"].max() / 100
""",
        },
    },
    "q8": {
        "right": {
            "a Timedelta": """
def days_until_changed(changes, document):
    own = changes[(changes["document"] == document)].dropna(subset="wording").sort_values("version")
    start = own["published_on"].iloc[0]
    for detail, rows in own.groupby("detail"):
        for _, row in rows.iterrows():
            if row["wording"] != rows["wording"].iloc[0]:
                return row["published_on"] - start
    return None
""",
            "shift within each detail": """
def days_until_changed(changes, document):
    own = changes[(changes["document"] == document) & changes["wording"].notna()].sort_values("version")
    before = own.groupby("detail")["wording"].shift()
    changed = own[before.notna() & (before != own["wording"])]
    if changed.empty:
        return None
    return float((changed["published_on"].min() - own["published_on"].min()).days)
""",
            "a merge": """
def days_until_changed(changes, document):
    own = changes[(changes["document"] == document)].dropna(subset="wording")
    first = own[own["version"] == own["version"].min()]
    both = own.merge(first, on="detail", suffixes=("", "_first"))
    other = both[both["wording"] != both["wording_first"]]
    return None if other.empty else (other["published_on"] - other["published_on_first"]).min().days
""",
        },
        "wrong": {
            "a constant": "days_until_changed = lambda changes, document: 7",
            "always None": "days_until_changed = lambda changes, document: None",
            "first to last version, changed or not": """
def days_until_changed(changes, document):
    dates = changes.loc[changes["document"] == document, "published_on"]
    return (dates.max() - dates.min()).days
""",
            "the document forgotten": """
def days_until_changed(changes, document):
    known = changes.dropna(subset="wording").sort_values("version")
    before = {}
    for row in known.itertuples():
        if before.setdefault(row.detail, row.wording) != row.wording:
            return (row.published_on - known["published_on"].min()).days
    return None
""",
            "a missing wording taken for a change": """
def days_until_changed(changes, document):
    own = changes[changes["document"] == document].sort_values("version").fillna({"wording": ""})
    before = {}
    for row in own.itertuples():
        if before.setdefault(row.detail, row.wording) != row.wording:
            return (row.published_on - own["published_on"].min()).days
    return None
""",
            "backwards": """
def days_until_changed(changes, document):
    own = changes[(changes["document"] == document)].dropna(subset="wording").sort_values("version")
    before = {}
    for row in own.itertuples():
        if before.setdefault(row.detail, row.wording) != row.wording:
            return (own["published_on"].min() - row.published_on).days
    return None
""",
            "months in place of days": """
def days_until_changed(changes, document):
    own = changes[(changes["document"] == document)].dropna(subset="wording").sort_values("version")
    before = {}
    for row in own.itertuples():
        if before.setdefault(row.detail, row.wording) != row.wording:
            return (row.published_on - own["published_on"].min()).days / 30
    return None
""",
            "zero in place of None": """
def days_until_changed(changes, document):
    own = changes[(changes["document"] == document)].dropna(subset="wording").sort_values("version")
    before = {}
    for row in own.itertuples():
        if before.setdefault(row.detail, row.wording) != row.wording:
            return (row.published_on - own["published_on"].min()).days
    return 0
""",
        },
    },
}
