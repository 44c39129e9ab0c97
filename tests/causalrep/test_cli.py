"""The command line, through its entry point."""

import os

import numpy as np
import pandas as pd
import pytest

import causalrep
from causalrep.cli import main
from causalrep.report import Report
from simulators import linear_disentanglement

FIT = ["fit", "table.csv", "--environment", "context"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in an empty folder that holds a table of three contexts."""
    monkeypatch.chdir(tmp_path)
    problem = linear_disentanglement(n_latents=2, n_features=4, random_state=0)
    frame = problem.sample(300, random_state=0).to_frame()
    frame["context"] = np.array(["none", "drug", "knock<out>"])[frame.pop("environment")]
    frame.assign(plate="p1").to_csv("table.csv", index=False)
    return tmp_path


def said(capsys):
    """Return what went to the two streams, lines joined."""
    streams = capsys.readouterr()
    return " ".join(streams.out.split()), " ".join(streams.err.split())


def test_fit_writes_a_report_and_the_model_into_the_folder_named_and_nowhere_else(folder, capsys):
    arguments = [*FIT, "--reference", "none", "--drop", "plate", "--output", "out"]
    assert main([*arguments, "--n-latents", "2"]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["out", "table.csv"]
    out, err = said(capsys)
    assert err == ""
    for sentence in (
        "900 samples of 4 features: X1, X2, X3, X4.",
        "Which contexts fit the model",
        "What is identified",
        "The report is in out/index.html.",
    ):
        assert sentence in out
    page = (folder / "out" / "index.html").read_text()
    assert "knock&lt;out&gt;" in page
    assert "knock<out>" not in page
    assert causalrep.load(folder / "out" / "model.safetensors").n_latents_ == 2


@pytest.mark.parametrize("method", ["closed-form", "squires", "lscale"])
def test_fit_knows_every_method(folder, capsys, method):
    arguments = [*FIT, "--reference", "none", "--drop", "plate", "--method", method]
    assert main([*arguments, "--n-latents", "2"]) == 0
    assert f"Fitted by method='{method}'" in said(capsys)[0]
    assert (folder / "causalrep-report" / "index.html").is_file()


def test_fit_reads_parquet_and_takes_zero_for_the_reference(folder, capsys):
    frame = pd.read_csv("table.csv").drop(columns="plate")
    frame["context"] = frame["context"].map({"none": 0, "drug": 1, "knock<out>": 2})
    frame.to_parquet("table.parquet")
    assert main(["fit", "table.parquet", "--environment", "context", "--n-latents", "2"]) == 0
    assert "0 300 reference" in said(capsys)[0]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["fit", "no.csv", "--environment", "c"], "causalrep: There is no file 'no.csv'."),
        (["fit", "no.xlsx", "--environment", "c"], "but 'no.xlsx' came. Save it as one of these."),
        (
            ["fit", "table.csv", "--environment", "where"],
            "table.csv has no column 'where'; its columns are 'X1', 'X2', 'X3', 'X4', 'context', "
            "'plate'.",
        ),
        ([*FIT, "--drop", "context"], "Column 'context' names the contexts, so it cannot be"),
        ([*FIT, "--drop", "plat"], "table.csv has no column 'plat'; its columns are 'X1',"),
        (
            FIT,
            "Measurements must be numbers, but column 'plate' is not numeric. Leave them out by "
            "--drop plate",
        ),
        ([*FIT, "--output", "table.csv/out"], "can be written, but"),
        (
            [*FIT, "--drop", "plate"],
            "No context is labelled 0, so say by --reference which one has no intervention: "
            "drug, knock<out>, none.",
        ),
        (
            [*FIT, "--drop", "plate", "--reference", "control"],
            "--reference wants one of the contexts drug, knock<out>, none, but 'control' came.",
        ),
        ([*FIT, "--output", "table.csv"], "--output wants a folder, but 'table.csv' is a file."),
        (
            [*FIT, "--drop", "plate", "--reference", "none", "--n-latents", "9"],
            "n_latents",
        ),
    ],
)
def test_refuses_in_one_sentence_and_writes_nothing(folder, capsys, arguments, sentence):
    assert main(arguments) == 2
    out, err = said(capsys)
    assert out == ""
    assert sentence in err
    assert [path.name for path in folder.iterdir()] == ["table.csv"]


def test_refuses_missing_values_by_the_name_of_their_column(folder, capsys):
    frame = pd.read_csv("table.csv").drop(columns="plate")
    frame.loc[3, "X2"] = np.nan
    frame.to_csv("table.csv", index=False)
    assert main([*FIT, "--reference", "none"]) == 2
    assert "X2" in said(capsys)[1]


def test_refuses_samples_without_a_context(folder, capsys):
    frame = pd.read_csv("table.csv").drop(columns="plate")
    frame.loc[[3, 7], "context"] = None
    frame.to_csv("table.csv", index=False)
    assert main([*FIT, "--reference", "none"]) == 2
    assert "does not in 2 rows, the first below the header being row 4" in said(capsys)[1]


def test_whole_numbers_written_as_decimals_are_labels_all_the_same(folder, capsys):
    frame = pd.read_csv("table.csv").drop(columns="plate")
    frame["context"] = frame["context"].map({"none": 0.0, "drug": 1.0, "knock<out>": 2.0})
    frame.to_csv("table.csv", index=False)
    assert main([*FIT, "--n-latents", "2"]) == 0
    assert "Beside the reference 0 there are 2 contexts" in said(capsys)[0]


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ([0.5, 1.5, 2.5], "holds 3 different decimal numbers such as 0.5. Name another column"),
        ([7, 7, 7], "At least two contexts are wanted, but all samples are of one, 7."),
    ],
)
def test_refuses_labels_that_name_no_contexts(folder, capsys, labels, sentence):
    frame = pd.read_csv("table.csv").drop(columns="plate")
    names = ["none", "drug", "knock<out>"]
    frame["context"] = frame["context"].map(dict(zip(names, labels, strict=True)))
    frame.to_csv("table.csv", index=False)
    assert main(FIT) == 2
    assert sentence in said(capsys)[1]


def test_refuses_an_output_folder_without_rights_before_fitting(folder, capsys, monkeypatch):
    monkeypatch.setattr(os, "access", lambda place, mode: False)
    assert main([*FIT, "--reference", "none", "--drop", "plate", "--output", "out"]) == 2
    out, err = said(capsys)
    assert out == ""
    assert f"can be written, but '{folder}' cannot. Name another place." in err


def test_says_which_file_could_not_be_written(folder, capsys, monkeypatch):
    def fails(*_):
        raise PermissionError(13, "Permission denied", "out/index.html")

    monkeypatch.setattr(Report, "write", fails)
    assert main([*FIT, "--reference", "none", "--drop", "plate", "--n-latents", "2"]) == 2
    assert "'out/index.html' cannot be read or written: Permission denied." in said(capsys)[1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "required: COMMAND"),
        (["fit", "table.csv"], "required: --environment"),
        ([*FIT, "--method", "magic"], "invalid choice: 'magic'"),
        ([*FIT, "--n-latents", "0"], "an integer from 1 on is wanted, but '0' came"),
        (["demo", "--seed", "-1"], "an integer from 0 on is wanted, but '-1' came"),
    ],
)
def test_refuses_arguments_it_does_not_know(capsys, arguments, sentence):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert sentence in said(capsys)[1]


def test_says_its_version(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert said(capsys)[0] == f"causalrep {causalrep.__version__}"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--help"], "demo fit simulated data with known truth, then real data"),
        (["fit", "--help"], "Example: causalrep fit cells.csv --environment condition"),
        (["demo", "--help"], "where the report goes (default: ./causalrep-report)"),
    ],
)
def test_explains_itself(capsys, arguments, sentence):
    with pytest.raises(SystemExit):
        main(arguments)
    assert sentence in said(capsys)[0]


@pytest.mark.slow
def test_demo_reports_simulated_and_real_data(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["demo", "--output", "out", "--seed", "3"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    out, err = said(capsys)
    assert err == ""
    for sentence in (
        "Simulated data",
        "causalrep demo --seed 3 repeats all that follows",
        "the search settled. It took",
        "An inhibitor of one protein need not be a change of a single linear latent.",
        "Scores against the truth",
        "target accuracy",
        "Protein data of Sachs et al. (2005)",
        "The report is in out/index.html.",
    ):
        assert sentence in out
    names = {path.name for path in (tmp_path / "out").iterdir()}
    kinds = ("graph", "features", "contexts", "coefficients", "loadings")
    pictures = {f"{data}-{kind}.png" for data in ("simulated", "sachs") for kind in kinds}
    assert {"index.html", *pictures} <= names
