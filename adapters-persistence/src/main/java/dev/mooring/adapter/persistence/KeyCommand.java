package dev.mooring.adapter.persistence;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A program that prints the encryption keys, such as the client of a key management system. It is
 * run without a shell and without our own settings in its environment; time and output are bounded.
 * What it says on its standard error stream is thrown away, as nobody knows what is in it.
 *
 * @param setting the name of the setting that names the program
 * @param words the program and its arguments
 */
public record KeyCommand(String setting, List<String> words) implements KeySource {

    private static final Duration LIMIT = Duration.ofSeconds(15);
    private static final int MOST_BYTES = 64 * 1024;

    public KeyCommand {
        words = List.copyOf(words);
    }

    @Override
    public String name() {
        return "%s (%s)".formatted(setting, words.getFirst());
    }

    @Override
    public EncryptionKeys read() {
        return read(LIMIT);
    }

    EncryptionKeys read(Duration limit) {
        ProcessBuilder program = new ProcessBuilder(words).redirectError(Redirect.DISCARD);
        program.environment().keySet().removeIf(variable -> variable.startsWith("MOORING_"));
        Process process;
        try {
            process = program.start();
        } catch (IOException e) {
            throw new DatabaseUnusableException(
                    "The program of %s cannot be run".formatted(name()), e);
        }
        try {
            return EncryptionKeys.parse(name(), output(process, limit));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unusable("was interrupted");
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private String output(Process process, Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        FutureTask<byte[]> reading =
                new FutureTask<>(() -> {
                    process.getOutputStream().close();
                    return process.getInputStream().readNBytes(MOST_BYTES + 1);
                });
        Thread.ofVirtual().start(reading);
        try {
            byte[] bytes = reading.get(limit.toNanos(), TimeUnit.NANOSECONDS);
            if (bytes.length > MOST_BYTES) {
                throw unusable("printed more than %d KiB".formatted(MOST_BYTES / 1024));
            }
            if (!process.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                throw unusable("did not end within " + limit.toSeconds() + " s");
            }
            if (process.exitValue() != 0) {
                throw unusable(
                        "ended with exit code %d; run it by hand to see what it says"
                                .formatted(process.exitValue()));
            }
            return new String(bytes, UTF_8);
        } catch (TimeoutException e) {
            throw unusable("did not end within " + limit.toSeconds() + " s");
        } catch (ExecutionException e) {
            throw unusable("closed its output in the middle");
        }
    }

    private DatabaseUnusableException unusable(String problem) {
        return new DatabaseUnusableException("The program of %s %s".formatted(name(), problem));
    }

    /** Without the arguments, which may hold a credential. */
    @Override
    public String toString() {
        return "KeyCommand[" + name() + "]";
    }
}
