// A declarative pipeline: its sections are read first, all of them, and only then anything is run.
class Refusal extends RuntimeException { Refusal(String message) { super(message) } }

class Call { // in a block of a declarative pipeline
    String name
    List args
    int line
    List values

    def methodMissing(String next, args) {
        throw new Refusal("line ${Build.line()}: '$next' stands behind '$name': it begins a line of its own")
    }
}

class Section implements GroovyInterceptable { // records the calls in a block: name, arguments, line
    private final List calls = []

    def invokeMethod(String name, Object args) {
        def call = new Call(name: name, args: args as List, line: Build.line())
        calls << call
        call
    }
    def getProperty(String name) { name == 'calls' ? this.@calls : Build.script.getProperty(name) }
    void setProperty(String name, value) { throw new Refusal("line ${Build.line()}: '$name = …' has no place here") }

    static List read(Closure body, List allowed, String where) {
        def section = new Section()
        body.delegate = section
        body.resolveStrategy = Closure.DELEGATE_ONLY
        body.call()
        def calls = section.calls
        calls.findAll { call -> !calls.any { other -> other.args.any { it.is(call) } } }.each { call -> // not logRotator()
            if (!(call.name in allowed)) throw new Refusal("line ${call.line}: '${call.name}' is no part of $where")
        }
    }
}

class Variables { // the block `environment`: in the order of its lines, each sees those before it
    def getProperty(String name) { Build.script.getProperty(name) }
    void setProperty(String name, value) { Build.now.env[name] = "$value".toString() }
    def credentials(id) {
        Build.credential(id)
    }
}

class Declarative {
    final Map sections
    final List stages

    Declarative(Closure body) {
        sections = read(body, Names.PIPELINE, 'pipeline')
        ['agent', 'stages'].each { if (!sections[it]) throw new Refusal("line 1: the pipeline has no section '$it'") }
        stages = readStages(sections.stages)
    }

    private static Map read(Closure body, List allowed, String where) {
        def map = [:]
        Section.read(body, allowed, where).each { call ->
            if (map.containsKey(call.name)) throw new Refusal("line ${call.line}: '${call.name}' is there twice")
            map[call.name] = call
        }
        if (map.agent) readAgent(map.agent)
        if (map.post) map.post.values = Section.read(map.post.args[0], Names.POST, 'post')
        if (map.options) map.options.values = Section.read(map.options.args[0], Names.OPTIONS, 'options')
        if (map.triggers) Section.read(map.triggers.args[0], Names.TRIGGERS, 'triggers')
        if (map.parameters) map.parameters.values = Section.read(map.parameters.args[0], Names.PARAMETERS, 'parameters')
        map
    }

    private static void readAgent(Call agent) {
        if (!(agent.args[0] instanceof Closure)) return
        Section.read(agent.args[0], Names.AGENTS, 'agent').each { call ->
            if (!(call.name in ['label', 'node']) && !(call.name in Build.options.idle))
                throw new Refusal("line ${call.line}: an agent of '${call.name}' is not imitated: this machine is the agent")
        }
    }

    private static List readStages(Call stages) {
        def read = Section.read(stages.args[0], ['stage'], stages.name).collect { call -> readStage(call) }
        if (!read) throw new Refusal("line ${stages.line}: '${stages.name}' has no stage")
        read
    }

    private static Map readStage(Call call) {
        def name = "${call.args[0]}".toString(), body = call.args[-1]
        if (!(body instanceof Closure)) throw new Refusal("line ${call.line}: stage '$name' has no block")
        def stage = read(body, Names.STAGE, "stage '$name'")
        def kinds = ['steps', 'stages', 'parallel'].findAll { stage[it] }
        if (kinds.size() != 1) throw new Refusal("line ${call.line}: stage '$name' needs one of steps, stages, parallel")
        if (stage.when) stage.when.values = Section.read(stage.when.args[0], Names.WHEN, 'when')
        [name: name, sections: stage, inner: kinds[0] == 'steps' ? null : readStages(stage[kinds[0]])]
    }

    void run() {
        Parameters.take(sections.parameters?.values ?: [])
        Throwable thrown = null
        within(sections) {
            try {
                stages.each { runStage(it) }
            } catch (Exception error) {
                thrown = error
                fail(error)
            }
        }
        // A pipeline's post has its own time, and its environment.
        Build.inside(env: variables(sections)) { runPost(sections, Build.result, null) }
    }

    private static void fail(Exception error, String where = '') {
        Build.worsen(Build.statusOf(error))
        Build.result.problem = Build.result.problem ?: "$where${Build.explain(error)}".toString()
    }

