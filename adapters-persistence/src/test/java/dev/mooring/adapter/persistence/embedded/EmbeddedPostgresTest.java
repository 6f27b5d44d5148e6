package dev.mooring.adapter.persistence.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mooring.adapter.persistence.DatabaseAccess;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/** Real servers, really killed. */
@Timeout(120)
class EmbeddedPostgresTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static Path unpackedOnce;
    private Path directory;

    @BeforeAll
    static void unpack() throws IOException {
        unpackedOnce = publicTempDirectory();
        ServerBinaries.Archive.ofThisMachine().unpackedBelow(unpackedOnce);
    }

    @AfterAll
    static void deleteUnpacked() throws IOException {
        Directories.delete(unpackedOnce);
    }

    @BeforeEach
    void makeDirectory() throws IOException {
        directory = publicTempDirectory();
        try (Stream<Path> unpacked = Files.list(unpackedOnce)) {
            Path server = unpacked.findFirst().orElseThrow();
            Files.createSymbolicLink(directory.resolve(server.getFileName()), server);
        }
    }

    @AfterEach
    void deleteDirectory() throws Exception {
        eventually("no server uses the directory", () -> serversOn(directory).isEmpty());
        Directories.delete(directory);
    }

    /** One that the user nobody may pass, too. */
    private static Path publicTempDirectory() throws IOException {
        Path made = Files.createTempDirectory("mooring-test");
        Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwx--x--x"));
        return made.toRealPath();
    }

    @Test
    void dataAndPasswordOutliveARestart() throws Exception {
        DatabaseAccess first;
        try (EmbeddedPostgres postgres = start()) {
            first = postgres.access();
            execute(first, "create table kept (value text)");
            execute(first, "insert into kept values ('still here')");
        }
        try (EmbeddedPostgres postgres = start()) {
            assertThat(query(postgres.access(), "select value from kept")).isEqualTo("still here");
            assertThat(postgres.access().password()).isEqualTo(first.password());
        }
    }

    @Test
    void theServerIsDurableAndReachedByPasswordOverLoopbackOnly() throws Exception {
        try (EmbeddedPostgres postgres = start()) {
            DatabaseAccess access = postgres.access();
            for (String setting :
                    List.of("fsync", "synchronous_commit", "full_page_writes", "data_checksums")) {
                assertThat(query(access, "show " + setting)).as(setting).isEqualTo("on");
            }
            assertThat(query(access, "show listen_addresses")).isEqualTo("127.0.0.1");
            assertThat(query(access, "show unix_socket_directories")).isEmpty();
            assertThat(query(access, "show server_version")).startsWith("18.");
            assertThat(
                            query(
                                    access,
                                    "select string_agg(distinct auth_method, ',') from"
                                            + " pg_hba_file_rules"))
                    .isEqualTo("scram-sha-256");
            assertThat(
                            query(
                                    access,
                                    "select datlocale || cast(datlocprovider as text) from"
                                            + " pg_database where datname = current_database()"))
                    .isEqualTo("C.UTF-8b");
            assertThatThrownBy(() ->
                            query(
                                    new DatabaseAccess(access.url(), access.user(), "guess"),
                                    "select 1"))
                    .hasMessageContaining("password authentication failed");
        }
        Path password = directory.resolve("cluster/password");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(password)))
                .isEqualTo("rw-------");
    }

    @Test
    void aSecondMooringOnTheSameDirectoryIsRefusedWithTheDirectoryNamed() throws Exception {
        try (EmbeddedPostgres postgres = start()) {
            assertThatThrownBy(this::start)
                    .isInstanceOf(EmbeddedPostgresException.class)
                    .hasMessageContaining(directory.toString())
                    .hasMessageContaining("in use");
            try (Moorings other = Moorings.start(directory)) {
                assertThat(other.awaitLine("REFUSED"))
                        .contains(directory.toString())
                        .contains("process " + ProcessHandle.current().pid());
            }
            assertThat(query(postgres.access(), "select 1")).isEqualTo("1");
        }
    }

    @Test
    void aKilledServerIsStartedAgainOnTheSamePort() throws Exception {
        try (EmbeddedPostgres postgres = start()) {
            execute(postgres.access(), "create table kept (value text)");
            kill(serversOn(directory).getFirst());
            eventually(
                    "the server answers again",
                    () -> query(postgres.access(), "select count(*) from kept").equals("0"));
            assertThat(postgres.running()).isTrue();
        }
    }

    @Test
    void aServerWhoseShellWasKilledIsStartedAgainToo() throws Exception {
        try (EmbeddedPostgres postgres = start()) {
            ProcessHandle server = serversOn(directory).getFirst();
            kill(server.parent().orElseThrow());
            eventually("another server runs", () -> !server.isAlive() && postgres.running());
            assertThat(query(postgres.access(), "select 1")).isEqualTo("1");
        }
    }

    @Test
    void aSecondCloseDoesNotTakeTheDirectoryFromItsNextOwner() {
        EmbeddedPostgres first = start();
        first.close();
        try (EmbeddedPostgres next = start()) {
            first.close();
            assertThatThrownBy(this::start).hasMessageContaining("in use");
            assertThat(next.running()).isTrue();
        }
    }

    @Test
    void aServerThatCannotBeStartedAgainIsReportedAndComesBackWhenTheCauseIsGone()
            throws Exception {
        Path control = directory.resolve("cluster/data/global/pg_control");
        Path aside = directory.resolve("pg_control");
        try (EmbeddedPostgres postgres = start()) {
            execute(postgres.access(), "create table kept (value text)");
            Files.move(control, aside);
            kill(serversOn(directory).getFirst());
            eventually("it is reported", () -> !postgres.running());
            Files.move(aside, control);
            eventually(
                    "the server answers again",
                    () -> query(postgres.access(), "select count(*) from kept").equals("0"));
            assertThat(postgres.running()).isTrue();
        }
    }

    @Test
    void theServerEndsWhenTheJvmIsKilledAndTheNextStartFindsTheData() throws Exception {
        try (Moorings other = Moorings.start(directory)) {
            other.awaitStarted();
            assertThat(serversOn(directory)).isNotEmpty();
            other.kill();
        }
        try (EmbeddedPostgres postgres = start()) {
            assertThat(query(postgres.access(), "select 1")).isEqualTo("1");
        }
    }

    @Test
    void aKillOfEverythingIsFollowedByAStartAtOnce() throws Exception {
        try (Moorings other = Moorings.start(directory)) {
            other.awaitStarted();
            other.killWithDescendants();
        }
        try (EmbeddedPostgres postgres = start()) {
            assertThat(query(postgres.access(), "select 1")).isEqualTo("1");
        }
    }

    @Test
    void aStaleLockFileThatNamesALivingStrangerIsNoObstacle() throws Exception {
        start().close();
        String ours = Long.toString(ProcessHandle.current().pid());
        Files.writeString(
                directory.resolve("cluster/data/postmaster.pid"),
                String.join(
                        "\n", ours, "elsewhere", "1", "1", "", "127.0.0.1", "1 1", "ready", ""));
        try (EmbeddedPostgres postgres = start()) {
            assertThat(query(postgres.access(), "select 1")).isEqualTo("1");
        }
    }

    @Test
    void whatAKilledFirstStartLeftBehindIsReplaced() throws Exception {
        try (Moorings other = Moorings.start(directory)) {
            eventually("initdb is at work", () -> !leftovers().isEmpty());
            other.killWithDescendants();
        }
        assertThat(directory.resolve("cluster")).doesNotExist();
        try (EmbeddedPostgres postgres = start()) {
            assertThat(query(postgres.access(), "select 1")).isEqualTo("1");
        }
        start().close();
        assertThat(leftovers()).isEmpty();
    }

    private List<Path> leftovers() throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(path -> path.getFileName().toString().startsWith("unfinished"))
                    .toList();
        }
    }

    @Test
    void aKilledUnpackingIsRepeated() throws Exception {
        Path fresh = directory.resolve("fresh");
        Path unfinished = Files.createDirectories(fresh.resolve("unfinished-123/bin"));
        Files.writeString(unfinished.resolve("postgres"), "half a program");
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(fresh, new SecureRandom())) {
            assertThat(query(postgres.access(), "select 1")).isEqualTo("1");
        }
        assertThat(unfinished).doesNotExist();
    }

    @Test
    void dataOfAnotherMajorVersionAreLeftAloneWithAClearMessage() throws Exception {
        start().close();
        Files.writeString(directory.resolve("cluster/data/PG_VERSION"), "17\n");
        assertThatThrownBy(this::start)
                .isInstanceOf(EmbeddedPostgresException.class)
                .hasMessageContaining("made by PostgreSQL 17")
                .hasMessageContaining("brings PostgreSQL 18");
    }

    @Test
    void aPlatformWithoutBinariesIsNamed() {
        assertThatThrownBy(() -> ServerBinaries.Archive.of("Linux", "riscv64", false))
                .isInstanceOf(EmbeddedPostgresException.class)
                .hasMessageContaining("Linux on riscv64")
                .hasMessageContaining("MOORING_DATABASE_URL");
        assertThatThrownBy(() -> ServerBinaries.Archive.of("Windows 11", "amd64", false))
                .hasMessageContaining("Windows 11");
    }

    @Test
    void aFullDiskIsCalledByItsName() throws Exception {
        Path small = Files.createDirectory(directory.resolve("small"));
        String mount = "mount -t tmpfs -o size=30m none \"$0\" && exec \"$@\"";
        assume(
                "a small file system can be mounted",
                run("unshare", "-rm", "sh", "-c", mount, small.toString(), "true") == 0);
        try (Moorings other =
                Moorings.start(small, "unshare", "-rm", "sh", "-c", mount, small.toString())) {
            assertThat(other.awaitLine("REFUSED"))
                    .contains("The disk that holds " + small + " is full");
        }
    }

    @Test
    void aDirectoryThatTheUserNobodyCannotReachIsRefused() throws Exception {
        assume("this is root", isRoot());
        Path hidden = Files.createDirectory(directory.resolve("hidden"));
        Files.setPosixFilePermissions(hidden, PosixFilePermissions.fromString("rwx------"));
        Path inside = Files.createDirectory(hidden.resolve("inside"));
        try (Stream<Path> unpacked = Files.list(unpackedOnce)) {
            Path server = unpacked.findFirst().orElseThrow();
            Files.createSymbolicLink(inside.resolve(server.getFileName()), server);
        }
        assertThatThrownBy(() -> startAs(ServerUser.NOBODY, inside))
                .isInstanceOf(EmbeddedPostgresException.class)
                .hasMessageContaining("nobody, who cannot reach " + inside);
    }

    @Test
    void rootMayChangeHowItRunsTheServerAndKeepsTheData() throws Exception {
        assume("this is root", isRoot());
        assume("user namespaces are allowed", run("unshare", "-U", "true") == 0);
        for (ServerUser user :
                List.of(ServerUser.NOBODY, ServerUser.NAMELESS_ROOT, ServerUser.NOBODY)) {
            try (EmbeddedPostgres postgres = startAs(user, directory)) {
                execute(postgres.access(), "create table if not exists kept (value text)");
                execute(postgres.access(), "insert into kept values ('one')");
            }
        }
        try (EmbeddedPostgres postgres = start()) {
            assertThat(query(postgres.access(), "select count(*) from kept")).isEqualTo("3");
        }
    }

    private EmbeddedPostgres start() {
        return EmbeddedPostgres.start(directory, new SecureRandom());
    }

    private static EmbeddedPostgres startAs(ServerUser user, Path root)
            throws IOException, InterruptedException {
        return EmbeddedPostgres.startAs(user, root, new SecureRandom());
    }

    private static boolean isRoot() throws IOException {
        return Files.getAttribute(unpackedOnce, "unix:uid").equals(0);
    }

    /** A test that cannot run here says so where everybody reads it. */
    private static void assume(String condition, boolean holds) {
        if (!holds) {
            System.out.println("LEFT OUT, because it is not so that " + condition);
        }
        assumeTrue(holds, condition);
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    /** The living postmasters whose command line names the directory. */
    private static List<ProcessHandle> serversOn(Path directory) {
        return ProcessHandle.allProcesses()
                .filter(process -> commandLine(process).contains(directory.toString() + "/cluster"))
                .filter(process -> commandLine(process).contains("/bin/postgres\0-D"))
                .filter(process -> !commandLine(process).startsWith("setsid\0"))
                .filter(process -> !commandLine(process).startsWith("sh\0"))
                .toList();
    }

    private static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"));
        } catch (IOException e) {
            return "";
        }
    }

    private static void kill(ProcessHandle process) {
        assertThat(process.destroyForcibly()).isTrue();
    }

    private static void eventually(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!holds(condition)) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    private static boolean holds(Callable<Boolean> condition) throws Exception {
        try {
            return condition.call();
        } catch (SQLException e) {
            return false;
        }
    }

    private static void execute(DatabaseAccess access, String sql) throws SQLException {
        try (Connection connection = connect(access);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String query(DatabaseAccess access, String sql) throws SQLException {
        try (Connection connection = connect(access);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }

    private static Connection connect(DatabaseAccess access) throws SQLException {
        return DriverManager.getConnection(access.url(), access.user(), access.password());
    }
}
