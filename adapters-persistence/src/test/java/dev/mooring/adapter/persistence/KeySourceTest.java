package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.HotSpotDiagnosticMXBean;

import dev.mooring.application.fixture.Race;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

class KeySourceTest {

    private static final SecureRandom RANDOM = new SecureRandom();

    @TempDir private Path directory;

    @Test
    void aMissingFileIsNamedWithItsSetting() {
        KeyFile missing = file("missing");
        assertThatThrownBy(missing::read)
                .isInstanceOf(DatabaseUnusableException.class)
                .hasMessageContaining("THE_SETTING (" + missing.path() + ")");
    }

    @Test
    void aKeyFileIsMadeOnceForItsOwnerAlone() throws IOException {
        KeyFile file = file("keys");
        file.createIfMissing(RANDOM);
        String made = Files.readString(file.path());
        file.createIfMissing(RANDOM);
        assertThat(Files.readString(file.path())).isEqualTo(made);
        assertThat(permissions(file.path())).isEqualTo("rw-------");
        assertThat(files()).containsExactly("keys");
    }

    @Test
    void allWhoMakeTheFileAtOnceEndUpWithTheSameKey() {
        KeyFile file = file("keys");
        List<String> ids =
                Race.of(
                        8,
                        runner -> {
                            file.createIfMissing(RANDOM);
                            return file.read().firstId();
                        });
        assertThat(new HashSet<>(ids)).hasSize(1);
    }

    @Test
    void aKeyIsAddedBehindTheOthersAndAllElseStaysAsItWas() throws IOException {
        KeyFile file = file("keys");
        String before = "# ours\n" + TestStores.randomKey("old").strip();
        Files.writeString(file.path(), before);
        Files.setPosixFilePermissions(file.path(), PosixFilePermissions.fromString("rw-r-----"));

        String id = file.add(RANDOM);

        assertThat(file.read().ids()).containsExactly("old", id);
        assertThat(Files.readString(file.path())).startsWith(before + "\n" + id + " ");
        assertThat(permissions(file.path())).isEqualTo("rw-r-----");
        assertThat(files()).containsExactly("keys");
    }

    @Test
    void aFileBehindALinkIsChangedAndTheLinkStays() throws IOException {
        KeyFile real = file("real");
        real.createIfMissing(RANDOM);
        KeyFile link = file("link");
        Files.createSymbolicLink(link.path(), real.path());

        String id = link.add(RANDOM);

        assertThat(link.path()).isSymbolicLink();
        assertThat(real.read().ids()).contains(id);
    }

    @Test
    void aRetiredKeyIsKeptBesideTheFile() throws IOException {
        KeyFile file = file("keys");
        String old = TestStores.randomKey("old");
        String current = TestStores.randomKey("older");
        Files.writeString(file.path(), old + "# comment\n" + current);

        Path retired = file.retire("old");

        assertThat(Files.readString(file.path())).isEqualTo("# comment\n" + current);
        assertThat(Files.readString(retired)).isEqualTo(old);
        assertThat(permissions(retired)).isEqualTo("rw-------");
    }

    @Test
    void aFileThatCannotBeChangedIsSaidWithWhatToDoInstead() {
        KeyFile missing = file("missing");
        assertThatThrownBy(() -> missing.add(RANDOM))
                .isInstanceOf(DatabaseUnusableException.class)
                .hasMessageContaining("cannot be changed")
                .hasMessageContaining("mooring keys new");
    }

    @Test
    void commasMayStandForLineBreaksInASetting() {
        String keys = TestStores.randomKey("a").strip() + "," + TestStores.randomKey("b").strip();
        KeyText text = new KeyText("THE_SETTING", keys);
        assertThat(text.read().ids()).containsExactly("a", "b");
        assertThat(text.toString()).isEqualTo("KeyText[THE_SETTING]");
        assertThatThrownBy(() -> new KeyText("THE_SETTING", "a secret").read())
                .hasMessageContaining("Line 1 of THE_SETTING")
                .hasMessageNotContaining("secret");
    }

    @Test
    void aProgramPrintsTheKeys() throws IOException {
        Path keys = directory.resolve("keys with; $blanks");
        Files.writeString(keys, TestStores.randomKey("a") + TestStores.randomKey("b"));
        // One word whatever is in it: no shell looks at it.
        assertThat(command("cat", keys.toString()).read().ids()).containsExactly("a", "b");
    }

