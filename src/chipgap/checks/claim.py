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
            "A maker is not a chip. 'Previously' is not a date. Where no word of the sentence answers, the entry "
            "is None.",
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
            "If the first step states the detail, nobody added it: the answer is an empty list.",
            "Else: the sources of this statement that have a wording for this detail, sorted by step.",
        ),
        "q7": (
            "Filter the rows of the speaker, then look at two columns: the lowest and the highest share claimed.",
            "pandas' min() and max() skip missing values. Which column does each of them belong to?",
        ),
        "q8": (
            "Filter the rows of the statement. The earliest and the latest of published_on are all you need.",
            "The difference of two dates is a Timedelta; it has an attribute days.",
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
    need(million > 3, "read_number('3 juta') should be three million: the word after the number counts too.")
    billion = number(run(read_number, "3 miliar"), "read_number('3 miliar')")
    need(near(billion, 1000 * million), "One miliar is a thousand juta; your two results do not say so.")
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
    need(not absent, f"record has no entry {absent[0]!r}. It needs: {', '.join(RECORD_KEYS)}.")
    need(not missing(row["speaker"]), "The sentence before names the person who said it: fill in speaker.")
    start, end = (number(row[key], f"record[{key!r}]") for key in ("start_pct", "end_pct"))
    need(end > 1, "The entries end in _pct: write per cent as in the article, not a fraction of one.")
    need(start < end, "The article says that efficiency rose: start_pct should be below end_pct.")
    unsaid = {
        "workload": "The sentence does not say what was being computed. Another source does; that is its row, not this one.",
        "baseline_chip": "The sentence names a maker, not a chip. Which of its chips? It does not say: None.",
        "metric": "Efficiency of what, measured how? No word of the sentence tells: None.",
        "start_date": "'Previously' is not a date. Another source gives one; this sentence does not: None.",
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
        need(not absent, f"{call} has no entry {absent[:1]}: it needs points, percent and times.")
        points, percent, times = (number(parts[key], f"{call}[{key!r}]") for key in ("points", "percent", "times"))
        need(near(points, after - before), f"{call}: from {before} to {after} it is not {points:g} points.")
        need(near(times * before, after), f"{call}: {times:g} times {before} is not {after}.")
        need(not near(percent, points), f"{call}: percent is relative to where it started, points are not.")
        need(
            near(percent, 100 * (times - 1)),
            f"{call}: {times:g} times as much is not a change of {percent:g}%.",
        )


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
        ("rain", 1, "Paper", "when", "in May", "full"),
        ("rain", 2, "Copy", "when", pd.NA, "full"),
    ]
    return pd.DataFrame(rows, columns=["statement", "step", "source_key", "detail", "wording", "seen"])


def _set_of(answer: Any, call: str) -> set[str]:
    need(answer is not None, f"{call} returned None, but that source was seen in full: there we can tell.")
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
    snippet = run(lost, told, "harvest", "Snippet", shown="lost(told, 'harvest', 'Snippet')")
    need(
        snippet is None,
        "Snippet was seen only as an excerpt: what is not in it may stand in the rest. Return None.",
    )
    need(told.equals(before), "Your function changed the table it was given: work on a copy.")


@check("q6", "You can name who brought a detail into the world, and that the first source did not.")
def q6(added_by: Any) -> None:
    """Check ``added_by(told, statement, detail)``: the source keys that added a detail, in order."""
    told = _told()
    shown = "added_by(told, 'harvest', '{}')"
    price = sequence(run(added_by, told, "harvest", "price", shown=shown.format("price")), shown.format("price"))
    need(price, "Paper does not state a price, but others do: they added it.")
    need(set(price) <= {"Copy", "Late", "Snippet", "Paper"}, "Return the source keys, not their wordings.")
    need("Snippet" not in price, "A source with no wording for the detail did not add it.")
    need(
        price[0] != "Late",
        "The order matters: the earliest step comes first, whatever the order of the rows.",
    )
    need(len(price) == 2, f"In an invented story two sources add a price; you found {price}.")
    crop = run(added_by, told, "harvest", "crop", shown=shown.format("crop"))
    need(
        not sequence(crop, shown.format("crop")),
        "Paper itself states the crop, so nobody added it: an empty list.",
    )


def _forecasts() -> pd.DataFrame:
    """Return invented forecasts in the shape of efficiency_statements."""
    rows = [("Ada", 55.0, 70.0), ("Ada", pd.NA, pd.NA), ("Ada", 60.0, 60.0), ("Ben", 10.0, 99.0)]
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
    need(high < 99, "Somebody else's statement is in your range: filter by speaker.")
    need(low < 60, "The lowest share that Ada claimed is lower: look at to_pct_low.")
    need(high > 60, "The highest share that Ada claimed is higher: look at to_pct_high.")


@check("q8", "The same ruler, laid on the other side: an official wording can change within days too.")
def q8(days_standing: Any) -> None:
    """Check ``days_standing(changes, statement_id)``: whole days from the first to the last wording."""
    changes = pd.DataFrame(
        {
            "statement_id": ["W8", "W9", "W9"],
            "published_on": pd.to_datetime(["2020-01-01", "2021-03-02", "2021-02-27"]),
        }
    )
    call = "days_standing(changes, 'W9')"
    answer = run(days_standing, changes, "W9", shown=call)
    if isinstance(answer, pd.Timedelta):
        answer = answer / pd.Timedelta(days=1)
    days = number(answer, call)
    need(days >= 0, "Count from the earliest date to the latest, whatever the order of the rows.")
    need(days < 300, "Another statement's date is in your count: filter by statement_id.")
    need(near(days, 3), f"In an invented table the two dates are three days apart; you counted {days:g}.")
