package dev.mooring.adapter.persistence.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What the words of a failed server mean for the person who runs it. */
enum ServerTrouble {
    DISK_FULL("No space left on device"),
    QUOTA_EXCEEDED("Disk quota exceeded"),
    DIRECTORY_BUSY("lock file \"postmaster.pid\" already exists"),
    ORPHANS_RUNNING("pre-existing shared memory block"),
    PORT_TAKEN("could not create any TCP/IP sockets");

    private final String words;

    ServerTrouble(String words) {
        this.words = words;
    }

    /** The trouble that the server's output tells of, if it is one we know. */
    static Optional<ServerTrouble> in(String output) {
        for (ServerTrouble trouble : values()) {
            if (output.contains(trouble.words)) {
                return Optional.of(trouble);
            }
        }
        return Optional.empty();
    }

    /** An exception whose message begins with the cause, if the output gives it away. */
    static EmbeddedPostgresException explain(String what, Path directory, String output) {
        String cause =
                in(output)
                        .map(trouble ->
                                switch (trouble) {
                                    case DISK_FULL, QUOTA_EXCEEDED -> diskFull(directory) + " ";
                                    case DIRECTORY_BUSY, ORPHANS_RUNNING ->
                                            "Another PostgreSQL server still runs on this data;"
                                                    + " stop it. ";
                                    case PORT_TAKEN -> "No port of this machine is free. ";
                                })
                        .orElse("");
        return new EmbeddedPostgresException(
                "%s%s in %s. It said:%n%s"
                        .formatted(cause, what, directory, output.isEmpty() ? "nothing" : output));
    }

    /** The same for a failure of our own input and output. */
    static EmbeddedPostgresException explain(Path directory, IOException failure) {
        String message = String.valueOf(failure.getMessage());
        boolean full = in(message).filter(t -> t == DISK_FULL || t == QUOTA_EXCEEDED).isPresent();
        return new EmbeddedPostgresException(
                full
                        ? diskFull(directory)
                        : "The embedded PostgreSQL in %s cannot be prepared: %s"
                                .formatted(directory, failure),
                failure);
    }

    private static String diskFull(Path directory) {
        return "The disk that holds %s is full (%s).".formatted(directory, freeSpace(directory));
    }

    private static String freeSpace(Path directory) {
        try {
            return (Files.getFileStore(directory).getUsableSpace() >> 20) + " MiB free";
        } catch (IOException e) {
            return "free space unknown";
        }
    }
}
