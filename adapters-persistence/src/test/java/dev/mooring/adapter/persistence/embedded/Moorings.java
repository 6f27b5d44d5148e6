package dev.mooring.adapter.persistence.embedded;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;

/** Another JVM that runs the launcher, to be killed. Its main method is what that JVM runs. */
final class Moorings implements AutoCloseable {

    private final Process process;
    private final BufferedReader output;

    private Moorings(Process process) {
        this.process = process;
        this.output = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Starts a JVM that starts a server on the directory; the prefix may put it elsewhere. */
    static Moorings start(Path directory, String... prefix) throws IOException {
        List<String> command = new ArrayList<>(List.of(prefix));
        command.addAll(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Moorings.class.getName(),
                        directory.toString()));
        return new Moorings(new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    /** Waits until the server runs. */
    void awaitStarted() throws IOException {
        awaitLine("STARTED");
    }

    /** Waits for a line with this text and returns all that was printed up to it. */
    String awaitLine(String text) throws IOException {
        StringBuilder all = new StringBuilder();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            all.append(line).append('\n');
            if (line.contains(text)) {
                return all.toString();
            }
        }
        throw new AssertionError("The other JVM ended without saying " + text + ":\n" + all);
    }

    /** {@code kill -9} of the JVM alone. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** {@code kill -9} of the JVM and of all that it started. */
    void killWithDescendants() throws InterruptedException {
        List<ProcessHandle> all = process.descendants().toList();
        process.destroyForcibly().waitFor();
        all.forEach(ProcessHandle::destroyForcibly);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    @SuppressWarnings("resource") // killing this JVM without closing is the point
    public static void main(String[] arguments) throws InterruptedException {
        try {
            EmbeddedPostgres.start(Path.of(arguments[0]), new SecureRandom());
            System.out.println("STARTED");
            Thread.sleep(Long.MAX_VALUE);
        } catch (EmbeddedPostgresException e) {
            System.out.println("REFUSED " + e.getMessage());
        }
    }
}
