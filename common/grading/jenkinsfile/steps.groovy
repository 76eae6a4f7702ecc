// The steps: methods of every Jenkinsfile, which is compiled as a subclass of this script.
class Env { // the object `env`
    def getProperty(String name) { Build.env[name] }
    void setProperty(String name, value) { Build.assigned[name] = "$value".toString() }
    def getAt(String name) { Build.env[name] }
    def getEnvironment() { Build.env }
}

class CurrentBuild { // the object `currentBuild`
    String displayName = '#1', description
    int number = 1
    def getResult() { Build.result.status == 'SUCCESS' ? null : Build.result.status }
    void setResult(value) { Build.worsen("$value".toString()) }
    def getCurrentResult() { Build.result.status }
    def getDuration() { System.currentTimeMillis() - Build.options.began_ms }
    def getDurationString() { "${duration.intdiv(1000)} sec" }
    def getPreviousBuild() { null }
}

abstract class Steps extends Script {
    def env = new Env(), currentBuild = new CurrentBuild(), params = Build.params
    def scm = 'scm', any = 'any', none = 'none'

    def propertyMissing(String name) {
        if (Build.params.containsKey(name)) return Build.params[name]
        if (Build.env.containsKey(name)) return Build.env[name]
        throw new MissingPropertyException(name, Script)
    }

    def methodMissing(String name, Object given) {
        List args = given as List
        if (binding.hasVariable(name) && binding.getVariable(name) instanceof Closure) return binding.getVariable(name).call(*args)
        Map named = args.find { it instanceof Map } ?: [:]
        def plain = args.find { !(it instanceof Map) && !(it instanceof Closure) }
        Closure body = args.find { it instanceof Closure }
        if (name in Names.VALUES) return named + [kind: name, args: args]
        if (!(name in Names.STEPS)) {
            if (!(name in Build.options.idle)) throw new StepFailed("'$name' is no step of Jenkins' own")
            Build.say("$name: nothing is done here")
            Build.result.idle << name
            return body?.call()
        }
        if (name in Names.BLOCKS) return Blocks."$name"(named, plain, body)
        def record = [step: name, line: Build.line(), exit_code: null, seconds: 0.0]
        Build.now.stage?.steps?.leftShift(record)
        long began = System.currentTimeMillis()
        try {
            return Actions."$name"(named, plain, record)
        } finally {
            record.seconds = (System.currentTimeMillis() - began) / 1000
        }
    }

    // Groovy has methods of these names for every object, which would be called instead.
    def sleep(Object given) { methodMissing('sleep', given) }
    def dir(String path, Closure body) { methodMissing('dir', [path, body]) }
    void println(Object value) { Build.say(value) }
    void print(Object value) { Build.say(value) }
}

class Actions {
    static sh(Map named, plain, Map record) {
        String text = "${named.script ?: plain}"
        Build.say("line ${record.line}: ${named.label ?: text.readLines().collect { it.trim() }.findAll { it }.join('; ')}")
        File file = File.createTempFile('step', '.sh')
        file.text = text
        file.executable = true
        def command = text.startsWith('#!') ? [file.path] : ['sh', '-e', file.path]
        def captured = named.returnStdout ? new ByteArrayOutputStream() : null
        try {
            record.exit_code = Shell.run(command, Build.now.folder, Build.env, Build.now.deadlineMs, captured)
        } finally {
            file.delete()
        }
        if (named.returnStatus) return record.exit_code
        if (record.exit_code) throw new StepFailed("script returned exit code ${record.exit_code}")
        captured?.toString('UTF-8')
    }

    static bat(Map named, plain, Map record) {
        throw new StepFailed('Batch scripts can only be run on Windows nodes')
    }

    static echo(Map named, plain, Map record) { Build.say(named.message ?: plain) }

    static error(Map named, plain, Map record) { throw new StepFailed("${named.message ?: plain}") }

    static unstable(Map named, plain, Map record) {
        Build.say("unstable: ${named.message ?: plain}")
        Build.worsen('UNSTABLE')
    }

    static sleep(Map named, plain, Map record) {
        long wanted = Build.until([time: named.time ?: plain, unit: named.unit ?: 'SECONDS'])
        Thread.sleep(Math.max(0L, wanted - System.currentTimeMillis()))
        if (wanted == Build.now.deadlineMs) throw new TimeIsUp('stopped by its timeout')
    }

    static pwd(Map named, plain, Map record) {
        named.tmp ? System.getProperty('java.io.tmpdir') : Build.now.folder.path
    }

    static isUnix(Map named, plain, Map record) { true }

    static readFile(Map named, plain, Map record) {
        File file = at(named.file ?: plain)
        if (!file.isFile()) throw new StepFailed("there is no file '${named.file ?: plain}'")
        file.getText('UTF-8')
    }

