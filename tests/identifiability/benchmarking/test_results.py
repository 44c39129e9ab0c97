"""How a result is read: rows, tables, frames, and what they must not hide."""

import html
from math import inf, isnan, nan

import numpy as np
import pytest

from causalrep.exceptions import InvalidDataError
from identifiability import BenchmarkRecord, BenchmarkResult, BenchmarkRow, Metric
from identifiability.benchmarking.tasks import Undrawn


def record(estimator="A", seed=0, value=0.5, **more):
    return BenchmarkRecord(
        estimator=estimator, dataset="d<1", seed=seed, scores={"m": value}, seconds=2.0, **more
    )


def result(records, **more):
    names = tuple(dict.fromkeys(item.estimator for item in records)) or ("A",)
    settings = {"metrics": (Metric("m", abs, 1.0, -inf),), "n_seeds": 8, **more}
    return BenchmarkResult(records=tuple(records), estimators=names, datasets=("d<1",), **settings)


def test_a_row_holds_median_interval_and_counts():
    some = result([record(seed=k, value=k / 10, failure="E" if k < 2 else None) for k in range(8)])
    assert some.rows() == some.rows("m") == (BenchmarkRow("A", "d<1", "m", 0.35, 0.0, 0.7, 8, 2),)


def test_a_row_prints_counts_as_counts_and_infinities_as_such():
    row = BenchmarkRow("A", "d", "m", 3.0, 0.0, 12.0, 8, 0)
    assert str(row) == "3 [0, 12]"
    assert str(BenchmarkRow("A", "d", "m", 0.25, -inf, 1.0, 8, 0)) == "0.250 [-inf, 1.000]"
    assert str(BenchmarkRow("A", "d", "m", -0.5, nan, nan, 3, 0)) == "-0.500"


def test_the_table_names_failures_warnings_and_what_is_missing():
    records = [
        record(seed=0, failure="ValueError: <b>", value=-inf),
        record(seed=1, n_warnings=3, warnings=("UserWarning: hm",)),
        record(seed=2, unscored={"m": "is not a number"}, value=-inf),
    ]
    text = str(
        result(
            records,
            missing=(("d<1", "A", 3),),
            reason="time was over",
            undrawn=(Undrawn("d<1", 4, "OSError: gone"),),
            n_other_versions=2,
            damaged_lines=(7,),
        )
    )
    for sentence in (
        "1 fit failed and counts as worst. 1 x A: ValueError: <b>.",
        "1 fit warned. 1 x A: UserWarning: hm.",
        "Not every answer could be scored. 1 x A, m: is not a number.",
        "1 of 4 fits are missing, because time was over: A on d<1, seed 3.",
        "1 draw of data failed, and there are no fits to them. 1 x d<1: OSError: gone.",
        "holds 2 records of these settings by other versions of the code, left aside.",
        "Damaged lines of the store were left aside: 7.",
    ):
        assert sentence in text


def test_what_failed_or_warned_alike_is_told_once_with_an_example():
    texts = ("MyWarning: L1 --- L2 is open.", "MyWarning: L1 --- L3 is open.")
    records = [record(seed=k, n_warnings=2, warnings=texts[: k + 1]) for k in range(2)]
    records += [record("B", seed=k, failure=f"ValueError: {k} is odd: no") for k in range(4)]
    told = result(records).sentences()
    assert told[0] == (
        "4 fits failed and count as worst. 4 x B: ValueError, such as: 0 is odd: no."
    )
    assert told[1] == "2 fits warned. 2 x A: MyWarning: L1 --- L2 is open."


def test_many_kinds_of_failures_are_counted():
    names = ("ValueError", "TypeError", "KeyError", "OSError")
    told = result([record(seed=k, failure=f"{name}: no") for k, name in enumerate(names)])
    assert told.sentences()[0].endswith("1 x A: KeyError: no; and 1 other kind.")


def test_columns_of_the_table_stand_below_each_other():
    lines = str(result([record("A"), record("a long name", value=0.1)])).splitlines()[1:]
    assert lines[0].split() == ["data", "set", "estimator", "m", "fits", "failed", "seconds"]
    assert {line.rindex(" ") for line in lines[1:]} == {len(lines[1]) - 2}


def test_html_escapes_what_came_from_outside():
    page = result([record(failure="ValueError: <b>")])._repr_html_()
    assert "<b>" not in page
    assert html.escape("ValueError: <b>") in page
    assert page.count("<tr>") == 2


def test_the_frame_has_a_line_for_each_fit_and_metric():
    frame = result([record("A"), record("B", failure="E", value=-inf)]).to_frame()
    assert frame["value"].tolist() == [0.5, -inf]
    assert frame["failure"].notna().tolist() == [False, True]
    assert list(frame.columns[:5]) == ["dataset", "estimator", "seed", "metric", "value"]


def test_without_records_there_are_dashes_and_no_numbers():
    empty = result([])
    (row,) = empty.rows()
    assert isnan(row.median)
    assert row.n == row.n_failed == 0
    assert "-" in str(empty).splitlines()[2].split()
    assert empty.to_frame().empty
    assert repr(empty) == "<BenchmarkResult: 0 fits of 1 estimators to 1 data sets, 8 seeds>"


def test_other_confidence_gives_other_ends():
    some = result([record(seed=k, value=float(k)) for k in range(20)])
    wide, narrow = (some.rows("m", confidence)[0] for confidence in (0.99, 0.5))
    assert wide.low < narrow.low <= narrow.median <= narrow.high < wide.high
    assert np.isfinite([wide.low, wide.high]).all()


def test_refuses_a_metric_that_was_not_measured():
    with pytest.raises(InvalidDataError, match="'mcc' was not measured; 'm' were"):
        result([record()]).rows("mcc")
    with pytest.raises(InvalidDataError, match="confidence must be between 0 and 1"):
        result([record()]).rows("m", 95)


def test_answers_that_are_never_numbers_count_as_worst_and_a_metric_they_lack_does_not():
    never = [record(seed=k, value=-inf, unscored={"m": "is not a number"}) for k in range(8)]
    (row,) = result(never).rows()
    assert (row.median, row.n, row.n_failed) == (-inf, 8, 8)
    unscored = {"unscored": {"m": "none"}, "lacking": ("m",)}
    lacking = [record(seed=k, value=-inf, **unscored) for k in range(8)]
    (row,) = result([*lacking[1:], record(failure="E", value=-inf)]).rows()
    assert isnan(row.median)
    assert row.n == row.n_failed == 0
