// One build: its parameters and environment, where it is, and the result that is reported at the end.
import java.util.concurrent.TimeUnit

class Context { // what a block changes for what is in it; a parallel branch has its own
    File folder
    Map<String, String> env // over the build's own
    long deadlineMs
    Map stage
    Map upper // the stage around it

    Context changed(Map changes) {
        new Context([folder: folder, env: env, deadlineMs: deadlineMs, stage: stage, upper: upper] + changes)
    }
}

class Build {
    static final List ORDER = ['SUCCESS', 'UNSTABLE', 'FAILURE', 'NOT_BUILT', 'ABORTED'] // Jenkins' own, from good to bad
    static final InheritableThreadLocal<Context> HELD = new InheritableThreadLocal<>()
    static final Map result = [status: 'SUCCESS', problem: null, stages: [], artifacts: [], tests: null, idle: []]
    static Map options
    static Map params = [:]
    static final Map<String, String> base = new LinkedHashMap<>() // the machine's variables, the server's, the parameters
    static final Map<String, String> assigned = new LinkedHashMap<>() // by `env.NAME = …`, which holds to the end
    static Script script

    static Context getNow() { HELD.get() }

    static synchronized Map<String, String> getEnv() { base + assigned + now.env }

    static inside(Map changes, Closure work) {
        Context before = now
        HELD.set(before.changed(changes))
        try {
            return work()
        } finally {
            HELD.set(before)
        }
    }

    static void say(Object message) {
        System.err.println(masked("[Jenkins] $message"))
        System.err.flush()
    }

    static String masked(Object text) {
        options.credentials.values().findAll { it }.inject(text as String) { all, secret -> all.replace(secret, '****') }
    }

    static synchronized void worsen(String status, Map stage = now.stage) {
        if (ORDER.indexOf(status) > ORDER.indexOf(result.status)) result.status = status
        worsenStage(status, stage)
    }

    static synchronized void worsenStage(String status, Map stage) {
        if (stage && ORDER.indexOf(status) > ORDER.indexOf(stage.status)) stage.status = status
    }

    static int line(Throwable where = new Throwable()) {
        where.stackTrace.find { it.fileName == 'Jenkinsfile' }?.lineNumber ?: 0
    }

    static String explain(Throwable error) {
        def isOurs = error instanceof StepFailed || error instanceof TimeIsUp
        def what = isOurs ? error.message : "${error.class.simpleName}: ${error.message}"
        masked("line ${line(error)}: ${what.toString().readLines().find { it } ?: ''}")
    }

    static String statusOf(Throwable error) { error instanceof TimeIsUp ? 'ABORTED' : 'FAILURE' }

    static String credential(id) {
        def value = options.credentials["$id".toString()] ?: options.credentials['*']
        if (value == null) throw new StepFailed("there is no credential '$id': give --credential $id=VALUE")
        value
    }

    /** The deadline of a block with this timeout: never later than the one around it. */
    static long until(Map named) {
        def unit = TimeUnit.valueOf("${named.unit ?: 'MINUTES'}".toString())
        Math.min(now.deadlineMs, System.currentTimeMillis() + unit.toMillis(named.time as long))
    }

    /** Runs one stage and records it; `afterwards` is its post. What fails in it is thrown on. */
    static void stage(String name, Closure work, Closure afterwards = null) {
        def record = [name: name, status: 'SUCCESS', seconds: 0.0, problem: null, steps: []]
        synchronized (result.stages) { result.stages << record }
        long began = System.currentTimeMillis()
        Throwable thrown = null
        say("stage '$name'")
        inside(stage: record, upper: now.stage, env: now.env + [STAGE_NAME: name]) {
            try {
                work()
            } catch (Exception error) {
                thrown = error
                record.problem = explain(error)
                worsenStage(statusOf(error), record)
                say("stage '$name' ends: ${record.problem}")
            }
            afterwards?.call(record)
        }
        record.seconds = (System.currentTimeMillis() - began) / 1000
        worsenStage(record.status, now.stage)
        if (thrown) throw thrown
    }

    static void skip(String name, String why) {
        say("stage '$name' is skipped: $why")
        synchronized (result.stages) {
            result.stages << [name: name, status: 'SKIPPED', seconds: 0.0, problem: why, steps: []]
        }
    }

    /** Runs the branches at the same time and throws what the first that failed has thrown. */
    static void parallel(Map<String, Closure> branches) {
        def errors = Collections.synchronizedList([])
        def threads = branches.collect { name, work ->
            Thread.start {
                try {
                    work()
                } catch (Exception error) {
                    errors << error
                }
            }
        }
        threads*.join()
        if (errors) throw errors.first()
    }
}
