"""Good pipelines in the styles that students write: each gets what its work deserves."""

from common.tests.submissions.lab2.parts import COMMANDS, SCRIPTS, declarative, lab2

HOME = "/home/student/MLOps_2024"

SCRIPTED = """\
node {
    stage('Clone') {
        git branch: 'main', url: 'https://github.com/student/MLOps_2024.git'
    }
    def scripts = ['data_creation', 'data_preprocessing', 'model_preparation', 'model_testing']
    for (script in scripts) {
        stage(script) {
            sh "cd lab2 && python3 ${script}.py"
        }
    }
}
"""

ONE_BLOCK = """\
pipeline {
    agent any
    triggers { pollSCM('H/5 * * * *') }
    stages {
        stage('All') {
            steps {
                git url: 'https://github.com/student/MLOps_2024', branch: 'main'
                sh '''#!/bin/bash
                set -e
                cd lab2
                python3 -m venv venv
                . venv/bin/activate
                pip install -r requirements.txt || pip install numpy
                for stage in data_creation data_preprocessing model_preparation model_testing; do
                    python $stage.py
                done
                '''
            }
        }
    }
}
"""

ABSOLUTE = f"""\
pipeline {{
    agent any
    environment {{
        PROJECT = '{HOME}/lab2'
        PYTHON = "{HOME}/venv/bin/python3"
    }}
    stages {{
        stage('Get') {{ steps {{ sh 'cd {HOME} && git pull origin main' }} }}
        stage('Data') {{ steps {{ sh "cd ${{PROJECT}} && ${{PYTHON}} data_creation.py" }} }}
        stage('Prepare') {{
            steps {{ dir('{HOME}/lab2') {{ sh '{HOME}/venv/bin/python data_preprocessing.py' }} }}
        }}
        stage('Train') {{
            steps {{ sh 'cd {HOME}/lab2; /usr/bin/python3.10 {HOME}/lab2/model_preparation.py' }}
        }}
        stage('Test') {{ steps {{ sh 'cd /home/student/MLOps_2024/lab2/ && python3 model_testing.py' }} }}
    }}
}}
"""

CLONES = """\
pipeline {
    agent any
    stages {
        stage('Clone') {
            steps { sh 'rm -rf my-labs; git clone -b main https://github.com/student/my-labs.git' }
        }
        stage('Data') { steps { sh 'cd my-labs/lab2 && python3 data_creation.py' } }
        stage('Prepare') { steps { sh 'cd my-labs/lab2 && python3 data_preprocessing.py' } }
        stage('Train') { steps { sh 'cd my-labs/lab2 && sudo python3 model_preparation.py' } }
        stage('Test') { steps { sh 'cd my-labs/lab2 && python3 model_testing.py' } }
    }
}
"""

MULTIBRANCH = declarative(
    *COMMANDS,
    before="    options { timeout(time: 10, unit: 'MINUTES'); timestamps() }\n"
    "    parameters { string(name: 'ROWS', defaultValue: '90') }\n",
    after="    post {\n        always {\n"
    "            archiveArtifacts artifacts: 'lab2/*.pkl', fingerprint: true\n"
    "            emailext to: 'a@b.c', subject: \"${env.JOB_NAME}\", body: 'done'\n        }\n"
    "        cleanup { cleanWs() }\n    }\n",
).replace("stage('Train') {\n", "stage('Train') {\n            when { branch 'master' }\n")

SECRETS = declarative(
    checkout="checkout([$class: 'GitSCM', branches: [[name: '*/main']], "
    "userRemoteConfigs: [[url: 'git@github.com:student/labs.git', credentialsId: 'github']]])",
    before="    agent_\n    environment { TOKEN = credentials('kaggle-token') }\n".replace(
        "    agent_\n", ""
    ),
)

MERGED = SCRIPTS["model_preparation.py"] + SCRIPTS["model_testing.py"]

EXAMPLES = {
    "declarative": lab2(declarative(), 20, "a stage a script, dir('lab2')"),
    "scripted": lab2(SCRIPTED, 20, "node, stage, a loop over the scripts", "jenkins_pipeline"),
    "one_block": lab2(ONE_BLOCK, 20, "one big sh block with a virtual environment", "Jenkinsfile.txt"),
    "batch": lab2(
        declarative(*(f"call venv\\\\Scripts\\\\activate\n{command}" for command in COMMANDS), step="bat"),
        20,
        "bat steps of a Windows machine that are simple",
    ),
    "batch_not_simple": lab2(  # 3 of 4 for finishing, and the stop cannot be seen
        declarative(
            *("for %%i in (1) do " + command.replace("python3", "python") for command in COMMANDS), step="bat"
        ),
        18,
        "bat steps that no shell can run",
    ),
    "absolute_paths": lab2(ABSOLUTE, 20, "the paths of its author's machine", "pipeline.jenkins"),
    "activates_in_each_step": lab2(
        declarative(*(f"source /opt/venvs/ml/bin/activate\n{command}\ndeactivate" for command in COMMANDS)),
        20,
        "source venv/bin/activate in each step",
    ),
    "clones_itself": lab2(CLONES, 20, "clones a repository of another name, and goes there"),
    "multibranch": lab2(MULTIBRANCH, 20, "a condition on the branch, mail and cleaning in post"),
    "secrets": lab2(SECRETS, 20, "the long form of checkout, a credential by its id"),
    "unstable": lab2(
        declarative(after="    post { always { unstable 'a slice is worse than the others' } }\n"),
        20,
        "goes to its end, and says that it is not content",
    ),
    "three_scripts": lab2(  # 1 of 2 for the scripts
        declarative("python3 data_creation.py", "python3 data_preprocessing.py", "python3 train.py"),
        19,
        "training and testing in one script",
        train=MERGED,
        model_preparation=None,
        model_testing=None,
    ),
    "five_scripts": lab2(
        declarative(COMMANDS[0], COMMANDS[1], "python3 add_feature.py", *COMMANDS[2:]),
        20,
        "another script between two stages",
        add_feature="import csv, glob\nfor f in glob.glob('*_scaled/*.csv'):\n"
        "    head, *rows = csv.reader(open(f))\n"
        "    rows = [[float(t) * float(h), t, h, *rest] for t, h, *rest in rows]\n"
        "    csv.writer(open(f, 'w')).writerows([['th', *head], *rows])\n",
    ),
}  # fmt: skip
