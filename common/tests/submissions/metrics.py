"""The metric said in other ways, and metrics that say something untrue."""

from common.tests.submissions.example import QUICK_SCALE, QUICK_TEST, Example, quick

LINE = 'print("Model test accuracy is:", round(accuracy, 3))\n'


def _saying(line: str) -> dict[str, str | bytes]:
    return quick(model_testing=QUICK_TEST.replace(LINE, line))


EXAMPLES = {
    "russian": Example(
        "a Russian sentence", 20, _saying('print(f"Точность модели на тестовых данных: {accuracy:.2f}")\n')
    ),
    "percent": Example("in percent", 20, _saying('print(f"Accuracy = {accuracy:.1%}")\n')),
    "name_behind": Example(
        "the name behind the number", 20, _saying('print(f"Test Score: {accuracy:.3f} accuracy")\n')
    ),
    "dictionary": Example(
        "a dict on one line", 20, _saying('print({"accuracy": float(accuracy), "rows": len(data)})\n')
    ),
    "bare_number": Example("a number without a name: 1 of 3 for the line", 18, _saying("print(accuracy)\n")),
    "not_the_last_line": Example(
        "progress before and after the metric: 2 of 3 for the line",
        19,
        _saying('print("testing")\n' + LINE + 'print("done")\n'),
    ),
    "on_stderr": Example(  # 0 of 3 for the line; the metric itself is honest
        "by the logging module, which writes to stderr",
        17,
        _saying(
            "import logging\nlogging.basicConfig(level='INFO')\nlogging.info('accuracy: %.3f', accuracy)\n"
        ),
    ),
    "constant": Example(
        "bluff: the metric is written into the script",
        18,
        _saying('print("Model test accuracy is: 0.957")\n'),
    ),
    "scores_train": Example(
        "bluff: the training data is what it is tested on",
        18,
        quick(model_testing=QUICK_TEST.replace("test_scaled", "train_scaled")),
    ),
    "scaler_of_its_own": Example(  # 1 of 3 for preprocessing: both are transformed
        "test is scaled by its own mean and deviation",
        18,
        quick(
            data_preprocessing=QUICK_SCALE.replace(
                "    for f in glob",
                "    means, stds = measure(glob.glob(f'{folder}/*.csv'))\n    for f in glob",
                1,
            )
        ),
    ),
    "scaler_of_both": Example(  # 1 of 3 for preprocessing
        "train and test are joined before the scaler is fitted",
        18,
        quick(data_preprocessing=QUICK_SCALE.replace('glob.glob("train/*.csv")', 'glob.glob("t*/*.csv")', 1)),
    ),
}
