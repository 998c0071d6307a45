"""Instant checks of unit 1, "What exactly was said?".

Each takes what the student made and returns a :class:`~chipgap.checks.kit.Result`. The tables
in here are small inventions with the shape of the real ones, so that no check holds an answer.
"""

from typing import Any

import pandas as pd

from chipgap.checks.hints import Hints
from chipgap.checks.kit import check, mapping, missing, near, need, number, run, sequence
from chipgap.data import load

hint = Hints(
    {
        "q1": (
            "Work on the text in three steps: what follows the number (a word, a % sign), the dots, the comma.",
            "Dots separate thousands and can go. The comma marks decimals and must become a dot before float() "
            "can read the text.",
            'Keep the words in a dict, {"ribu": 1e3, "juta": 1e6, …}; split the text at the space, read the first '
            "part, multiply by the word's factor if there is one.",
        ),
        "q2": (
            "You want one number for each different value of the column speaker.",
            "pandas has one method of a column for exactly this: it counts how often each value occurs.",
        ),
        "q3": (
            "Cover everything you know from elsewhere. Read the sentence again, word by word, and ask of each "
            "entry: which words say so?",
            "A maker is not a chip model. 'Used to be' is not a date. Where no word answers, the entry is None.",
        ),
        "q4": (
            "Three different questions: how far apart, how much bigger relative to where it started, how many "
            "times as big.",
            "Points are a difference, times is a quotient, and percent can be worked out from times.",
            "Something that grows by 100% is 2 times as big.",
        ),
        "q5": (
            "First keep only the rows of this statement. Then collect two sets of details: those the first step "
            "states (its wording is not missing) and those your source states.",
            "What is lost is the difference between the two sets. In pandas, .notna() tells where there is a wording.",
            'Before you return it, look at the column seen of your source: only "full" lets you say that '
            "something is not there.",
        ),
        "q6": (
            "Keep the rows of this statement and this detail that have a wording.",
            "Among those, which step is the smallest? The answer is the source_key of every row at that step.",
            "An empty table has no smallest step; comparing with it gives no rows, so the list is empty by itself.",
        ),
        "q7": (
            "Filter the rows of the speaker, then look at two columns: the lowest and the highest share claimed.",
            "Which column does each end of the range belong to? The .min() and .max() of a column skip missing "
            "values; Python's own min() and max() stumble over them.",
        ),
        "q8": (
            "Keep the rows of the document whose wording is known, and sort them by version.",
            "Put the wordings of the first version into a dict, detail to wording. Then go through the later rows and "
            "stop at the first that differs from it.",
            "The difference of two dates is a Timedelta; its attribute days is the whole number you need.",
        ),
    }
)


@check("q1", "Decimal comma, thousands dots and Indonesian number words: you can now read the article's figures.")
def q1(read_number: Any) -> None:
    """Check a function ``read_number(text) -> float`` for numbers written the Indonesian way."""
    need(
        not missing(run(read_number, "7")),
        "read_number('7') returned nothing: does the function end in return?",
    )
    need(near(number(run(read_number, "7"), "read_number('7')"), 7), "read_number('7') should be 7.")
    half = number(run(read_number, "1,5"), "read_number('1,5')")
    need(
        1 < half < 2,
        f"read_number('1,5') gave {half:g}. In Indonesian the comma marks decimals: one and a half.",
    )
    grouped = number(run(read_number, "1.250"), "read_number('1.250')")
    need(
        grouped > 1000,
        f"read_number('1.250') gave {grouped:g}. The dot separates thousands: it is over a thousand.",
    )
    million = number(run(read_number, "3 juta"), "read_number('3 juta')")
    need(near(million, 3e6), f"read_number('3 juta') gave {million:g}; it is three million.")
    billion = number(run(read_number, "3 miliar"), "read_number('3 miliar')")
    need(near(billion, 1000 * million), "One miliar is a thousand juta; your two results do not say so.")
    for big, small in (("3 juta", "3 ribu"), ("3 triliun", "3 miliar")):
        larger, smaller = (number(run(read_number, text), f"read_number({text!r})") for text in (big, small))
        need(near(larger, 1000 * smaller), f"{big} is a thousand times {small}; your two results do not say so.")
    share = number(run(read_number, "40%"), "read_number('40%')")
    need(near(share, 40), f"read_number('40%') gave {share:g}; leave percent as it is written: 40.")


