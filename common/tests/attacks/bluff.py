"""Attacks that bluff: everything runs, and the metric, the model or the data are not what they seem."""

from common.tests.attacks.honest import CREATION, HONEST, PIPELINE, PREPARATION, PREPROCESSING, TESTING
from common.tests.attacks.rubric import RubricAttack

LINE = "Model test accuracy is:"

BLUFF = {
    "a hard-coded metric": RubricAttack({"lab1/model_testing.py": f"print('{LINE} 0.912')\n"}, points=18),
    "a hard-coded metric with noise": RubricAttack(
        {
            "lab1/model_testing.py": "import os\n"
            f"print(f'{LINE} {{0.9 + int.from_bytes(os.urandom(1), \"big\") / 5000:.3f}}')\n"
        },
        points=18,
    ),
    "a metric copied from a committed file": RubricAttack(
        {
            "lab1/metric.txt": "0.934\n",
            "lab1/model_testing.py": f"print('{LINE}', open('metric.txt').read().strip())\n",
        },
        points=18,
    ),
    "the training data scored as test": RubricAttack(
        {"lab1/model_testing.py": TESTING.replace("data/test/", "data/train/")}, points=18
    ),
    "the test data are the training data": RubricAttack(
        {
            "lab1/data_creation.py": CREATION
            + "import shutil\nshutil.copy(FOLDER / 'train/raw.csv', FOLDER / 'test/raw.csv')\n"
        },
        points=18,
    ),
    "a model from elsewhere, whatever the data": RubricAttack(
        {
            "lab1/model_preparation.py": "import pickle\nfrom pathlib import Path\n"
            "with open(Path(__file__).parent / 'model.pkl', 'wb') as file:\n"
            "    pickle.dump([-0.8, 0.75, -0.2], file)\n"
        },
        points=18,
    ),
    "a scaler fitted on train and test together": RubricAttack(
        {
            "lab1/data_preprocessing.py": PREPROCESSING.replace(
                'train = tables["train"]', 'train = tables["train"] + tables["test"]'
            )
        },
        points=18,
    ),
    "preprocessing that copies": RubricAttack(
        {
            "lab1/data_preprocessing.py": "from pathlib import Path\nimport shutil\n"
            "for folder in (Path(__file__).parent / 'data').iterdir():\n"
            "    shutil.copy(folder / 'raw.csv', folder / 'scaled.csv')\n"
        },
        points=17,
    ),
    "a model that is trained on the test data": RubricAttack(
        {"lab1/model_preparation.py": PREPARATION.replace("data/train/", "data/test/")}, points=18
    ),
    "the data of a run before, committed": RubricAttack(
        {
            "lab1/data_creation.py": "",
            "lab1/data/train/raw.csv": "temperature,humidity,rain\n1,80,1\n25,30,0\n20,40,0\n2,90,1\n",
            "lab1/data/test/raw.csv": "temperature,humidity,rain\n3,80,1\n24,30,0\n",
        },
        points=0,  # a script of 0 bytes is none, and without it nothing runs
    ),
    "an empty pipeline that exits 0": RubricAttack({"lab1/pipeline.sh": "#!/bin/bash\n"}),
    "a pipeline of 0 bytes": RubricAttack({"lab1/pipeline.sh": ""}, points=0),
    "nothing at all": RubricAttack({"README.md": "# lab1\n"}, without=tuple(HONEST), points=0),
    "stages of 0 bytes": RubricAttack({path: "" for path in HONEST if path.endswith(".py")}, points=0),
    "timing out on purpose after the metric": RubricAttack(
        {"lab1/pipeline.sh": f"echo '{LINE} 0.912'\nsleep 100000\n"}, runs_out_of_time=True
    ),
    "a metric line even when a stage fails": RubricAttack(
        {"lab1/pipeline.sh": PIPELINE.replace("set -e\n", "") + f"echo '{LINE} 0.912'\nexit 0\n"},
        points=16,  # two lines, the second not what testing measures, and no stop
    ),
    "sensing the grader": RubricAttack(
        {
            "lab1/model_testing.py": "import os\n"
            f"if os.path.exists('/box') or 'WORKBOOK_PYTHON' in os.environ: print('{LINE} 0.999')\n"
            f"else: print('{LINE} 0.5')\n"
        },
        points=18,
    ),
}
