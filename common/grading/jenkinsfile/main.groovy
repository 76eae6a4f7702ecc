// Checks the file that is given, runs it, and reports the result: to a file, or as the last line of stderr.
import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import org.codehaus.groovy.control.CompilerConfiguration
import org.codehaus.groovy.control.MultipleCompilationErrorsException

Map options = new JsonSlurper().parseText(args[0])
long began = System.currentTimeMillis()
File workspace = new File(options.workspace).canonicalFile
Build.options = options + [workspace: workspace.path, began_ms: began]
Build.base.putAll(System.getenv())
Build.base.putAll(
    WORKSPACE: workspace.path, JOB_NAME: workspace.name, BUILD_NUMBER: '1', BUILD_ID: '1', NODE_NAME: 'built-in',
    BUILD_TAG: "jenkins-${workspace.name}-1".toString(), EXECUTOR_NUMBER: '0', CI: 'true', JENKINS_URL: 'http://localhost/')
if (options.branch) Build.base.BRANCH_NAME = options.branch
Build.HELD.set(new Context(folder: workspace, deadlineMs: began + (options.time_limit_s * 1000 as long), env: [:]))
def end = { int code ->
    Shell.killLeft()
    Build.result.seconds = (System.currentTimeMillis() - began) / 1000
    def report = JsonOutput.toJson(Build.result)
    System.out.flush()
    if (options.result) new File(options.result).setText(report, 'UTF-8')
    else System.err.println(report)
    System.err.flush()
    Runtime.runtime.halt(code)
}
def refuse = { String why ->
    Build.result.status = 'REFUSED'
    Build.result.problem = why
    Build.say("refused: $why")
    end(1)
}

Runtime.runtime.addShutdownHook(new Thread({ Shell.killLeft() })) // Ctrl-C ends this, but not the steps' own sessions

String text = new File(options.file).getText('UTF-8').replaceAll(/@NonCPS\b/, '       ').replaceFirst(/^\uFEFF/, '')
def annotation = text.readLines().findIndexOf { it =~ /(?<![\w.'"\/-])@(?!(?:groovy\.transform\.)?Field\b|Override\b)[A-Za-z][\w.]*/ }
if (annotation >= 0) refuse("line ${annotation + 1}: '${text.readLines()[annotation].trim()}' is not imitated: no library, nothing is fetched")
def configuration = new CompilerConfiguration(scriptBaseClass: Steps.name)
configuration.disabledGlobalASTTransformations = ['groovy.grape.GrabAnnotationTransformation'] as Set
configuration.addCompilationCustomizers(new Check())
try {
    Build.script = new GroovyShell(Steps.classLoader, new Binding(), configuration).parse(text, 'Jenkinsfile')
} catch (MultipleCompilationErrorsException errors) {
    def first = errors.errorCollector.errors[0]
    def cause = first.hasProperty('cause') ? first.cause : null
    refuse(cause instanceof Refusal ? cause.message
        : cause?.hasProperty('line') ? "line ${cause.line}: ${cause.originalMessage}" : "${errors.message.readLines()[1]}")
} catch (Refusal refusal) {
    refuse(refusal.message)
}
if (options.action == 'check') end(0)
try {
    Build.script.run()
} catch (Refusal refusal) {
    refuse(refusal.message)
} catch (Throwable error) {
    Build.worsen(Build.statusOf(error))
    Build.result.problem = Build.result.problem ?: Build.explain(error)
    Build.say(Build.explain(error))
}
Build.say("finished: ${Build.result.status}")
end([SUCCESS: 0, UNSTABLE: 3].get(Build.result.status, 1)) // the code, which no step can forge, tells them apart
