"""The metric in what a pipeline prints, in the many ways that students print it."""

import time

import pytest

from common.grading.metrics import best_metric, find_metrics, find_number, own_lines, printed_metric


@pytest.mark.parametrize(
    ("line", "name", "value", "more_is_better"),
    [
        ("Model test accuracy is: 0.876", "accuracy", 0.876, True),
        ("MSE: 3.25", "MSE", 3.25, False),
        ("RMSE = 2.5e-3", "RMSE", 0.0025, False),
        ("mean_absolute_error 12", "MAE", 12.0, False),
        ("Mean Squared Error: 0.5", "MSE", 0.5, False),
        ("R2 = -49.5", "R2", -49.5, True),
        ("R^2: 0.81", "R2", 0.81, True),
        ("r2_score: .81", "R2", 0.81, True),
        ("R² on test = 0.7", "R2", 0.7, True),
        ("F1 score: 0.66", "F1", 0.66, True),
        ("ROC-AUC 0.9", "ROC AUC", 0.9, True),
        ("Accuracy: 93.5%", "accuracy", 93.5, True),
        ("Test Score: 2.25 RMSE", "RMSE", 2.25, False),
        ("0.93 accuracy", "accuracy", 0.93, True),
        ("LogisticRegression: accuracy = 0.91", "accuracy", 0.91, True),
        ("INFO:root:accuracy: 0.937", "accuracy", 0.937, True),
        ("{'mse': 1.5, 'rows': 200}", "MSE", 1.5, False),
        ('{"accuracy": 0.9375}', "accuracy", 0.9375, True),
        ("accuracy    0.94       200", "accuracy", 0.94, True),
        ("RMSE: 1.5, MAE: 1.2, R2: 0.8", "RMSE", 1.5, False),
        ("Точность модели на тестовых данных: 0,93", "accuracy", 0.93, True),
        ("Среднеквадратичная ошибка: 4.5", "MSE", 4.5, False),
        ("Коэффициент детерминации 0.77", "R2", 0.77, True),
        ("MSE: 1,234.5", "MSE", 1234.5, False),
        ("Train accuracy: 0.99, test accuracy: 0.91", "accuracy", 0.91, True),
        ("MSE on train: 1.5; MSE on test: 2.5", "MSE", 2.5, False),
        ("Test accuracy score: 0.9", "accuracy", 0.9, True),
        ("Metrics (RMSE error): 3", "RMSE", 3.0, False),
        ("accuracy after training: 0.9", "accuracy", 0.9, True),
    ],
)
def test_metric_in_a_line(line, name, value, more_is_better):
    metric = best_metric([line])
    assert (metric.name, metric.value, metric.more_is_better) == (name, value, more_is_better)


def test_several_metrics_of_a_line_in_their_order():
    found = find_metrics(["RMSE: 1.5, MAE: 1.2, R2: 0.8"])
    assert [(metric.name, metric.value) for metric in found] == [("RMSE", 1.5), ("MAE", 1.2), ("R2", 0.8)]


@pytest.mark.parametrize("line", ["done", "1.0", "saved 200 rows", "accuracy: nan", "model v2 is ready", ""])
def test_no_metric(line):
    assert best_metric([line]) is None


def test_bare_number():
    assert find_number(["reading 3 files", "1.0", "done"]).value == 1.0


def test_metric_that_is_not_in_the_last_line():
    assert best_metric(["accuracy: 0.9", "saved in results.txt"]).value == 0.9


def test_vague_name_only_where_there_is_no_other():
    assert best_metric(["R2: 0.8", "error: 0.1"]).name == "R2"
    assert best_metric(["error: 0.1"]).name == "error"


def test_lines_of_pip_are_not_the_pipelines():
    stdout = (
        "Requirement already satisfied: numpy (2.4)\nCollecting pandas\n  Downloading pandas.whl\n"
        "Successfully installed pandas-3.1\n\n[notice] A new release of pip\nModel test accuracy is: 0.9\n"
    )
    assert own_lines(stdout) == ["Model test accuracy is: 0.9"]


def test_metric_on_stderr_counts_where_stdout_has_none():
    assert printed_metric("done\n", "accuracy: 0.9\n").value == 0.9
    assert printed_metric("0.8\n", "accuracy: 0.9\n").value == 0.8
    assert printed_metric("done\n", "") is None


def test_metric_is_known_again_by_its_words():
    like = printed_metric("Test accuracy 0.91\n", "")
    assert printed_metric("Test accuracy 0.5\nbest accuracy: 0.99\n", "", like).value == 0.5
    assert printed_metric("best accuracy: 0.99\n", "", like).value == 0.99


@pytest.mark.parametrize(
    ("worse", "better"),
    [("accuracy 0.5", "accuracy 0.9"), ("MSE 3", "MSE 2.5"), ("R2 -49.5", "R2 0.1"), ("7", "8"), ("8", "7")],
)
def test_worse(worse, better):
    worse, better = printed_metric(worse, ""), printed_metric(better, "")
    assert worse.is_worse_than(better)
    assert not worse.is_worse_than(worse)
    assert not worse.is_worse_than(better, by=100)


def test_which_way_is_worse():
    assert not printed_metric("accuracy 0.9", "").is_worse_than(printed_metric("accuracy 0.5", ""))
    assert not printed_metric("loss 0.1", "").is_worse_than(printed_metric("loss 0.5", ""))


@pytest.mark.parametrize(
    ("one", "other", "agree"), [(0.934, 0.9341, True), (93.4, 0.934, True), (0.999, 0.935, False)]
)
def test_numbers_that_agree(one, other, agree):
    assert printed_metric(f"R2 {one}", "").agrees_with(printed_metric(f"R2 {other}", "")) is agree


def test_drawn_by_lot():
    draws = [printed_metric(f"R2 {value}", "") for value in (0.90, 0.92, 0.94)]
    assert printed_metric("R2 0.96", "").is_drawn_from(draws)
    assert not printed_metric("R2 0.99", "").is_drawn_from(draws)
    assert not printed_metric("R2 0.91", "").is_drawn_from(draws[:1] * 3)


@pytest.mark.parametrize("word", ["средн_", "mse ", "1", ": ", "r ", "mean_squared_", "e-", "\x1b["])
def test_megabytes_take_no_time(word):
    before = time.monotonic()
    printed_metric(word * 1_000_000 + "\n" + f"{word}\n" * 100_000, "")
    assert time.monotonic() - before < 5
