// The steps that have a block: what they change holds for what is in it.
class Blocks {
    static pipeline(Map named, plain, Closure body) { new Declarative(body).run() }

    static script(Map named, plain, Closure body) { enter(body) }

    static node(Map named, plain, Closure body) { enter(body) }

    static timestamps(Map named, plain, Closure body) { enter(body) }

    static ansiColor(Map named, plain, Closure body) { enter(body) }

    static stage(Map named, plain, Closure body) {
        Build.stage("${named.name ?: plain}") { enter(body) }
    }

    static dir(Map named, plain, Closure body) {
        File folder = Actions.at(plain ?: named.path).canonicalFile
        folder.mkdirs()
        Build.inside(folder: folder, env: Build.now.env + [PWD: folder.path]) { enter(body) }
    }

    static withEnv(Map named, plain, Closure body) {
        def env = new LinkedHashMap(Build.now.env)
        (plain ?: named.overrides).each { line ->
            def (name, value) = "$line".toString().split('=', 2)
            def variable = name.split('\\+')[0] // PATH+MINE=/bin puts it in front
            env[variable] = name.contains('+') ? "$value:${Build.env[variable] ?: ''}".toString() : value
        }
        Build.inside(env: env) { enter(body) }
    }

    static withCredentials(Map named, plain, Closure body) {
        def env = new LinkedHashMap(Build.now.env)
        (plain ?: named.bindings).each { binding ->
            def value = Build.credential(binding.credentialsId)
            if (binding.usernameVariable) {
                def (user, password) = "$value:".toString().split(':', 2)
                env[binding.usernameVariable] = user
                env[binding.passwordVariable] = password.replaceFirst(':$', '')
            } else env[binding.variable ?: binding.keyFileVariable] = value
        }
        Build.inside(env: env) { enter(body) }
    }

    static timeout(Map named, plain, Closure body) {
        Build.inside(deadlineMs: Build.until(plain ? [time: plain] : named)) { enter(body) }
    }

    static retry(Map named, plain, Closure body) {
        int count = (plain ?: named.count) as int
        for (int tried = 1; ; tried++) {
            try {
                return enter(body)
            } catch (StepFailed error) {
                if (tried >= count) throw error
                Build.say("retry $tried of $count: ${Build.explain(error)}")
            }
        }
    }

    static waitUntil(Map named, plain, Closure body) {
        while (!enter(body)) Actions.sleep([time: 1], null, [:])
    }

    static parallel(Map named, plain, Closure body) {
        Build.parallel(named.findAll { it.value instanceof Closure }.collectEntries { name, branch ->
            [name, { Build.stage("$name") { enter(branch) } }]
        })
    }

    static catchError(Map named, plain, Closure body) {
        try {
            enter(body)
        } catch (Exception error) {
            Build.say("catchError: ${Build.explain(error)}")
            def status = named.buildResult ?: Build.statusOf(error)
            Build.worsen("$status".toString(), null)
            Build.worsenStage("${named.stageResult ?: status}".toString(), Build.now.stage)
            Build.result.problem = Build.result.problem ?: Build.explain(error)
        }
    }

    static warnError(Map named, plain, Closure body) {
        catchError([buildResult: 'UNSTABLE', stageResult: 'UNSTABLE'], null, body)
    }

    /** Runs a block of steps: names in it are the Jenkinsfile's own or steps, never sections. */
    static enter(Closure body) {
        body.delegate = Build.script
        def isInSection = body.owner instanceof Closure && body.owner.delegate instanceof Section
        if (isInSection) body.resolveStrategy = Closure.DELEGATE_ONLY
        body.call()
    }
}
