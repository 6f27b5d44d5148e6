package dev.mooring.adapter.persistence.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A child process that ends when this JVM ends, however it ends. A shell between the two reads a
 * pipe that only this JVM holds open; when the pipe closes, even by {@code kill -9}, the shell
 * interrupts the child.
 */
final class TetheredProcess {

    /**
     * The child runs in the background so that the shell can wait for it and watch the pipe at the
     * same time. TERM is ignored because an init system may send it to every process of the
     * service, and the server has to outlive the requests that are still being drained.
     */
    private static final String TETHER =
            """
            exec 3<&0
            trap '' TERM
            "$@" </dev/null 3<&- &
            child=$!
            (read -r _ <&3; kill -INT $child) >/dev/null 2>&1 &
            watch=$!
            exec 3<&-
            wait $child
            status=$?
            kill -KILL $watch >/dev/null 2>&1
            exit $status
            """;

    private static final int REMEMBERED_LINES = 30;

    private final Process shell;
    private final Thread reader;
    private final Deque<String> lastLines = new ArrayDeque<>();

    private TetheredProcess(Process shell, Consumer<String> output) {
        this.shell = shell;
        this.reader = Thread.ofVirtual().name("postgres-output").start(() -> read(output));
    }

    /**
     * Starts a command with the given environment on top of PATH and the C locale, and nothing of
     * ours: configuration may hold secrets, and a stray PGOPTIONS would change the server.
     *
     * @param output receives each line of standard output and error, on a thread of its own
     */
    static TetheredProcess start(
            List<String> command, Map<String, String> environment, Consumer<String> output)
            throws IOException {
        List<String> full = new ArrayList<>();
        // In a session of its own, the child does not see the Ctrl-C that is meant for Mooring.
        if (onPath("setsid")) {
            full.add("setsid");
        }
        full.addAll(List.of("sh", "-c", TETHER, "sh"));
        full.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(full).redirectErrorStream(true);
        builder.environment().keySet().retainAll(Set.of("PATH"));
        builder.environment().put("LC_ALL", "C");
        builder.environment().putAll(environment);
        return new TetheredProcess(builder.start(), output);
    }

    /** Whether a command of this name is to be found. */
    static boolean onPath(String command) {
        for (String directory : path().split(File.pathSeparator, -1)) {
            if (Files.isExecutable(Path.of(directory, command))) {
                return true;
            }
        }
        return false;
    }

    private static String path() {
        Map<String, String> inherited = new ProcessBuilder().environment();
        return inherited.getOrDefault("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
    }

    private void read(Consumer<String> output) {
        try (BufferedReader lines = shell.inputReader(UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                synchronized (lastLines) {
                    lastLines.addLast(line);
                    if (lastLines.size() > REMEMBERED_LINES) {
                        lastLines.removeFirst();
                    }
                }
                output.accept(line);
            }
        } catch (IOException e) {
            // The pipe broke because the process was killed: there is nothing more to read.
        }
    }

    boolean alive() {
        return shell.isAlive();
    }

    /** Whether the process with this id was started by this tether. */
    boolean owns(long pid) {
        return shell.descendants().anyMatch(child -> child.pid() == pid);
    }

    /** Waits for the end; the exit code, or empty if the time ran out first. */
    Optional<Integer> await(Duration limit) throws InterruptedException {
        if (!shell.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            return Optional.empty();
        }
        reader.join(Duration.ofSeconds(1));
        return Optional.of(shell.exitValue());
    }

    /** Waits for the end, however long it takes. */
    int await() throws InterruptedException {
        int code = shell.waitFor();
        reader.join(Duration.ofSeconds(1));
        return code;
    }

    /** Closes the pipe, so that the child is interrupted: PostgreSQL's orderly fast shutdown. */
    void release() {
        try {
            shell.getOutputStream().close();
        } catch (IOException e) {
            // The shell is gone already, which is what closing asks for.
        }
    }

    /** Kills the shell and all its descendants at once. */
    void kill() {
        List<ProcessHandle> all = shell.descendants().toList();
        shell.destroyForcibly();
        all.forEach(ProcessHandle::destroyForcibly);
    }

    /** The last lines that the process wrote. */
    String lastOutput() {
        synchronized (lastLines) {
            return String.join(System.lineSeparator(), lastLines);
        }
    }
}
