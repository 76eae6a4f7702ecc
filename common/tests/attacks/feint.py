"""Attacks that know the rubric: stages that are honest when they are looked at, metrics that only react."""

from common.tests.attacks.bluff import LINE
from common.tests.attacks.forge import STUBS
from common.tests.attacks.honest import CREATION, PIPELINE, PREPARATION, PREPROCESSING, TESTING
from common.tests.attacks.rubric import RubricAttack

BOAST = f'print("{LINE} 0.999")'
RUN = "python model_testing.py"
BOTH = PREPROCESSING.replace('train = tables["train"]', 'train = tables["train"] + tables["test"]')


def _testing(source: str, pipeline: str = PIPELINE, points: int = 18) -> RubricAttack:
    return RubricAttack({"lab1/model_testing.py": source, "lab1/pipeline.sh": pipeline}, points=points)


def _pipeline(last: str) -> RubricAttack:
    return RubricAttack({"lab1/pipeline.sh": PIPELINE.replace(RUN, last)}, points=18)


FEINT = {
    "an honest stage silenced, another metric printed": _pipeline(f"{RUN} >/dev/null; echo '{LINE} 0.999'"),
    "a metric made better on its way": _pipeline(f"{RUN} | sed 's/0[.]9/0.99/'"),
    "a decoy line for who runs it alone": _testing(
        f"{BOAST}\n" + TESTING.replace("Model test accuracy", "accuracy"),
        PIPELINE.replace(RUN, f"{RUN} | head -1"),
    ),
    "a boast the first time, the truth afterwards": _testing(
        TESTING.replace("print(", f'if not (HERE / "seen").exists():\n    {BOAST}\nelse: print(')
        + '(HERE / "seen").touch()\n',
    ),
    "a boast where the pipeline runs it": _testing(
        "import os\n" + TESTING.replace("print(", f'if os.environ.get("PROUD"):\n    {BOAST}\nelse: print('),
        PIPELINE.replace("set -e", "set -e; export PROUD=1"),
    ),
    "a metric from a hash of the test data": _testing(
        "import zlib\nfrom pathlib import Path\n"
        'test = (Path(__file__).parent / "data/test/scaled.csv").read_bytes()\n'
        f'print(f"{LINE} {{0.99 - zlib.crc32(test) % 1000 / 10000:.3f}}")\n'
    ),
    "a metric from a random number": _testing(
        f'import random\nprint(f"{LINE} {{random.uniform(0.5, 1):.3f}}")\n'
    ),
    "the metric printed by data_creation": RubricAttack(
        {"lab1/data_creation.py": f"{CREATION}\n{BOAST}\n", "lab1/model_testing.py": "pass\n"},
        points=17,  # it is printed where training fails, too
    ),
    "a model of random bytes": RubricAttack(
        {
            "lab1/model_preparation.py": "import os\nopen('model.pkl', 'wb').write(os.urandom(99))\n",
            "lab1/model_testing.py": f"{BOAST}\n",
        },
        points=16,
    ),
    "a model that is only for show": RubricAttack(  # it is saved, and testing has another in it
        {
            "lab1/model_testing.py": TESTING.replace(
                "weights = pickle.load(file)", "weights = [-0.8, 0.75, -0.2]"
            )
        },
        points=18,
    ),
    "a scaler of both the first time, of train afterwards": RubricAttack(
        {
            "lab1/data_preprocessing.py": BOTH.replace(
                "scales =", "if (FOLDER / 'seen').exists(): train = tables['train']\nscales ="
            )
            + "(FOLDER / 'seen').touch()\n"
        },
        points=17,  # 0 of 3 for preprocessing: nobody knows what it does
    ),
    "a stage that mends itself when it has run": RubricAttack(
        {"lab1/data_preprocessing.py": BOTH + f"Path(__file__).write_text({PREPROCESSING!r})\n"},
        points=17,
    ),
    "stages named and not run": RubricAttack(
        STUBS
        | {
            "lab1/pipeline.sh": "python -c pass data_creation.py data_preprocessing.py model_preparation.py "
            f"model_testing.py\necho '{LINE} 0.987'\n"
        }
    ),
    "a training that takes the others' scripts away": RubricAttack(
        {
            "lab1/model_testing.py": TESTING + "script = HERE / 'model_preparation.py'\n"
            "script.unlink()\nscript.mkdir()\n"
        },
        points=15,  # nothing can be seen of training and stopping
    ),
    "a stage that clears everything away": RubricAttack(
        {"lab1/model_testing.py": TESTING + "import shutil\nshutil.rmtree(HERE / 'data')\n"},
        points=10,  # names, finishing, the line and the stop: no data are left to be looked at
    ),
    "the lab's folder moved away": RubricAttack(
        {"lab1/pipeline.sh": PIPELINE + "mv ../lab1 ../gone\n"},
        points=12,  # names, finishing, the line and the data: it cannot be run again
    ),
    "another model, committed, that is copied": RubricAttack(
        {
            "lab1/weights.txt": "-0.8 0.75 -0.2",
            "lab1/model_preparation.py": PREPARATION.replace(
                "pickle.dump(weights",
                "pickle.dump([float(word) for word in open(HERE / 'weights.txt').read().split()]",
            ),
        },
        points=18,
    ),
}
