package dev.mooring.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The processes of a running embedded PostgreSQL.
 *
 * @param process the one that started the others
 */
record Postmaster(ProcessHandle process) {

    /** That of the server on this directory; its lock file names it in its first line. */
    static Postmaster of(Path directory) {
        try (Stream<String> lines = Files.lines(directory.resolve("cluster/data/postmaster.pid"))) {
            long pid = Long.parseLong(lines.findFirst().orElseThrow().strip());
            return new Postmaster(ProcessHandle.of(pid).orElseThrow());
        } catch (IOException noServer) {
            throw new UncheckedIOException(noServer);
        }
    }

    /** Ends all of them at once, as a power cut does. */
    void kill() {
        all().forEach(ProcessHandle::destroyForcibly);
    }

    /** Lets all of them stand still: connections stay open, nothing answers. */
    void freeze() {
        all().forEach(each -> Signals.freeze(each.pid()));
    }

    /** Lets all of them go on after {@link #freeze()}. */
    void thaw() {
        all().forEach(each -> Signals.thaw(each.pid()));
    }

    private List<ProcessHandle> all() {
        return Stream.concat(Stream.of(process), process.descendants()).toList();
    }
}
