"""Jobs that were exported from the server: config.xml, and the text of a freestyle job's shell lines."""

from xml.sax.saxutils import escape

from common.tests.submissions.lab2.parts import COMMANDS, declarative, lab2

GIT = """\
  <scm class="hudson.plugins.git.GitSCM" plugin="git@5.2.1">
    <userRemoteConfigs><hudson.plugins.git.UserRemoteConfig>
      <url>https://github.com/student/labs.git</url>
    </hudson.plugins.git.UserRemoteConfig></userRemoteConfigs>
  </scm>
"""
XML = "<?xml version='1.1' encoding='UTF-8'?>\n"

FREESTYLE = (
    f"{XML}<project>\n{GIT}  <builders>\n"
    + "".join(
        f"    <hudson.tasks.Shell><command>cd lab2\n{escape(command)}</command></hudson.tasks.Shell>\n"
        for command in COMMANDS
    )
    + "  </builders>\n</project>\n"
)
INLINE = (
    f'{XML}<flow-definition plugin="workflow-job@1400">\n'
    '  <definition class="org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition" plugin="workflow-cps@3900">\n'
    f"    <script>{escape(declarative())}</script>\n    <sandbox>true</sandbox>\n"
    "  </definition>\n</flow-definition>\n"
)
FROM_SCM = (
    f"{XML}<flow-definition>\n"
    '  <definition class="org.jenkinsci.plugins.workflow.cps.CpsScmFlowDefinition">\n'
    f"{GIT}    <scriptPath>lab2/Jenkinsfile</scriptPath>\n  </definition>\n</flow-definition>\n"
)
LINES = "\n".join(["git pull", "cd /var/lib/jenkins/workspace/mlops/lab2", *COMMANDS, ""])

EXAMPLES = {
    "freestyle": lab2(FREESTYLE, 20, "a freestyle job with four shell builders", "config.xml"),
    "inline_pipeline": lab2(INLINE, 20, "a config.xml with the pipeline in it", "job.xml"),
    "shell_lines": lab2(LINES, 20, "the shell lines of a freestyle job", "config.txt"),
    "shell_lines_of_bash": lab2(  # 0 of 1 for stopping
        "#!/bin/bash\n" + LINES.replace("git pull\n", "git pull\n\n"),
        19,
        "shell lines with a first line of their own, which Jenkins runs without -e",
        "jenkins_job.txt",
    ),
    "job_without_pipeline": lab2(  # scripts 2, exported 1, version control 2
        FROM_SCM, 5, "a job that takes its pipeline from the repository, where it is not", "config.xml"
    ),
}
