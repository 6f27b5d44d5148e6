package dev.mooring.adapter.persistence.embedded;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;

import dev.mooring.adapter.persistence.DatabaseAccess;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;

/**
 * A PostgreSQL server of our own: started as a child process on a directory that nobody else uses,
 * reached by password over loopback, stopped by {@link #close()} or by the end of this JVM, even by
 * {@code kill -9}. Data are durable: fsync and checksums are on.
 *
 * <p>If the server dies while it is needed, it is started again on the same port, as often as it
 * takes and with growing pauses; meanwhile {@link #running()} is false and the log says why. All
 * methods may be called from any thread.
 */
public final class EmbeddedPostgres implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(EmbeddedPostgres.class.getName());
    private static final Duration HEALTHY_AFTER = Duration.ofMinutes(10);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final DirectoryLock lock;
    private final ServerBinaries binaries;
    private final ServerUser user;
    private final Cluster cluster;
    private final DatabaseAccess access;
    private final Thread watch;
    private volatile PostgresServer server;
    private final AtomicBoolean closing = new AtomicBoolean();

    private EmbeddedPostgres(
            DirectoryLock lock,
            ServerBinaries binaries,
            ServerUser user,
            Cluster cluster,
            PostgresServer server)
            throws IOException {
        this.lock = lock;
        this.binaries = binaries;
        this.user = user;
        this.cluster = cluster;
        this.server = server;
        this.access = access(cluster, server.port());
        this.watch = Thread.ofVirtual().name("postgres-watch").unstarted(this::watch);
    }

    /**
     * Starts the server on a directory. What is missing is made: the directory, the server's
     * programs and an empty database with a random password; that first start takes some seconds.
     *
     * @param directory belongs to the server alone
     * @param random makes the password
     * @throws EmbeddedPostgresException if it cannot be started; the message says why
     */
    public static EmbeddedPostgres start(Path directory, RandomGenerator random) {
        try {
            Path root = Files.createDirectories(directory, ownerOnly()).toRealPath();
            return startAs(ServerUser.choose(root), root, random);
        } catch (IOException e) {
            throw ServerTrouble.explain(directory, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EmbeddedPostgresException("The start of PostgreSQL was interrupted", e);
        }
    }

    /**
     * How to reach the server that another process runs on this directory; empty if there is no
     * database or nobody runs it. For tools that work beside a running service.
     */
    public static Optional<DatabaseAccess> runningOn(Path directory) {
        Cluster cluster = new Cluster(directory.resolve("cluster"));
        try {
            OptionalInt port = PostgresServer.portOfRunning(cluster);
            return port.isPresent()
                    ? Optional.of(access(cluster, port.getAsInt()))
                    : Optional.empty();
        } catch (IOException e) {
            throw ServerTrouble.explain(directory, e);
        }
    }

    /** Whether a database was ever made in this directory. */
    public static boolean existsIn(Path directory) {
        return Files.exists(directory.resolve("cluster"));
    }

    private static DatabaseAccess access(Cluster cluster, int port) throws IOException {
        return new DatabaseAccess(
                "jdbc:postgresql://127.0.0.1:%d/postgres".formatted(port),
                Cluster.ROLE,
                cluster.password());
    }

    static EmbeddedPostgres startAs(ServerUser user, Path root, RandomGenerator random)
            throws IOException, InterruptedException {
        ServerBinaries.Archive archive = ServerBinaries.Archive.ofThisMachine();
        DirectoryLock lock = DirectoryLock.claim(root);
        try {
            Directories.deleteUnfinished(root);
            ServerBinaries binaries = archive.unpackedBelow(root);
            Cluster cluster = Cluster.openOrCreate(root, binaries, user, random);
            PostgresServer server =
                    PostgresServer.start(binaries, user, cluster, OptionalInt.empty());
            EmbeddedPostgres started = new EmbeddedPostgres(lock, binaries, user, cluster, server);
            started.watch.start();
            LOG.log(
                    INFO,
                    "PostgreSQL {0} runs on the data in {1}, port {2}",
                    binaries.version(),
                    cluster.directory(),
                    Integer.toString(server.port()));
            return started;
        } catch (IOException | InterruptedException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private static FileAttribute<?> ownerOnly() {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    }

    /** Where the server is reached and with which password; the same as long as this runs. */
    public DatabaseAccess access() {
        return access;
    }

    /** Whether the server's process is there. */
    public boolean running() {
        return server.process().alive();
    }

    private void watch() {
        Duration pause = FIRST_PAUSE;
        try {
            while (true) {
                long since = System.nanoTime();
                int code = server.process().await();
                if (closing.get()) {
                    return;
                }
                // If only the shell was killed, the server itself still has to go.
                server.process().release();
                LOG.log(
                        ERROR,
                        "The embedded PostgreSQL in {0} ended unexpectedly (exit code {1}). It"
                                + " said:\n"
                                + "{2}",
                        cluster.directory(),
                        code,
                        server.process().lastOutput());
                if (System.nanoTime() - since > HEALTHY_AFTER.toNanos()) {
                    pause = FIRST_PAUSE;
                }
                do {
                    Thread.sleep(pause);
                    pause = longer(pause);
                } while (!restarted());
            }
        } catch (InterruptedException e) {
            // close() ends the watch.
        }
    }

    private static Duration longer(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
    }

    private boolean restarted() throws InterruptedException {
        try {
            OptionalInt samePort = OptionalInt.of(server.port());
            server = PostgresServer.start(binaries, user, cluster, samePort);
            LOG.log(INFO, "The embedded PostgreSQL runs again");
            return true;
        } catch (IOException | EmbeddedPostgresException e) {
            LOG.log(ERROR, "The embedded PostgreSQL does not start again: {0}", e.getMessage());
            return false;
        }
    }

    /**
     * Stops the server in an orderly way and gives the directory free. Repeating it is harmless.
     */
    @Override
    public void close() {
        if (closing.getAndSet(true)) {
            return;
        }
        try {
            watch.interrupt();
            watch.join();
            server.stop();
            lock.close();
        } catch (InterruptedException e) {
            server.process().kill();
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.log(ERROR, "The lock of {0} cannot be released", cluster.directory(), e);
        }
    }
}