    static writeFile(Map named, plain, Map record) {
        File file = at(named.file)
        file.parentFile.mkdirs()
        file.setText("${named.text ?: ''}", 'UTF-8')
    }

    static fileExists(Map named, plain, Map record) { at(named.file ?: plain).exists() }

    static deleteDir(Map named, plain, Map record) { Build.say("${Build.now.folder} is kept: this workspace is somebody's") }

    static cleanWs(Map named, plain, Map record) { deleteDir(named, plain, record) }

    /** The workspace is what was to be checked out; in another folder a copy of it is made. */
    static git(Map named, plain, Map record) {
        File workspace = new File(Build.options.workspace)
        if (Build.now.folder == workspace || Build.now.folder.list()) return [GIT_BRANCH: 'origin/main']
        String copy = 'tar -C "$WORKSPACE" --exclude="./${PWD#"$WORKSPACE/"}" -cf - . | tar -xf -'
        Build.now.folder.mkdirs()
        if (Shell.run(['sh', '-c', copy], Build.now.folder, Build.env, Build.now.deadlineMs, null))
            throw new StepFailed('the workspace cannot be copied')
        [GIT_BRANCH: 'origin/main']
    }

    static checkout(Map named, plain, Map record) { git(named, plain, record) }

    static scmGit(Map named, plain, Map record) { 'scm' }

    static gitSCM(Map named, plain, Map record) { 'scm' }

    static properties(Map named, plain, Map record) { // of a scripted pipeline
        def declared = plain.findAll { it.kind == 'parameters' }.collectMany { it.args[0] }
        Parameters.take(declared.collect { new Call(name: it.kind, args: [it]) })
    }

    static archiveArtifacts(Map named, plain, Map record) {
        def wanted = named.artifacts ?: plain
        def found = Patterns.find(Build.now.folder, wanted, named.excludes)
        Build.say("archiveArtifacts: ${found.size()} files")
        Build.result.artifacts += found
        if (!found && !named.allowEmptyArchive)
            throw new StepFailed("No artifacts found that match the file pattern \"$wanted\"")
    }

    static archive(Map named, plain, Map record) { archiveArtifacts(named + [artifacts: plain ?: named.includes], null, record) }

    static stash(Map named, plain, Map record) {
        def found = Patterns.find(Build.now.folder, named.includes ?: '**', named.excludes)
        if (!found && !named.allowEmpty) throw new StepFailed("No files included in stash '${named.name ?: plain}'")
    }

    static unstash(Map named, plain, Map record) { } // one workspace: it is all still there

    static junit(Map named, plain, Map record) {
        def wanted = named.testResults ?: plain
        def files = Patterns.find(Build.now.folder, wanted, null)
        if (!files && !named.allowEmptyResults)
            throw new StepFailed("No test report files were found that match \"$wanted\"")
        def tests = Build.result.tests ?: [total: 0, failed: 0]
        files.each { name ->
            def cases = new XmlSlurper().parse(at(name)).'**'.findAll { it.name() == 'testcase' }
            tests.total += cases.size()
            tests.failed += cases.count { it.children().any { child -> child.name() in ['failure', 'error'] } }
        }
        Build.result.tests = tests
        Build.say("junit: ${tests.total} tests, ${tests.failed} failed")
        if (tests.failed) Build.worsen('UNSTABLE')
        [totalCount: tests.total, failCount: tests.failed, passCount: tests.total - tests.failed, skipCount: 0]
    }

    static File at(path) {
        File file = new File("$path")
        file.absolute ? file : new File(Build.now.folder, "$path")
    }
}

class Patterns { // Ant's: * within a name, ** over folders, a list with commas
    static List<String> find(File folder, patterns, excludes) {
        def wanted = compile(patterns), unwanted = compile(excludes ?: '')
        def found = []
        if (wanted && folder.isDirectory()) folder.eachFileRecurse(groovy.io.FileType.FILES) { file ->
            def path = file.path.substring(folder.path.length() + 1)
            if (wanted.any { path ==~ it } && !unwanted.any { path ==~ it }) found << path
        }
        found.sort()
    }

    static List<String> compile(patterns) {
        "$patterns".split(',').collect { it.trim() }.findAll { it }.collect { pattern ->
            def whole = pattern.replaceFirst('^\\./', '').replaceFirst('/$', '/**')
            def parts = whole.split('(?<=/)').collect { part ->
                part == '**/' ? '(?:.*/)?' : part == '**' ? '.*' : part.replaceAll('[^*?]+') { java.util.regex.Pattern.quote(it) }
                    .replace('*', '[^/]*').replace('?', '[^/]')
            }
            parts.join('')
        }
    }
}