@check("q2", "Every claim has one speaker. Notice how many come from the company that gains if you believe them.")
def q2(speaker_counts: Any) -> None:
    """Check a count of claims per speaker: a Series or dict, speaker to whole number."""
    counts = mapping(speaker_counts, "speaker_counts")
    speakers = set(load("claims")["speaker"])
    strange = set(counts) - speakers
    need(not strange, f"{sorted(map(str, strange))[:3]} are not in the column speaker: count that column.")
    values = [number(value, f"The count for {speaker}") for speaker, value in counts.items()]
    need(set(counts) == speakers, f"Speakers are missing: {sorted(speakers - set(counts))}.")
    need(not near(sum(values), 1), "These are shares; count the claims instead.")
    total = len(load("claims"))
    need(near(sum(values), total), f"Your counts add up to {sum(values):g}, but there are {total} claims.")


RECORD_KEYS = ("speaker", "start_pct", "end_pct", "baseline_chip", "workload", "metric", "start_date")


@check("q3", "That is the whole sentence as data. The empty entries are the finding: so much is not said.")
def q3(record: Any) -> None:
    """Check a record of claim A06 with the keys :data:`RECORD_KEYS`, None where nothing is said."""
    row = mapping(record, "record")
    absent = [key for key in RECORD_KEYS if key not in row]
    need(not absent, f"record lacks {', '.join(absent[:1])!r}. It needs: {', '.join(RECORD_KEYS)}.")
    need(not missing(row["speaker"]), "The first of the two sentences names the person who said it: fill in speaker.")
    start, end = (number(row[key], f"record[{key!r}]") for key in ("start_pct", "end_pct"))
    need(end > 1, "The entries end in _pct: write per cent as in the article, not a fraction of one.")
    need(start < end, "The article says that efficiency rose: start_pct should be below end_pct.")
    claims: dict[Any, Any] = load("claims").set_index("claim_id").to_dict("index")
    said = [claims["A06"]["value_from"], claims["A06"]["value_to"]]
    need([start, end] == said, "One of the two figures is not in the sentence.")
    named = str(row["speaker"]).lower()
    need(
        any(word in named for word in claims["A05"]["speaker"].lower().split()),
        "The speaker is the person whom the first of the two sentences names.",
    )
    unsaid = {
        "workload": "The sentence does not say what was being computed. Another source does: its row, not this one.",
        "baseline_chip": "The sentence names a maker, not a chip. Which of its chips? It does not say: None.",
        "metric": "Efficiency of what, measured how? No word of the sentence tells: None.",
        "start_date": "'Used to be' is not a date. Another source gives one; these sentences do not: None.",
    }
    for key, message in unsaid.items():
        need(missing(row[key]), message)


@check("q4", "Three true ways to put one change, and three very different headlines.")
def q4(change: Any) -> None:
    """Check a function ``change(before, after)`` that returns a dict of points, percent and times."""
    for before, after in ((50, 75), (40, 10)):
        call = f"change({before}, {after})"
        parts = mapping(run(change, before, after), call)
        absent = [key for key in ("points", "percent", "times") if key not in parts]
        need(not absent, f"{call} lacks {', '.join(absent[:1])!r}: it needs points, percent and times.")
        points, percent, times = (number(parts[key], f"{call}[{key!r}]") for key in ("points", "percent", "times"))
        need(near(points, after - before), f"{call}: from {before} to {after} it is not {points:g} points.")
        need(near(times * before, after), f"{call}: {times:g} times {before} is not {after}.")
        need(not near(percent, points), f"{call}: percent is relative to where it started, points are not.")
        need(
            near(percent, 100 * (times - 1)),
            f"{call}: {times:g} times as much is not a change of {percent:g}%.",
        )


@check(
    "your count", "A defensible count: about the baseline one can argue. Compare it with your guess in the next cell."
)
def kept(count: Any) -> None:
    """Check the lesson's count of details of the efficiency statement that the article keeps."""
    retellings = load("retellings")
    way = retellings[(retellings["statement"] == "efficiency") & retellings["wording"].notna()]
    stated = {source: set(rows["detail"]) for source, rows in way.groupby("source_key")}
    given = number(count, "Your count")
    both = stated["SCMP"] & stated["SEED"]
    need(given == int(given) >= 0, "A count is a whole number.")
    need(given <= len(both), f"Only {len(both)} details have a wording in both columns; unchanged ones are among them.")
    need(given < len(both), "These are all details that both state. Compare the wordings: some say something else.")
    changed = way[(way["source_key"] == "SEED") & (way["fate"] == "changed")]
    firm = changed[changed["confidence"] == "H"]  # where one may argue either way, both counts are right
    need(given <= len(both) - len(firm), "Look again: one more wording in the right column has another meaning.")
    need(given >= len(both) - len(changed), "That is too few: a wording that means the same counts as unchanged.")


