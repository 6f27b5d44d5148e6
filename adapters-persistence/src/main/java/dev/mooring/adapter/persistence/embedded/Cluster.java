package dev.mooring.adapter.persistence.embedded;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * The durable part: PostgreSQL's data directory and, beside it, the password of its only role. Both
 * are made together and appear together, so neither is ever there without the other.
 */
record Cluster(Path directory) {

    static final String ROLE = "mooring";
    private static final System.Logger LOG = System.getLogger(Cluster.class.getName());
    private static final Duration INIT_LIMIT = Duration.ofMinutes(2);
    private static final int PASSWORD_BYTES = 32;

    /**
     * Opens the cluster below the given directory; makes it if there is none. A process killed
     * half-way leaves only a temporary folder, which a later start deletes. The caller holds the
     * directory's lock.
     */
    static Cluster openOrCreate(
            Path root, ServerBinaries binaries, ServerUser user, RandomGenerator random)
            throws IOException, InterruptedException {
        Cluster cluster = new Cluster(root.resolve("cluster"));
        if (!Files.exists(cluster.directory())) {
            LOG.log(System.Logger.Level.INFO, "Making the database in {0}", cluster.directory());
            Cluster unfinished = new Cluster(Directories.unfinished(root));
            unfinished.create(binaries, user, random);
            Directories.publish(unfinished.directory(), cluster.directory());
        }
        cluster.requireMajorVersion(binaries);
        user.own(cluster.directory());
        return cluster;
    }

    Path data() {
        return directory.resolve("data");
    }

    /** The password of {@link #ROLE}. */
    String password() throws IOException {
        return Files.readString(passwordFile(), US_ASCII).strip();
    }

    private Path passwordFile() {
        return directory.resolve("password");
    }

    private void create(ServerBinaries binaries, ServerUser user, RandomGenerator random)
            throws IOException, InterruptedException {
        Files.createFile(
                passwordFile(),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        byte[] password = new byte[PASSWORD_BYTES];
        random.nextBytes(password);
        Files.writeString(
                passwordFile(),
                Base64.getUrlEncoder().withoutPadding().encodeToString(password),
                US_ASCII);
        user.own(directory);
        initialize(binaries, user);
    }

    /** Ends with a sync of everything, initdb's default. */
    private void initialize(ServerBinaries binaries, ServerUser user)
            throws IOException, InterruptedException {
        List<String> initdb =
                List.of(
                        binaries.program("initdb"),
                        "--pgdata=" + data(),
                        "--username=" + ROLE,
                        "--pwfile=" + passwordFile(),
                        "--auth=scram-sha-256",
                        "--encoding=UTF8",
                        "--locale-provider=builtin",
                        "--builtin-locale=C.UTF-8",
                        "--locale=C",
                        "--data-checksums",
                        "--no-instructions");
        TetheredProcess process = TetheredProcess.start(user.command(initdb), Map.of(), line -> {});
        Optional<Integer> code;
        try {
            code = process.await(INIT_LIMIT);
        } finally {
            process.kill();
        }
        if (code.isEmpty() || code.get() != 0) {
            throw ServerTrouble.explain(
                    "PostgreSQL's initdb failed", directory, process.lastOutput());
        }
    }

    private void requireMajorVersion(ServerBinaries binaries) throws IOException {
        String made = Files.readString(data().resolve("PG_VERSION"), US_ASCII).strip();
        if (!made.equals(binaries.majorVersion())) {
            throw new EmbeddedPostgresException(
                    "The database in %s was made by PostgreSQL %s, and this Mooring brings PostgreSQL %s. Dump it with the Mooring that made it and restore it into a new data directory."
                            .formatted(directory, made, binaries.version()));
        }
    }
}
