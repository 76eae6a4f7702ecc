"""Honest notebooks: data in files and in memory, tests of many designs."""

from common.tests.submissions.lab5.example import (
    DATA,
    MODEL,
    QUICK,
    QUICK_DATA,
    QUICK_MODEL,
    QUICK_TESTS,
    RUN,
    TESTS,
    lab5,
)

ERROR = QUICK_TESTS[: QUICK_TESTS.index("@pytest")]

MODULE = """\
%%writefile data.py
import numpy as np

X = np.linspace(0, 10, 100)


def make_clean(seed):
    return X, X + np.random.default_rng(seed).uniform(-1, 1, 100)


def make_noisy(seed):
    x, y = make_clean(seed)
    y[25:45] *= 2
    return x, y


def train(x, y):
    return np.polyfit(x, y, 1)


def mse(line, x, y):
    return float(np.mean((np.polyval(line, x) - y) ** 2))
"""

IN_MEMORY = """\
import numpy as np
from sklearn.linear_model import LinearRegression

np.random.seed(1)
X = np.arange(0, 10, 0.1).reshape(-1, 1)
y1 = 3 * X.ravel() + 2 + np.random.normal(0, 1, 100)
y2 = 3 * X.ravel() + 2 + np.random.normal(0, 1, 100)
y3 = 3 * X.ravel() + 2 + np.random.normal(0, 1, 100)
y_noise = 3 * X.ravel() + 2 + np.random.normal(0, 12, 100)
model = LinearRegression()
model.fit(X, y1)
"""

EXAMPLES = {
    "textbook": lab5("pandas and scikit-learn, one parametrised test", 20, DATA, MODEL, TESTS, RUN),
    "quick": lab5("the same with numpy", 20, *QUICK),
    "separate_tests": lab5(
        "a test function for each dataset",
        20,
        QUICK_DATA,
        QUICK_MODEL,
        ERROR
        + "".join(
            f"\n\ndef test_{name}():\n    assert error('{name}') < 0.6\n"
            for name in ("clean_1", "clean_2", "clean_3", "noisy")
        ),
        "!python -m pytest test_model.py",
    ),
    "xfail": lab5(
        "the noisy dataset's test is expected to fail",
        20,
        QUICK_DATA,
        QUICK_MODEL,
        ERROR + "@pytest.mark.parametrize('name', ['clean_1', 'clean_2', 'clean_3'])\n"
        "def test_clean(name):\n    assert error(name) < 0.6\n\n\n"
        "@pytest.mark.xfail(reason='noise')\ndef test_noisy():\n    assert error('noisy') < 0.6\n",
        RUN,
    ),
    "inverted": lab5(
        "the noisy dataset's test asserts that it is worse; all pass",
        20,
        QUICK_DATA,
        QUICK_MODEL,
        ERROR + "@pytest.mark.parametrize('name', ['clean_1', 'clean_2', 'clean_3'])\n"
        "def test_clean(name):\n    assert error(name) < 0.6\n\n\n"
        "def test_noisy():\n    assert error('noisy') > 2 * error('clean_2')\n",
        RUN,
    ),
    "module": lab5(
        "functions that make the data in a module, nothing saved",
        20,
        MODULE,
        "%%writefile test_data.py\nimport pytest\nfrom data import make_clean, make_noisy, mse, train\n\n"
        "LINE = train(*make_clean(0))\n\n\n@pytest.mark.parametrize('seed', [0, 1, 2])\n"
        "def test_clean(seed):\n    assert mse(LINE, *make_clean(seed)) < 0.6\n\n\n"
        "def test_noisy():\n    assert mse(LINE, *make_noisy(3)) < 0.6\n",
        "!pytest test_data.py",
    ),
    "ipytest": lab5(
        "data, model and tests in the notebook's own variables",
        20,
        "!pip install ipytest\n" + IN_MEMORY,
        "import ipytest\nimport pytest\nfrom sklearn.metrics import r2_score\nipytest.autoconfig()",
        "%%ipytest -q\n\n\n@pytest.mark.parametrize('y', [y1, y2, y3], ids=['1', '2', '3'])\n"
        "def test_clean(y):\n    assert r2_score(y, model.predict(X)) > 0.9\n\n\n"
        "def test_noise():\n    assert r2_score(y_noise, model.predict(X)) > 0.9\n",
    ),
    "pytest_main": lab5(
        "pytest.main in a cell, the datasets as .npy",
        20,
        "import numpy as np\nimport pytest\nrng = np.random.default_rng(5)\nx = rng.uniform(0, 50, 200)\n"
        "np.save('x.npy', x)\n"
        "for name, spread in {'y_1': 2, 'y_2': 2, 'y_3': 2, 'y_noisy': 20}.items():\n"
        "    np.save(f'{name}.npy', 7 - 0.5 * x + rng.normal(0, spread, 200))\n"
        "slope, intercept = np.polyfit(x, np.load('y_1.npy'), 1)\n",
        "%%writefile test_files.py\nimport numpy as np\nimport pytest\n\n\n"
        "@pytest.mark.parametrize('name', ['y_1', 'y_2', 'y_3', 'y_noisy'])\ndef test_r2(name):\n"
        "    x, y = np.load('x.npy'), np.load(f'{name}.npy')\n"
        "    line = np.polyfit(x, np.load('y_1.npy'), 1)\n"
        "    assert 1 - np.var(y - np.polyval(line, x)) / np.var(y) > 0.7\n",
        "code = pytest.main(['-q', 'test_files.py'])\nprint(code)",
    ),
}