def _told() -> pd.DataFrame:
    """Return an invented story: Paper (step 1), Copy (seen in full), Snippet (an excerpt), Late (in full)."""
    rows = [
        ("harvest", 1, "Paper", "who", "the farmer", "full"),
        ("harvest", 1, "Paper", "crop", "rice, wet season", "full"),
        ("harvest", 1, "Paper", "year", "2019", "full"),
        ("harvest", 1, "Paper", "price", pd.NA, "full"),
        ("harvest", 3, "Late", "who", "the farmer", "full"),
        ("harvest", 3, "Late", "crop", pd.NA, "full"),
        ("harvest", 3, "Late", "year", pd.NA, "full"),
        ("harvest", 3, "Late", "price", "a record", "full"),
        ("harvest", 2, "Copy", "who", "a farmer", "full"),
        ("harvest", 2, "Copy", "crop", "rice", "full"),
        ("harvest", 2, "Copy", "year", pd.NA, "full"),
        ("harvest", 2, "Copy", "price", "a record", "full"),
        ("harvest", 2, "Snippet", "who", "the farmer", "excerpt"),
        ("harvest", 2, "Snippet", "crop", pd.NA, "excerpt"),
        ("harvest", 2, "Snippet", "year", "2019", "excerpt"),
        ("harvest", 2, "Snippet", "price", pd.NA, "excerpt"),
        ("harvest", 3, "Late", "buyer", "the mill", "full"),
        ("harvest", 2, "Copy", "buyer", "a mill", "full"),
        ("harvest", 2, "Snippet", "buyer", "the mill", "excerpt"),
        ("rain", 1, "Paper", "when", "in May", "full"),
        ("rain", 2, "Copy", "when", pd.NA, "full"),
    ]
    return pd.DataFrame(rows, columns=["statement", "step", "source_key", "detail", "wording", "seen"])


def _set_of(answer: Any, call: str) -> set[str]:
    return {str(item) for item in sequence(answer, call)}


@check("q5", "You can say what a retelling lost, and you know when you cannot say it.")
def q5(lost: Any) -> None:
    """Check ``lost(told, statement, source)``: the set of lost details, None for an excerpt."""
    told = _told()
    before = told.copy()
    copy = _set_of(run(lost, told, "harvest", "Copy", shown="lost(told, 'harvest', 'Copy')"), "lost(…, 'Copy')")
    need(
        "when" not in copy,
        "Your answer for one statement holds a detail of another: filter by statement first.",
    )
    need("crop" not in copy, "A detail that is told in other words is not lost: the wording is still there.")
    need("price" not in copy, "A detail that the first source never stated cannot be lost.")
    need(
        len(copy) == 1,
        f"In an invented story Copy drops one detail of Paper; you found {sorted(copy) or 'none'}.",
    )
    own = _set_of(run(lost, told, "harvest", "Paper", shown="lost(told, 'harvest', 'Paper')"), "lost(…, 'Paper')")
    need(not own, "The first source cannot have lost something that it says itself.")
    snippet = run(lost, told, "harvest", "Snippet", shown="lost(told, 'harvest', 'Snippet')", none_is_fine=True)
    need(
        snippet is None,
        "Snippet was seen only as an excerpt: what is not in it may stand in the rest. Return None.",
    )
    need(told.equals(before), "Your function changed the table it was given: work on a copy.")