    private runStage(Map stage) {
        if (failed(Build.result) && failed(Build.now.stage ?: Build.result)) return skip(stage, 'an earlier stage failed')
        runAnyway(stage)
    }

    private static boolean failed(Map judged) { judged.status in ['FAILURE', 'ABORTED'] }

    /** What fails beside a branch of `parallel`, or in another branch, neither keeps it from beginning nor from going on. */
    private runAnyway(Map stage) {
        def of = stage.sections
        if (of.when && !Build.inside(env: variables(of)) { When.holds(of.when.values) }) return skip(stage, 'its condition does not hold')
        try {
            Build.stage(stage.name, {
                within(of) {
                    if (of.steps) Blocks.enter(of.steps.args[0])
                    else if (of.stages) stage.inner.each { runStage(it) }
                    else Build.parallel(stage.inner.collectEntries { one -> [one.name, { runAnyway(one) }] })
                }
            }, { record -> Build.inside(env: variables(of)) { runPost(of, record, record) } })
        } catch (Exception error) {
            fail(error, "stage '${stage.name}', ")
        }
    }

    private static skip(Map stage, String why) {
        Build.skip(stage.name, why)
        stage.inner?.each { skip(it, why) }
    }

    private static Map variables(Map of) {
        if (!of.environment) return Build.now.env
        Build.inside(env: new LinkedHashMap(Build.now.env)) {
            Closure body = of.environment.args[0]
            body.delegate = new Variables()
            body.resolveStrategy = Closure.DELEGATE_ONLY
            body.call()
            Build.now.env
        }
    }

    /** Runs `work` with a section's environment and options. */
    private static void within(Map of, Closure work) {
        def timeout = of.options?.values?.find { it.name == 'timeout' }?.args?.getAt(0)
        def retry = of.options?.values?.find { it.name == 'retry' }?.args?.getAt(0)
        def changes = [env: variables(of)]
        if (timeout) changes.deadlineMs = Build.until(timeout)
        Build.inside(changes) { retry ? Blocks.retry([:], retry, work) : work() }
    }

    private static void runPost(Map of, Map judged, Map record) {
        Names.POST.each { condition ->
            def body = of.post?.values?.find { it.name == condition }?.args?.first()
            if (!body || !(judged.status in Names.POST_STATUS[condition])) return
            Build.say("post: $condition")
            try {
                Blocks.enter(body)
            } catch (Exception error) {
                Build.worsen(Build.statusOf(error), record)
                Build.result.problem = Build.result.problem ?: "post $condition, ${Build.explain(error)}".toString()
                Build.say("post $condition: ${Build.explain(error)}")
            }
        }
    }
}

class Parameters {
    /** Gives each declared parameter its value: the one that was given, or its default. */
    static void take(List declared) {
        def unknown = Build.options.parameters.keySet() - declared.collect { it.args[0].name }
        if (unknown) throw new Refusal("there is no parameter '${unknown[0]}': the file has ${declared.collect { it.args[0].name }.join(', ') ?: 'none'}")
        declared.each { call ->
            def named = call.args[0]
            def choices = call.name == 'choice' ? (named.choices instanceof List ? named.choices : "${named.choices}".readLines()) : null
            def given = Build.options.parameters[named.name]
            if (given != null && choices && !(given in choices))
                throw new Refusal("parameter '${named.name}' cannot be '$given': it is one of ${choices.join(', ')}")
            def value = given != null ? given : choices ? choices[0] : named.defaultValue
            Build.params[named.name] = call.name == 'booleanParam' ? "$value" == 'true' : "${value == null ? '' : value}".toString()
            Build.base[named.name] = "${Build.params[named.name]}".toString()
        }
    }
}

class When {
    static boolean holds(List conditions) {
        conditions.every { call -> one(call) }
    }

    private static boolean one(Call call) {
        def first = call.args ? call.args[0] : null
        def inner = { first instanceof Closure ? Section.read(first, Names.WHEN, call.name) : [] }
        switch (call.name) {
            case 'expression': return Blocks.enter(first)
            case 'branch': return Build.env.BRANCH_NAME ==~ glob(first instanceof Map ? first.pattern : first)
            case 'environment': return Build.env[first.name] == "${first.value}".toString()
            case 'not': return !holds(inner())
            case 'allOf': return holds(inner())
            case 'anyOf': return inner().any { one(it) }
            case ['beforeAgent', 'beforeInput', 'beforeOptions']: return true
            default: throw new StepFailed("the condition '${call.name}' is not imitated")
        }
    }

    private static String glob(pattern) { "$pattern".split('\\*', -1).collect { java.util.regex.Pattern.quote(it) }.join('.*') }
}
