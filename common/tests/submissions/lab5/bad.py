"""Notebooks that show less than they say."""

from common.tests.submissions.lab5.example import (
    QUICK,
    QUICK_DATA,
    QUICK_TESTS,
    RUN,
    lab5,
)

HEAD = QUICK_TESTS[: QUICK_TESTS.index("@pytest")]
PARAMETRISED = (
    "@pytest.mark.parametrize('name', ['clean_1', 'clean_2', 'clean_3', 'noisy'])\ndef test_it(name):\n"
)

EXAMPLES = {
    "does_not_run": lab5(  # as it was saved, it once worked
        "its first cell needs a file of its author's",
        0,
        "import pandas as pd\nsettings = pd.read_csv('/home/anna/settings.csv')",
        *QUICK,
        **{"lab5/clean_1.csv": "x,y\n1,1\n2,2\n", "lab5/test_model.py": "def test_it():\n    assert True\n"},
    ),
    "assert_true": lab5(
        "assert True: 0 of 5", 15, *QUICK[:2], HEAD + PARAMETRISED + "    assert True\n", RUN
    ),
    "fails_everywhere": lab5(
        "a threshold that nothing meets", 15, *QUICK[:2], QUICK_TESTS.replace("< 0.6", "< 0.001"), RUN
    ),
    "no_noise": lab5(  # 0 of 3 for noise, and then 5 not run
        "the fourth dataset is as clean as the others", 12, QUICK_DATA.replace("*= 2", "*= 1"), *QUICK[1:]
    ),
    "noise_too_small": lab5(
        "noise that nothing can find", 12, QUICK_DATA.replace("*= 2", "+= 0.01"), *QUICK[1:]
    ),
    "all_skipped": lab5(  # 0 of 4, and then 5 not run
        "the tests are skipped",
        11,
        *QUICK[:2],
        QUICK_TESTS.replace("@pytest", "@pytest.mark.skip\n@pytest", 1),
        RUN,
    ),
    "printed": lab5(  # 0 of 4, and then 5 not run
        "pytest's output is printed, and pytest never run",
        11,
        *QUICK[:2],
        "print('test_model.py ...F\\n1 failed, 3 passed in 0.42s')",
    ),
    "hard_coded": lab5(
        "an expected failure that fails by itself",
        15,
        *QUICK[:2],
        HEAD + "@pytest.mark.parametrize('name', ['clean_1', 'clean_2', 'clean_3'])\n"
        "def test_clean(name):\n    assert error(name) >= 0\n\n\n"
        "@pytest.mark.xfail\ndef test_noisy():\n    assert False\n",
        RUN,
    ),
    "only_noisy_is_tested": lab5(  # 4 of 5
        "the tests of clean data pass whatever these are",
        19,
        *QUICK[:2],
        HEAD + PARAMETRISED + "    assert name != 'noisy' or error(name) < 0.6\n",
        RUN,
    ),
    "no_model": lab5(  # 0 of 2
        "no regression: the tests compare with y = x",
        18,
        QUICK_DATA,
        QUICK_TESTS.replace('np.load("line.npy")', "(1.0, 0.0)"),
        RUN,
    ),
    "same_clean_data": lab5(  # 1 of 3: drawn with one seed
        "the three clean datasets are one",
        18,
        QUICK_DATA.replace("    y = x", "    rng = np.random.default_rng(42)\n    y = x"),
        *QUICK[1:],
    ),
}
