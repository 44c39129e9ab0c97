"""``causalrep benchmark``: running, resuming, refusing."""

from dataclasses import replace
from functools import partial

import pandas as pd
import pytest
from rich.console import Console

from causalrep import LinearCausalDisentanglement
from causalrep.cli import main
from causalrep.cli.progress_bar import FitsBar
from causalrep.cli.suites import SUITES, Suite
from causalrep.report import pictures
from causalrep.report.benchmark_settings import PublishedFigure, Setting
from identifiability import benchmark
from simulators import linear_disentanglement

TINY = Suite(
    name="tiny",
    title="A tiny suite",
    about=("Two latents.",),
    estimators=lambda quick: {
        way: LinearCausalDisentanglement(2, method=way) for way in ("closed-form", "squires")
    },
    settings=lambda quick: (
        Setting("d=2", 100, partial(linear_disentanglement, 2, 4, n_samples=100)),
    ),
    metrics=lambda: ("row_angle",),
    published=(PublishedFigure("d=2, n=100", "squires", "row_angle", 0.125, "Someone, 1999."),),
    n_seeds=2,
    n_quick_seeds=1,
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in an empty folder, with a suite that takes no time, and without pictures."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(SUITES, "tiny", TINY)
    monkeypatch.setattr(pictures, "find_spec", lambda name: None)
    return tmp_path


def said(capsys):
    """Return what went to the two streams, lines joined."""
    streams = capsys.readouterr()
    return " ".join(streams.out.split()), " ".join(streams.err.split())


def test_a_suite_is_run_shown_written_and_kept(folder, capsys):
    assert main(["benchmark", "tiny", "--output", "out"]) == 0
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "index.html",
        "records.jsonl",
        "results.csv",
    ]
    out, err = said(capsys)
    assert err == ""
    for sentence in (
        "A tiny suite Two latents. 2 draws of each setting, 4 fits: causalrep benchmark tiny "
        "--seeds 2 repeats it.",
        "Row angle Less is better; 0 is best.",
        "0.125 [1]",
        "[1] Someone, 1999. Given are means over runs.",
        "Ranks are not compared. To tell 2 estimators apart at level 0.05, at least 6 data sets",
        "One line for each fit and metric is in out/results.csv.",
    ):
        assert sentence in out
    frame = pd.read_csv("out/results.csv")
    assert list(frame.columns[:5]) == ["dataset", "estimator", "seed", "metric", "value"]
    assert len(frame) == 4


def test_the_same_command_goes_on_from_the_store(folder, capsys):
    assert main(["benchmark", "tiny", "--quick", "--store", "kept.jsonl"]) == 0
    assert main(["benchmark", "tiny", "--store", "kept.jsonl"]) == 0
    assert "4 fits, 2 of them found in the store: causalrep benchmark tiny" in said(capsys)[0]
    assert not (folder / "causalrep-benchmark" / "records.jsonl").exists()


def test_time_that_ran_out_is_told(folder, capsys):
    assert main(["benchmark", "tiny", "--max-time", "1e-9"]) == 0
    assert "4 of 4 fits are missing, because max_time" in said(capsys)[0]


def test_fits_that_take_too_long_have_failed_and_more_time_tries_them_again(folder, capsys):
    assert main(["benchmark", "tiny", "--max-fit-time", "1e-6"]) == 0
    assert "4 fits failed and count as worst. 2 x closed-form: TimeLimitError" in said(capsys)[0]
    assert main(["benchmark", "tiny"]) == 0
    assert "failed and count" not in said(capsys)[0]


def test_the_quick_form_says_what_is_to_be_known_of_it(folder, capsys, monkeypatch):
    monkeypatch.setitem(SUITES, "tiny", replace(TINY, about_quick="It is quick."))
    assert main(["benchmark", "tiny"]) == 0
    assert "It is quick." not in said(capsys)[0]
    assert main(["benchmark", "tiny", "--quick"]) == 0
    assert "Two latents. It is quick. 1 draw of each setting" in said(capsys)[0]


def test_stopping_says_where_what_was_fitted_is(folder, capsys, monkeypatch):
    def interrupted(*arguments, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr("identifiability.benchmark", interrupted)
    with pytest.raises(SystemExit) as stop:
        main(["benchmark", "tiny"])
    assert stop.value.code == 130
    assert "What was fitted is in causalrep-benchmark/records.jsonl" in said(capsys)[0]


def test_all_suites_are_listed(folder, capsys):
    assert main(["benchmark", "--list"]) == 0
    out = said(capsys)[0]
    assert all(name in out for name in SUITES)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "causalrep: Name a suite, such as `causalrep benchmark linear-disentanglement"),
        (["tinny"], "causalrep: There is no suite 'tinny'. Did you mean 'tiny'?"),
        (["xyzw"], "There is no suite 'xyzw'. There are linear-disentanglement, lscale,"),
        (["tiny", "--output", "table.csv"], "--output wants a folder, but 'table.csv' is a file."),
        (["tiny", "--output", "table.csv/out"], "can be written, but"),
        (["tiny", "--store", "table.csv", "--output", "."], "table.csv"),
        (["tiny", "--store", "no/folder.jsonl", "--output", "."], "no"),
    ],
)
def test_refuses_in_one_sentence_and_writes_nothing(folder, capsys, arguments, sentence):
    (folder / "table.csv").write_text("a,b\n1,2\n")
    assert main(["benchmark", *arguments]) == 2
    out, err = said(capsys)
    assert out == ""
    assert sentence in err
    assert [path.name for path in folder.iterdir()] == ["table.csv"]
    assert (folder / "table.csv").read_text() == "a,b\n1,2\n"


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--seeds", "0", "an integer from 1 on is wanted, but '0' came"),
        ("--jobs", "x", "an integer from 1 on is wanted, but 'x' came"),
        ("--max-time", "-1", "a positive number of seconds is wanted, but '-1' came"),
        ("--max-time", "soon", "a positive number of seconds is wanted, but 'soon' came"),
        ("--max-fit-time", "0", "a positive number of seconds is wanted, but '0' came"),
    ],
)
def test_refuses_numbers_that_are_none(folder, capsys, option, value, sentence):
    with pytest.raises(SystemExit) as stop:
        main(["benchmark", "tiny", option, value])
    assert stop.value.code == 2
    assert sentence in said(capsys)[1]


def test_the_bar_counts_fits_and_tells_the_time_left():
    callbacks = pytest.importorskip("sklearn.callback")
    assert callbacks
    console = Console(width=80, force_terminal=True, color_system=None)
    with console.capture() as capture:
        benchmark(
            TINY.estimators(True),
            TINY.datasets(True),
            TINY.metrics(),
            n_seeds=1,
            callbacks=(FitsBar(console),),
        )
    assert "2/2" in capture.get()
    assert "left" in capture.get()


def test_ctrl_c_ends_any_command_without_a_traceback(monkeypatch):
    def interrupted(*what):
        raise KeyboardInterrupt

    monkeypatch.setattr("causalrep.cli.parsing.run_demo", interrupted)
    assert main(["demo"]) == 130
