"""Honest notebooks of other styles: Russian, Colab, %%writefile written in other ways, no seed."""

from common.tests.submissions.lab5.example import QUICK, QUICK_DATA, QUICK_MODEL, QUICK_TESTS, RUN, lab5

RUSSIAN = """\
import numpy as np

# Создаём три качественных набора данных и один зашумлённый
def создать(начало, шум=0.0):
    генератор = np.random.default_rng(начало)
    x = np.linspace(0, 10, 100)
    y = 2 * x + 1 + генератор.normal(0, 0.5, 100)
    y += шум * генератор.normal(0, 1, 100)
    return x, y

for номер in (1, 2, 3):
    np.savetxt(f"чистые_{номер}.txt", np.column_stack(создать(номер)))
np.savetxt("шумные.txt", np.column_stack(создать(4, шум=6)))
"""

EXAMPLES = {
    "russian": lab5(
        "names, files and messages in Russian; the folder is module 6",
        20,
        RUSSIAN,
        "%%writefile test_качество.py\nimport numpy as np\nimport pytest\n\n\n@pytest.fixture\n"
        "def модель():\n    x, y = np.loadtxt('чистые_1.txt').T\n    return np.polyfit(x, y, 1)\n\n\n"
        "@pytest.mark.parametrize('файл', ['чистые_1', 'чистые_2', 'чистые_3', 'шумные'])\n"
        "def test_качество(модель, файл):\n    x, y = np.loadtxt(f'{файл}.txt').T\n"
        "    ошибка = np.sqrt(np.mean((y - np.polyval(модель, x)) ** 2))\n"
        "    assert ошибка < 1, f'Плохие данные: {файл}'\n",
        "!pytest -q test_качество.py",
        name="module6/Лабораторная работа.ipynb",
    ),
    "quoted_name": lab5(
        "%%writefile with a quoted name",
        20,
        *QUICK[:2],
        QUICK_TESTS.replace("test_model.py", '"test_model.py"'),
        RUN,
    ),
    "magic_after_a_comment": lab5(
        "%%writefile after a comment, which Colab takes", 20, *QUICK[:2], "\n# the tests\n" + QUICK_TESTS, RUN
    ),
    "colab": lab5(
        "Google Colab: a drive is mounted, and its path used",
        20,
        "from google.colab import drive\ndrive.mount('/content/drive')\n%cd /content/drive/MyDrive",
        "!pip install pytest numpy",
        *QUICK,
    ),
    "no_seed": lab5("no seed at all", 20, QUICK_DATA.replace("(42)", "()"), *QUICK[1:]),
    "last_cell_fails": lab5(
        "a plot at the end needs a library that is not there", 17, *QUICK, "import bokeh_of_mine"
    ),
    "two_clean": lab5(
        "two clean datasets and the noisy one: 2 of 3 for the data, 3 of 4 for three tests",
        18,
        *[cell.replace(', "clean_3"', "") for cell in QUICK],
    ),
    "never_run": lab5("writes the tests and never runs pytest: 1 of 4", 17, *QUICK[:3]),
    "one_test": lab5(
        "one test with a loop for the clean data, one for the noisy: 3 of 4",
        19,
        QUICK_DATA,
        QUICK_MODEL,
        QUICK_TESTS[: QUICK_TESTS.index("@pytest")] + "def test_clean():\n    for number in (1, 2, 3):\n"
        "        assert error(f'clean_{number}') < 0.6\n\n\n"
        "def test_noisy():\n    assert error('noisy') < 0.6\n",
        RUN,
    ),
}
