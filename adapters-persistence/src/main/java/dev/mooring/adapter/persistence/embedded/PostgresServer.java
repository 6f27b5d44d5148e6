package dev.mooring.adapter.persistence.embedded;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * One run of the server, from its start until its process ends.
 *
 * @param port the loopback port it accepts connections on
 */
record PostgresServer(TetheredProcess process, int port) {

    private static final System.Logger LOG = System.getLogger(PostgresServer.class.getName());

    /** Long, because a server that was killed replays its log before it is ready. */
    private static final Duration START_LIMIT = Duration.ofMinutes(2);

    /** How long a predecessor that is still shutting down is waited for. */
    private static final Duration BUSY_LIMIT = Duration.ofSeconds(30);

    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(10);
    private static final Duration PAUSE = Duration.ofMillis(200);
    private static final int MAX_PORTS = 5;

    /**
     * Starts the server and waits until it accepts connections.
     *
     * @param fixedPort the port to listen on; if empty, any free one
     * @throws EmbeddedPostgresException if it cannot be started; nothing is left running then
     */
    static PostgresServer start(
            ServerBinaries binaries, ServerUser user, Cluster cluster, OptionalInt fixedPort)
            throws IOException, InterruptedException {
        long busyUntil = System.nanoTime() + BUSY_LIMIT.toNanos();
        int portsTried = 0;
        while (true) {
            int port = fixedPort.isPresent() ? fixedPort.getAsInt() : freePort();
            TetheredProcess process = launch(binaries, user, cluster, port);
            if (becomesReady(process, cluster, port)) {
                return new PostgresServer(process, port);
            }
            String output = process.lastOutput();
            Optional<ServerTrouble> trouble = ServerTrouble.in(output);
            boolean again =
                    trouble.isPresent()
                            && switch (trouble.get()) {
                                case DIRECTORY_BUSY, ORPHANS_RUNNING ->
                                        System.nanoTime() - busyUntil < 0;
                                case PORT_TAKEN -> ++portsTried < MAX_PORTS;
                                case DISK_FULL, QUOTA_EXCEEDED -> false;
                            };
            if (!again) {
                throw ServerTrouble.explain(
                        "The embedded PostgreSQL did not start", cluster.directory(), output);
            }
            Thread.sleep(PAUSE);
        }
    }

    private static TetheredProcess launch(
            ServerBinaries binaries, ServerUser user, Cluster cluster, int port)
            throws IOException {
        List<String> postgres =
                List.of(
                        binaries.program("postgres"),
                        "-D",
                        cluster.data().toString(),
                        "--listen_addresses=127.0.0.1",
                        "--port=" + port,
                        "--unix_socket_directories=",
                        "--fsync=on",
                        "--synchronous_commit=on",
                        "--timezone=UTC",
                        "--log_timezone=UTC",
                        // What clients do wrong they are told themselves; details could hold data.
                        "--log_min_messages=log",
                        "--log_error_verbosity=terse",
                        "--log_checkpoints=off",
                        "--log_line_prefix=");
        OptionalLong stale = staleLockHolder(cluster);
        // The lock file of a server that was killed names a process that is a zombie by now, or a
        // stranger who got the same number, and PostgreSQL would not dare to start. This variable
        // is how pg_ctl names a process that is no competitor. PostgreSQL still makes sure by
        // itself that no orphan of that server is attached to the data.
        Map<String, String> environment =
                stale.isPresent()
                        ? Map.of("PG_GRANDPARENT_PID", Long.toString(stale.getAsLong()))
                        : Map.of();
        return TetheredProcess.start(user.command(postgres), environment, PostgresServer::log);
    }

    private static OptionalLong staleLockHolder(Cluster cluster) throws IOException {
        List<String> lockFile = lockFile(cluster);
        if (lockFile.isEmpty()) {
            return OptionalLong.empty();
        }
        long pid = Long.parseLong(lockFile.getFirst().strip());
        return isLivingPostgres(pid) ? OptionalLong.empty() : OptionalLong.of(pid);
    }

    private static boolean isLivingPostgres(long pid) {
        try {
            // "<pid> (<command>) <state> …", readable also for processes of other users
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            return stat.contains("(postgres) ") && !stat.contains(") Z ");
        } catch (IOException e) {
            return ProcessHandle.of(pid)
                    .flatMap(process -> process.info().command())
                    .filter(command -> command.endsWith("/postgres"))
                    .isPresent();
        }
    }

    /**
     * Waits until the server says in its lock file that it is ready, as {@code pg_ctl} does; false
     * if it ended instead.
     */
    private static boolean becomesReady(TetheredProcess process, Cluster cluster, int port)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        boolean ready = false;
        try {
            while (process.await(POLL).isEmpty()) {
                if (saysReady(lockFile(cluster), process, port)) {
                    ready = true;
                    return true;
                }
                if (System.nanoTime() - deadline > 0) {
                    throw new EmbeddedPostgresException(
                            "The embedded PostgreSQL in %s was not ready within %d s. It said:%n%s"
                                    .formatted(
                                            cluster.directory(),
                                            START_LIMIT.toSeconds(),
                                            process.lastOutput()));
                }
            }
            return false;
        } finally {
            if (!ready) {
                process.kill();
            }
        }
    }

    /**
     * The file's lines: process id, data directory, start time, port, socket, address, key, state.
     */
    private static boolean saysReady(List<String> lockFile, TetheredProcess process, int port) {
        return lockFile.size() >= 8
                && lockFile.get(7).strip().equals("ready")
                && lockFile.get(3).strip().equals(Integer.toString(port))
                && process.owns(Long.parseLong(lockFile.getFirst().strip()));
    }

    /** The port of the server that some process runs on the cluster and that is ready. */
    static OptionalInt portOfRunning(Cluster cluster) throws IOException {
        List<String> lockFile = lockFile(cluster);
        return lockFile.size() >= 8
                        && lockFile.get(7).strip().equals("ready")
                        && isLivingPostgres(Long.parseLong(lockFile.getFirst().strip()))
                ? OptionalInt.of(Integer.parseInt(lockFile.get(3).strip()))
                : OptionalInt.empty();
    }

    private static List<String> lockFile(Cluster cluster) throws IOException {
        try {
            return Files.readAllLines(cluster.data().resolve("postmaster.pid"));
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    private static void log(String line) {
        // A FATAL line ends one client's session, and that client is told.
        LOG.log(line.startsWith("PANIC") ? ERROR : DEBUG, "PostgreSQL: {0}", line);
    }

    /** Asks the server to end, waits, and kills it if it does not. */
    void stop() throws InterruptedException {
        process.release();
        if (process.await(STOP_LIMIT).isEmpty()) {
            LOG.log(WARNING, "The embedded PostgreSQL does not stop and is killed");
            process.kill();
        }
        LOG.log(INFO, "The embedded PostgreSQL has stopped");
    }
}
