package dev.mooring.adapter.persistence;

import static java.lang.System.Logger.Level.DEBUG;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
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

    private static final System.Logger LOG = System.getLogger(KeyCommand.class.getName());
    private static final Duration LIMIT = Duration.ofSeconds(15);
    private static final int MOST_BYTES = 64 * 1024;
    private static final Duration POLL = Duration.ofMillis(10);
    private static final Duration GRACE = Duration.ofMillis(100);

    /** The name of the thread that reads what a program prints. */
    static final String READER = "key-command";

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
            end(process);
        }
    }

    /** Whatever it started and left behind finds its output closed. */
    private static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            process.getInputStream().close();
        } catch (IOException e) {
            LOG.log(DEBUG, "The output of a program did not close: {0}", e.getMessage());
        }
    }

    private String output(Process process, Duration limit) throws InterruptedException {
        FutureTask<byte[]> reading = new FutureTask<>(() -> printed(process, limit));
        Thread reader = Thread.ofVirtual().name(READER).start(reading);
        try {
            byte[] bytes = reading.get(limit.plus(GRACE).toNanos(), TimeUnit.NANOSECONDS);
            if (bytes.length > MOST_BYTES) {
                throw unusable("printed more than %d KiB".formatted(MOST_BYTES / 1024));
            }
            if (process.isAlive()) {
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
        } finally {
            reader.interrupt();
        }
    }

    /**
     * What it prints until it ends, or prints too much, or the time is over. Only what is there is
     * read: the end of the output may never come, as something that the program started and left
     * running may hold it open, and nothing wakes who waits in a read of a pipe.
     */
    private static byte[] printed(Process process, Duration limit)
            throws IOException, InterruptedException {
        long start = System.nanoTime();
        process.getOutputStream().close();
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        boolean ended = false;
        while (!ended
                && printed.size() <= MOST_BYTES
                && System.nanoTime() - start < limit.toNanos()) {
            ended = process.waitFor(POLL.toMillis(), TimeUnit.MILLISECONDS);
            takeWhatIsThere(process.getInputStream(), printed);
        }
        // What is left when it ends is moved aside by a thread of the platform's, and is not to be
        // seen meanwhile.
        long end = System.nanoTime();
        while (ended && System.nanoTime() - end < GRACE.toNanos()) {
            Thread.sleep(POLL);
            takeWhatIsThere(process.getInputStream(), printed);
        }
        return printed.toByteArray();
    }

    private static void takeWhatIsThere(InputStream in, ByteArrayOutputStream printed) {
        try {
            byte[] next =
                    new byte
                            [Math.max(
                                    0, Math.min(in.available(), MOST_BYTES + 1 - printed.size()))];
            printed.write(next, 0, Math.max(0, in.read(next)));
        } catch (IOException e) {
            LOG.log(DEBUG, "It is being moved aside: {0}", e.getMessage());
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