@check("q6", "You can name the first to state a detail, in all that we have seen.")
def q6(first_to_say: Any) -> None:
    """Check ``first_to_say(told, statement, detail)``: the source keys at the earliest step that states it."""
    told = _told()
    shown = "first_to_say(told, 'harvest', '{}')"

    def asked(detail: str) -> list[Any]:
        call = shown.format(detail)
        return sequence(run(first_to_say, told, "harvest", detail, shown=call), call)

    need(asked("crop") == ["Paper"], "In an invented story Paper, at step 1, is the first to name the crop.")
    price = asked("price")
    need("Snippet" not in price, "A source with no wording for the detail did not state it.")
    need("Late" not in price, "A source at a later step is not the first, wherever its row stands.")
    need(price == ["Copy"], f"In an invented story Copy is the first to state a price; you found {price}.")
    need(asked("weather") == [], "Nobody states the weather: return an empty list.")
    tie = sorted(asked("buyer"))
    need(tie == ["Copy", "Snippet"], f"Two sources at the same step are the first to name a buyer; you found {tie}.")
    call = "first_to_say(told, 'rain', 'who')"
    other = sequence(run(first_to_say, told, "rain", "who", shown=call), call)
    need(other == [], "In another statement nobody says who: filter by statement as well.")


def _forecasts() -> pd.DataFrame:
    """Return invented forecasts in the shape of efficiency_statements."""
    rows = [
        ("Ada", 57.0, 60.0),
        ("Ada", pd.NA, pd.NA),
        ("Ada", 60.0, 70.0),
        ("Ada", 55.0, 56.0),
        ("Ben", 10.0, 99.0),
        ("Ada Ann", 5.0, 6.0),
    ]
    table = pd.DataFrame(rows, columns=["speaker", "to_pct_low", "to_pct_high"])
    return table.astype({"to_pct_low": "Float64", "to_pct_high": "Float64"})


@check("q7", "One speaker, one chip, and a range that wide: which of the numbers would you have printed?")
def q7(range_claimed: Any) -> None:
    """Check ``range_claimed(statements, speaker)``: the lowest and the highest share, in per cent."""
    call = "range_claimed(statements, 'Ada')"
    pair = sequence(run(range_claimed, _forecasts(), "Ada", shown=call), call)
    need(len(pair) == 2, f"{call} should be a pair (lowest, highest); it has {len(pair)} parts.")
    low, high = (number(value, f"{call}: each part") for value in pair)
    need(low == low and high == high, "A missing value came through: skip the statements without a number.")  # noqa: PLR0124
    need(low <= high, "The lowest comes first.")
    need(high < 99 and low > 5, "Somebody else's statement is in your range: filter by speaker, and by the whole name.")
    need(near(low, 55), "The lowest share that Ada claimed is another: the lowest of to_pct_low over all her rows.")
    need(near(high, 70), "The highest share that Ada claimed is another: the highest of to_pct_high over all her rows.")


def _notices() -> pd.DataFrame:
    """Return invented notices in the shape of wording_changes: one reworded, one kept, one half known."""
    rows = [
        ("park rules", 2, "2021-03-01", "dogs", "on a lead"),
        ("park rules", 1, "2021-02-26", "dogs", "forbidden"),
        ("park rules", 1, "2021-02-26", "hours", "till dusk"),
        ("park rules", 2, "2021-03-01", "hours", "till dusk"),
        ("park rules", 3, "2021-12-24", "dogs", "welcome"),
        ("menu", 1, "2021-01-01", "soup", "leek"),
        ("menu", 2, "2021-01-09", "soup", "leek"),
        ("letter", 1, "2021-01-01", "greeting", "dear"),
        ("letter", 2, "2021-01-05", "greeting", pd.NA),
    ]
    table = pd.DataFrame(rows, columns=["document", "version", "published_on", "detail", "wording"])
    return table.astype({"published_on": "datetime64[ns]"})


@check("q8", "The same ruler, laid on the other side: an official wording can change within days too.")
def q8(days_until_changed: Any) -> None:
    """Check ``days_until_changed(changes, document)``: whole days to the first other wording, or None."""
    notices = _notices()

    def asked(document: str) -> Any:
        call = f"days_until_changed(changes, {document!r})"
        return run(days_until_changed, notices, document, shown=call, none_is_fine=True)

    answer = asked("park rules")
    need(answer is not None, "Not answered yet? In an invented table the park rules are reworded; you return None.")
    days = number(answer.days if isinstance(answer, pd.Timedelta) else answer, "The number of days")
    need(days >= 0, "Count from the first version to the later one, whatever the order of the rows.")
    need(days < 100, "Stop at the first version that is worded differently, not at the last.")
    need(near(days, 3), f"In an invented table the park rules are reworded after three days; you counted {days:g}.")
    need(asked("menu") is None, "A second version with the same words is no change: return None.")
    need(asked("letter") is None, "A missing wording is not another wording: we just do not know it.")
