package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * {@code bin/mooring}, in a copy of what was packaged: below a directory with a blank in its name,
 * called through a symbolic link, from somewhere else.
 */
final class StartScriptIT {

    /** Training starts a service and lets the JVM write what it learned. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private static final Pattern SERVES = Pattern.compile("Mooring \\S+ serves http://localhost:");

    @TempDir private static Path directory;

    private static Path target;
    private static Path script;

    @BeforeAll
    static void copyWhatWasPackaged() throws IOException {
        Path copy = Files.createDirectory(directory.resolve("a copy"));
        target = Files.createDirectories(copy.resolve("bootstrap/target/libs")).getParent();
        Path bin = Files.createDirectories(copy.resolve("bootstrap/bin")).resolve("mooring");
        Files.copy(Path.of("bin", "mooring"), bin);
        assertThat(bin.toFile().setExecutable(true)).isTrue();
        Files.copy(Path.of("target", "mooring.jar"), target.resolve("mooring.jar"));
        try (Stream<Path> libs = Files.list(Path.of("target", "libs"))) {
            for (Path lib : libs.toList()) {
                Files.copy(lib, target.resolve("libs").resolve(lib.getFileName()));
            }
        }
        script = Files.createSymbolicLink(directory.resolve("link"), bin);
    }

    @Test
    void helpAndVersionAreTold() {
        assertPrints("^Usage: mooring .*train", 0, "--help");
        assertPrints("^Mooring \\d", 0, "--version");
    }

    @ParameterizedTest
    @CsvSource({"frobnicate", "--port=80", "''"})
    void anUnknownArgumentStopsTheStart(String argument) {
        assertPrints("unknown argument: " + Pattern.quote(argument) + "$", 2, argument);
    }

    @Test
    void aStartWithoutACacheTrainsOnTheSide() throws IOException {
        Path data = Files.createDirectory(directory.resolve("first"));

        try (ChildProcess first = serve(data, "on")) {
            ProcessHandle service = ProcessHandle.of(first.pid()).orElseThrow();
            Eventually.holds(
                    "it trains",
                    PATIENCE,
                    () -> service.descendants().anyMatch(StartScriptIT::isTraining));
            // It has the lowest priority, so how long it takes is up to the machine.
            service.descendants().filter(StartScriptIT::isTraining).forEach(ProcessHandle::destroy);
            end(first);
        }
    }

    private static boolean isTraining(ProcessHandle process) {
        return process.info()
                .arguments()
                .filter(arguments -> List.of(arguments).contains("--train-in"))
                .isPresent();
    }

    @Test
    void aCacheIsUsedWhenItFitsAndLeftAsideWithoutAWordWhenNot() throws IOException {
        Path data = Files.createDirectory(directory.resolve("later"));
        try (ChildProcess training = run(Map.of(), List.of("train"))) {
            assertThat(training.awaitExit(PATIENCE)).as("%s", training.output()).isZero();
        }
        assertThat(caches()).hasSize(1);
        assertThat(target.resolve("aot/training")).doesNotExist();

        try (ChildProcess service = serve(data, "on")) {
            assertThat(argumentsOf(service))
                    .contains("-XX:AOTCache=" + caches().getFirst().toRealPath());
            end(service);
        }

        Files.writeString(caches().getFirst(), "not what a JVM wrote");
        try (ChildProcess service = serve(data, "on")) {
            assertThat(service.output()).noneMatch(line -> line.startsWith("["));
            end(service);
        }

        Files.setLastModifiedTime(target.resolve("mooring.jar"), FileTime.fromMillis(0));
        try (ChildProcess ofAnotherBuild = serve(data, "off")) {
            assertThat(argumentsOf(ofAnotherBuild)).noneMatch(argument -> argument.contains("AOT"));
            end(ofAnotherBuild);
        }
    }

    private static ChildProcess serve(Path data, String training) {
        ChildProcess service =
                run(
                        Map.of(
                                "MOORING_TRAINING",
                                training,
                                "MOORING_DATA_DIR",
                                data.toString(),
                                "MOORING_PORT",
                                "" + FreePorts.next(),
                                "MOORING_ADMIN_PORT",
                                "" + FreePorts.next()),
                        List.of());
        service.awaitLine(SERVES, PATIENCE);
        return service;
    }

    private static void end(ChildProcess service) {
        service.terminate();
        assertThat(service.awaitExit(Duration.ofMinutes(1))).isEqualTo(143);
    }

    private static List<String> argumentsOf(ChildProcess service) {
        return ProcessHandle.of(service.pid())
                .flatMap(handle -> handle.info().arguments())
                .map(List::of)
                .orElseThrow();
    }

    private static List<Path> caches() {
        try (Stream<Path> files = Files.list(target.resolve("aot"))) {
            return files.filter(file -> file.toString().endsWith(".aot")).toList();
        } catch (IOException notYet) {
            return List.of();
        }
    }

    private static void assertPrints(String pattern, int exit, String argument) {
        try (ChildProcess process = run(Map.of(), List.of(argument))) {
            process.awaitLine(Pattern.compile(pattern), PATIENCE);
            assertThat(process.awaitExit(PATIENCE)).isEqualTo(exit);
        }
    }

    private static ChildProcess run(Map<String, String> environment, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(script.toString()));
        command.addAll(arguments);
        return ChildProcess.start(command, directory, environment);
    }
}
