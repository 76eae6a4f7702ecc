"""The lab as a whole: one line, four tagged versions, the same hashes every time, anybody's clone."""

import hashlib
import io

import pandas as pd
import pytest
import yaml

from common.tests.pages import assert_shown
from common.tests.tools import ROOT, run_command

from .conftest import LAB, git

MD5S = {
    "v1-selected": "3ec755b87f397327d96ae6d3f68fb2ef",
    "v2-imputed": "07b0b93e7d72fb43954013c3107295d3",
    "v3-encoded": "c7d3ebc40f5faf5c04e3d368e55e46b1",
    "v4-features": "449e5fd44fbc852b2487079f4e9628ba",
}


def read_version(folder, tag, store="remote"):
    md5 = MD5S[tag]
    content = (folder / store / "files" / "md5" / md5[:2] / md5[2:]).read_bytes()
    assert hashlib.md5(content, usedforsecurity=False).hexdigest() == md5
    return pd.read_csv(io.BytesIO(content))


def test_stdout_is_exactly_the_metric(pipeline_run):
    ended, _ = pipeline_run
    assert (ended.code, ended.out) == (0, "Model test accuracy is: 0.848\n"), ended.err


def test_the_pages_show_what_it_prints(pipeline_run):
    assert_shown("bash lab4/pipeline.sh", pipeline_run[0])


def test_stderr_has_the_switch_table(pipeline_run):
    lines = pipeline_run[0].err.splitlines()
    began = next(index for index, line in enumerate(lines) if line.startswith("version "))
    assert [line.split()[:5] for line in lines[began + 1 : began + 5]] == [
        ["v1-selected", "891", "4", "177", MD5S["v1-selected"]],
        ["v2-imputed", "891", "4", "0", MD5S["v2-imputed"]],
        ["v3-encoded", "891", "5", "0", MD5S["v3-encoded"]],
        ["v4-features", "891", "7", "0", MD5S["v4-features"]],
    ]


def test_each_version_is_an_annotated_tag_whose_pointer_and_pushed_file_agree(pipeline_run):
    _, folder = pipeline_run
    workspace = folder / "workspace"
    assert git(workspace, "tag", "--list").split() == list(MD5S)
    for tag, md5 in MD5S.items():
        assert git(workspace, "cat-file", "-t", tag) == "tag"
        pointer = yaml.safe_load(git(workspace, "show", f"{tag}:data/titanic.csv.dvc"))
        assert pointer["outs"][0]["md5"] == md5
        read_version(folder, tag)


def test_the_versions_mean_what_the_task_says(pipeline_run):
    _, folder = pipeline_run
    selected, imputed, encoded, features = (read_version(folder, tag) for tag in MD5S)
    assert list(selected.columns) == ["Pclass", "Sex", "Age", "Survived"]
    gaps = selected["Age"].isna()
    assert (len(selected), int(gaps.sum()), int(selected["Survived"].sum())) == (891, 177, 342)
    assert imputed["Age"].notna().all()
    assert imputed.loc[gaps, "Age"].round(6).unique().tolist() == [29.69888]  # 21205 years by 714 passengers
    assert imputed[~gaps].equals(selected[~gaps])
    assert encoded["Sex_female"].tolist() == (selected["Sex"] == "female").astype(int).tolist()
    assert (encoded["Sex_female"] + encoded["Sex_male"] == 1).all()
    assert encoded["Sex_female"].sum() == 314
    assert features[encoded.columns].equals(encoded)
    assert (features["Boy"] & features["Sex_female"]).sum() == 0
    assert features.loc[features["Boy"] == 1, "Age"].max() < 15
    assert 50 < features["LargeFamily"].sum() < 70  # the published counts leave 62 in families of 5 or more


def test_the_data_are_not_in_the_workspaces_git(pipeline_run):
    workspace = pipeline_run[1] / "workspace"
    for revision in (*MD5S, "main"):
        names = git(workspace, "ls-tree", "-r", "--name-only", revision).split()
        assert not [name for name in names if name.endswith((".csv", ".skops", ".cbm"))]
    assert git(workspace, "status", "--porcelain") == ""


def test_dvc_is_set_up_without_analytics_autostage_or_secrets(pipeline_run):
    config = git(pipeline_run[1] / "workspace", "show", "v1-selected:.dvc/config")
    assert "analytics = false" in config
    assert "autostage = false" in config
    assert "url = ../../remote" in config


def test_git_without_a_name_gets_one_in_the_workspace_alone(pipeline_run):
    workspace = pipeline_run[1] / "workspace"
    assert git(workspace, "log", "-1", "--format=%an <%ae>", "v1-selected") == (
        "Lab Four <lab4@workbook.invalid>"
    )
    assert git(workspace, "config", "--local", "user.email") == "lab4@workbook.invalid"


@pytest.mark.thorough
def test_git_with_a_name_signs_nothing_and_runs_no_hook(stage, tmp_path):
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-commit", "post-commit", "post-checkout"):
        (hooks / name).write_text("#!/bin/sh\nexit 1\n")
        (hooks / name).chmod(0o755)
    (tmp_path / "ignored").write_text("data/\n*.dvc\n")
    settings = tmp_path / "gitconfig"
    settings.write_text(
        f"[user]\nname = Ann\nemail = ann@example.org\n[commit]\ngpgSign = true\n[tag]\ngpgSign = true\n"
        f"[core]\nhooksPath = {hooks}\nexcludesFile = {tmp_path / 'ignored'}\nautocrlf = true\n"
    )
    ended = stage("build_versions", GIT_CONFIG_GLOBAL=str(settings), GIT_DIR="/nowhere")
    assert ended.code == 0, ended.err
    assert git(tmp_path / "workspace", "log", "-1", "--format=%an", "v4-features") == "Ann"


def test_a_second_run_keeps_the_workspace_and_says_the_same(built):
    head = git(built / "workspace", "rev-parse", "HEAD", *MD5S)
    ended = run_command("bash", LAB / "pipeline.sh", "--folder", built)
    assert (ended.code, ended.out) == (0, "Model test accuracy is: 0.848\n"), ended.err
    assert f"'{built}/workspace' is complete: kept as it is, pushed again" in ended.err
    assert git(built / "workspace", "rev-parse", "HEAD", *MD5S) == head


def test_the_committed_lock_is_that_of_a_fresh_reproduction(pipeline_run):
    assert (LAB / "dvc.lock").read_text() == git(
        pipeline_run[1] / "workspace", "show", "main:dvc.lock"
    ) + "\n"
    assert (LAB / "params.yaml").read_text() == (pipeline_run[1] / "workspace" / "params.yaml").read_text()
    locked = yaml.safe_load((LAB / "dvc.lock").read_text())["stages"]
    assert set(locked) == {"data_creation", "data_preprocessing", "model_preparation", "model_testing"}


def test_a_stages_data_are_the_tagged_version(pipeline_run):
    content = (pipeline_run[1] / "colleague" / "data" / "prepared" / "dataset.csv").read_bytes()
    assert hashlib.md5(content, usedforsecurity=False).hexdigest() == MD5S["v4-features"]


def test_the_checkout_of_the_workbook_stays_as_it_was(pipeline_run):
    assert pipeline_run[0].code == 0
    assert git(ROOT, "status", "--porcelain", "--", "lab4/dvc.lock", "lab4/params.yaml", "lab4/conf") == ""