    @Test
    void whatAProgramSaysOfItsTroubleIsNotRepeated() {
        KeyCommand failing = command("sh", "-c", "echo hidden >&2; echo hidden; exit 3");
        assertThatThrownBy(failing::read)
                .isInstanceOf(DatabaseUnusableException.class)
                .hasMessageContaining("THE_SETTING (sh) ended with exit code 3")
                .hasMessageNotContaining("hidden");
        assertThatThrownBy(command("no-such-program-anywhere", "hidden")::read)
                .hasMessageContaining("THE_SETTING (no-such-program-anywhere) cannot be run")
                .hasMessageNotContaining("hidden");
        assertThat(failing.toString()).doesNotContain("hidden");
    }

    @Test
    void aProgramThatNeverEndsIsEndedWithAllItStarted() {
        String unusual = "30" + RANDOM.nextInt(1_000_000, 2_000_000);
        KeyCommand slow = command("sh", "-c", "sleep %1$s & sleep %1$s".formatted(unusual));
        assertThatThrownBy(() -> slow.read(Duration.ofMillis(300)))
                .isInstanceOf(DatabaseUnusableException.class)
                .hasMessageContaining("did not end within");
        // Ended is not gone at once.
        assertThat(
                        Patience.ask(
                                Duration.ofSeconds(20),
                                () -> Optional.of(true).filter(gone -> !runs(unusual))))
                .isPresent();
    }

    /** As the agent does that some client of a key management system starts. */
    @Test
    void whatAProgramLeavesRunningHoldsNothingUp() {
        String unusual = "40" + RANDOM.nextInt(1_000_000, 2_000_000);
        KeyCommand leaving =
                command(
                        "sh",
                        "-c",
                        "(setsid sleep %s &); echo '%s'"
                                .formatted(unusual, TestStores.randomKey("a").strip()));
        try {
            assertThat(leaving.read(Duration.ofSeconds(60)).ids()).containsExactly("a");
            assertThat(runs(unusual)).isTrue();
            assertThat(readers()).isZero();
        } finally {
            processesWith(unusual).forEach(ProcessHandle::destroyForcibly);
        }
    }

    @Test
    void noThreadStaysWithAProgramThatNeverEndsAndWhoseOutputIsHeldOpen() {
        String unusual = "50" + RANDOM.nextInt(1_000_000, 2_000_000);
        KeyCommand slow =
                command("sh", "-c", "(setsid sleep %1$s &); sleep %1$s".formatted(unusual));
        try {
            assertThatThrownBy(() -> slow.read(Duration.ofMillis(300)))
                    .hasMessageContaining("did not end within");
            assertThat(
                            Patience.ask(
                                    Duration.ofSeconds(20),
                                    () -> Optional.of(true).filter(gone -> readers() == 0)))
                    .isPresent();
        } finally {
            processesWith(unusual).forEach(ProcessHandle::destroyForcibly);
        }
    }

    /** Keys that fill the pipe more than once. */
    @Test
    void whatIsPrintedInPartsIsPutTogether() {
        String lines =
                IntStream.range(0, 900)
                        .mapToObj(n -> TestStores.randomKey("k" + n))
                        .collect(Collectors.joining());
        Path keys = directory.resolve("many");
        assertThat(lines.length()).isBetween(32 * 1024, 64 * 1024);
        assertThatCode(() -> Files.writeString(keys, lines)).doesNotThrowAnyException();
        assertThat(command("cat", keys.toString()).read().ids()).hasSize(900);
    }

    @Test
    void aProgramThatPrintsWithoutEndIsStopped() {
        assertThatThrownBy(command("yes", "no key")::read)
                .isInstanceOf(DatabaseUnusableException.class)
                .hasMessageContaining("printed more than 64 KiB");
    }

    private static boolean runs(String argument) {
        return processesWith(argument).findAny().isPresent();
    }

    private static Stream<ProcessHandle> processesWith(String argument) {
        return ProcessHandle.allProcesses()
                .filter(process ->
                        process.info()
                                .arguments()
                                .filter(words -> Arrays.asList(words).contains(argument))
                                .isPresent());
    }

    /** Virtual threads are in no list but a dump. */
    private int readers() {
        Path dump = directory.resolve("threads-" + RANDOM.nextLong());
        try {
            ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                    .dumpThreads(
                            dump.toString(), HotSpotDiagnosticMXBean.ThreadDumpFormat.TEXT_PLAIN);
            return Files.readString(dump).split("\"" + KeyCommand.READER + "\"", -1).length - 1;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static KeyCommand command(String... words) {
        return new KeyCommand("THE_SETTING", List.of(words));
    }

    private KeyFile file(String name) {
        return new KeyFile("THE_SETTING", directory.resolve(name));
    }

    private List<String> files() throws IOException {
        try (var all = Files.list(directory)) {
            return all.map(file -> file.getFileName().toString()).toList();
        }
    }

    private static String permissions(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
