package dev.mooring.endtoend;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A process that we started, with all it printed. Its standard input is a pipe that closes when
 * this JVM dies, however that happens, and it is killed when this JVM exits in order.
 */
final class ChildProcess implements AutoCloseable {

    private static final Duration TO_BE_READ = Duration.ofSeconds(2);

    private final Process process;
    private final Thread killedOnExit;
    private final List<String> output = new ArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition printed = lock.newCondition();
    private boolean silent;

    private ChildProcess(Process process) {
        this.process = process;
        this.killedOnExit = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(killedOnExit);
        Thread.ofVirtual().start(this::read);
    }

    static ChildProcess start(
            List<String> command, Path directory, Map<String, String> environment) {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("MOORING_"));
        builder.environment().putAll(environment);
        try {
            return new ChildProcess(builder.start());
        } catch (IOException notStarted) {
            throw new UncheckedIOException(notStarted);
        }
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Every line so far, of both its streams. */
    List<String> output() {
        lock.lock();
        try {
            return List.copyOf(output);
        } finally {
            lock.unlock();
        }
    }

    /** The same of a process that ended, once all it printed was read; waits briefly for that. */
    List<String> lastOutput() {
        long deadline = System.nanoTime() + TO_BE_READ.toNanos();
        lock.lock();
        try {
            // Another process may have inherited the stream, and hold it open.
            while (!silent && System.nanoTime() < deadline) {
                printed.awaitNanos(deadline - System.nanoTime());
            }
            return List.copyOf(output);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stopped);
        } finally {
            lock.unlock();
        }
    }

    /** The first line, already printed or to come in time, that has this in it. */
    Matcher awaitLine(Pattern pattern, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        lock.lock();
        try {
            int seen = 0;
            while (true) {
                for (; seen < output.size(); seen++) {
                    Matcher matcher = pattern.matcher(output.get(seen));
                    if (matcher.find()) {
                        return matcher;
                    }
                }
                long left = deadline - System.nanoTime();
                if (silent || left <= 0) {
                    throw new AssertionError(
                            "It did not print \"%s\" but:%n%s"
                                    .formatted(pattern, String.join("\n", output)));
                }
                printed.awaitNanos(left);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stopped);
        } finally {
            lock.unlock();
        }
    }

    /** Asks it to end (SIGTERM) without waiting. */
    void terminate() {
        // Not by the process itself, which would close our end of its output before its last words.
        process.toHandle().destroy();
    }

    /** Ends it at once (SIGKILL), and only it. */
    void kill() {
        process.toHandle().destroyForcibly();
        awaitExit(Duration.ofSeconds(10));
    }

    /** Its exit code, once all it printed was read. */
    int awaitExit(Duration patience) {
        try {
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("It does not end:\n" + String.join("\n", output()));
            }
            return process.exitValue();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stopped);
        }
    }

    /** Its exit code; empty while it runs. */
    Optional<Integer> exit() {
        return isAlive() ? Optional.empty() : Optional.of(process.exitValue());
    }

    /** Ends it and what it started, for some scripts leave the real work to a child. */
    @Override
    public void close() {
        List<ProcessHandle> children = process.descendants().toList();
        kill();
        children.forEach(ProcessHandle::destroyForcibly);
        try {
            Runtime.getRuntime().removeShutdownHook(killedOnExit);
        } catch (IllegalStateException alreadyExiting) {
            // The hook runs right now and does the same.
            return;
        }
    }

    private void read() {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                signal(Optional.of(line));
            }
        } catch (IOException ended) {
            signal(Optional.of("(its output broke off)"));
        }
        signal(Optional.empty());
    }

    private void signal(Optional<String> line) {
        lock.lock();
        try {
            line.ifPresentOrElse(output::add, () -> silent = true);
            printed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
