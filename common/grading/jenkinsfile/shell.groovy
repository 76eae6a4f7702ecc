// Starts one shell step, keeps its deadline, and kills everything it has started.
import groovy.transform.CompileStatic
import java.util.concurrent.TimeUnit

class StepFailed extends RuntimeException { StepFailed(String message) { super(message) } }
class TimeIsUp extends RuntimeException { TimeIsUp(String message) { super(message) } }

@CompileStatic // reflection on java.lang's own classes is refused by Java 17
class Shell {
    static final String NAME = 'JENKINS_SERVER_COOKIE'
    static final String COOKIE = UUID.randomUUID()
    static final long DRAIN_MS = 1000 // a daemon may hold the pipe after its parent has ended
    static final int KILL_ROUNDS = 5 // what is killed may have started something meanwhile

    /** Runs a command and returns its exit code; its stdout goes to `captured`, if given. */
    static int run(List<String> command, File folder, Map<String, String> env, long deadlineMs, OutputStream captured) {
        ProcessBuilder builder = new ProcessBuilder(['setsid'] + command).directory(folder)
        builder.redirectInput(new File('/dev/null')).redirectError(ProcessBuilder.Redirect.INHERIT)
        if (captured == null) builder.redirectOutput(ProcessBuilder.Redirect.INHERIT)
        builder.environment().clear()
        builder.environment().putAll(env)
        builder.environment().put(NAME, COOKIE)
        Process process = builder.start()
        Thread reader = captured == null ? null : Thread.startDaemon { drain(process.inputStream, captured) }
        if (!process.waitFor(Math.max(0L, deadlineMs - System.currentTimeMillis()), TimeUnit.MILLISECONDS)) {
            killLeft()
            process.destroyForcibly().waitFor()
            throw new TimeIsUp('stopped by its timeout')
        }
        if (reader != null) reader.join(DRAIN_MS)
        return process.exitValue()
    }

    private static void drain(InputStream from, OutputStream to) {
        byte[] bytes = new byte[8192]
        int count
        while ((count = from.read(bytes)) > 0) to.write(bytes, 0, count)
    }

    /** Kills what the steps have started and is still there: all of it carries the cookie. */
    static void killLeft() {
        for (int round = 0; round < KILL_ROUNDS; round++) {
            List<String> left = (new File('/proc').list() as List<String>).findAll { String name ->
                name.isInteger() && isOurs(new File("/proc/$name/environ"))
            }
            if (left.isEmpty()) return
            new ProcessBuilder(['kill', '-KILL'] + left).redirectErrorStream(true).start().waitFor()
        }
    }

    private static boolean isOurs(File environ) {
        try {
            return environ.getText('ISO-8859-1').contains("$NAME=$COOKIE")
        } catch (IOException gone) {
            return false
        }
    }
}
