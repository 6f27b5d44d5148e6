package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
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

    private static Packaged copy;
    private static Packaged checkout;

    /** What was packaged, somewhere else. */
    private record Packaged(Path script, Path target) {

        static Packaged in(String name) throws IOException {
            Path root = Files.createDirectory(directory.resolve(name));
            Path target =
                    Files.createDirectories(root.resolve("bootstrap/target/libs")).getParent();
            Path bin = Files.createDirectories(root.resolve("bootstrap/bin")).resolve("mooring");
            Files.copy(Path.of("bin", "mooring"), bin);
            assertThat(bin.toFile().setExecutable(true)).isTrue();
            Files.copy(Path.of("target", "mooring.jar"), target.resolve("mooring.jar"));
            try (Stream<Path> libs = Files.list(Path.of("target", "libs"))) {
                for (Path lib : libs.toList()) {
                    Files.copy(lib, target.resolve("libs").resolve(lib.getFileName()));
                }
            }
            return new Packaged(
                    Files.createSymbolicLink(directory.resolve("link to " + name), bin), target);
        }

        /** With a {@code pom.xml} and nothing newer than the last build. */
        Packaged asCheckout() throws IOException {
            Path root = target.getParent().getParent();
            Files.createFile(root.resolve("pom.xml"));
            for (String module : new String[] {"domain", "application", "adapters-rest"}) {
                Files.createDirectory(root.resolve(module));
            }
            Files.createFile(target.resolve("built"));
            return this;
        }

        List<Path> caches() {
            try (Stream<Path> files = Files.list(target.resolve("aot"))) {
                return files.filter(file -> file.toString().endsWith(".aot")).toList();
            } catch (IOException notYet) {
                return List.of();
            }
        }

        ChildProcess run(Map<String, String> environment, String... arguments) {
            List<String> command = new ArrayList<>(List.of(script.toString()));
            command.addAll(List.of(arguments));
            return SaidSecrets.watch(ChildProcess.start(command, directory, environment));
        }

        ChildProcess serve(Path data, Map<String, String> more) {
            Map<String, String> environment = new HashMap<>(more);
            environment.put("MOORING_DATA_DIR", data.toString());
            environment.put("MOORING_PORT", "" + FreePorts.next());
            environment.put("MOORING_ADMIN_PORT", "" + FreePorts.next());
            ChildProcess service = run(environment);
            service.awaitLine(SERVES, PATIENCE);
            return service;
        }
    }

    @BeforeAll
    static void copyWhatWasPackaged() throws IOException {
        copy = Packaged.in("a copy");
        checkout = Packaged.in("a checkout").asCheckout();
    }

    @Test
    void helpAndVersionAreTold() {
        assertPrints("^  train +make the cache", 0, "--help");
        assertPrints("^Mooring \\d", 0, "--version");
    }

    @ParameterizedTest
    @CsvSource({"frobnicate", "--port=80", "''"})
    void anUnknownArgumentStopsTheStart(String argument) {
        assertPrints("unknown argument: " + Pattern.quote(argument) + "$", 2, argument);
    }

    @ParameterizedTest
    @ValueSource(strings = {"no", "OFF", "true"})
    void anotherWordForTrainingStopsTheStart(String word) {
        try (ChildProcess process = copy.run(Map.of("MOORING_TRAINING", word))) {
            process.awaitLine(Pattern.compile("MOORING_TRAINING must be on or off$"), PATIENCE);
            assertThat(process.awaitExit(PATIENCE)).isEqualTo(2);
        }
    }

    @Test
    void aCheckoutTrainsOnceOnTheSideWhateverComesOfIt() throws IOException {
        Path data = Files.createDirectory(directory.resolve("first"));
        Map<String, String> options =
                Map.of("MOORING_JAVA_OPTS", "-Xlog:gc:file=gc.log -XX:+UseSerialGC");

        try (ChildProcess first = checkout.serve(data, options)) {
            ProcessHandle service = ProcessHandle.of(first.pid()).orElseThrow();
            Eventually.holds(
                    "it trains",
                    PATIENCE,
                    () -> service.descendants().anyMatch(StartScriptIT::isTraining));
            // It has the lowest priority, so how long it takes is up to the machine.
            service.descendants()
                    .filter(StartScriptIT::isTraining)
                    .forEach(training -> {
                        assertThat(argumentsOf(training))
                                .contains("-XX:+UseSerialGC")
                                .noneMatch(argument -> argument.contains("gc.log"));
                        training.destroyForcibly();
                    });
            Eventually.holds(
                    "it gives up",
                    PATIENCE,
                    () ->
                            service.descendants()
                                    .noneMatch(one -> argumentsOf(one).contains("train-aside")));
            end(first);
        }

        try (ChildProcess second = checkout.serve(data, options)) {
            assertThat(argumentsOf(second)).noneMatch(StartScriptIT::makesItTrain);
            end(second);
        }
        assertThat(checkout.caches()).isEmpty();
    }

    @Test
    void aCopyDoesNotTrainByItself() throws IOException {
        Path data = Files.createDirectory(directory.resolve("copied"));

        // Other options, so that no cache of another test fits.
        try (ChildProcess service =
                copy.serve(data, Map.of("MOORING_JAVA_OPTS", "-XX:+UseSerialGC"))) {
            assertThat(argumentsOf(service)).noneMatch(StartScriptIT::makesItTrain);
            end(service);
        }
    }

    private static boolean makesItTrain(String argument) {
        return argument.startsWith("-Dmooring.after-start=");
    }

    private static boolean isTraining(ProcessHandle process) {
        return argumentsOf(process).contains("--train-in");
    }

    @Test
    void aCacheIsUsedWhenItFitsAndLeftAsideWithoutAWordWhenNot() throws IOException {
        Path data = Files.createDirectory(directory.resolve("later"));
        try (ChildProcess training =
                copy.run(Map.of("MOORING_JAVA_OPTS", "-Xlog:gc:file=training.log"), "train")) {
            assertThat(training.awaitExit(PATIENCE)).as("%s", training.output()).isZero();
        }
        assertThat(copy.caches()).hasSize(1);
        assertThat(copy.target().resolve("aot/training")).doesNotExist();
        assertThat(directory.resolve("training.log")).doesNotExist();

        Map<String, String> elsewhere = Map.of("TZ", "Asia/Tokyo", "MOORING_JAVA_OPTS", "-Da=b");
        try (ChildProcess service = copy.serve(data, elsewhere)) {
            assertThat(argumentsOf(service))
                    .contains("-XX:AOTCache=" + copy.caches().getFirst().toRealPath());
            end(service);
        }

        Files.writeString(copy.caches().getFirst(), "not what a JVM wrote");
        try (ChildProcess service = copy.serve(data, Map.of())) {
            assertThat(service.output()).noneMatch(line -> line.startsWith("["));
            end(service);
        }

        Files.setLastModifiedTime(copy.target().resolve("mooring.jar"), FileTime.fromMillis(0));
        try (ChildProcess ofAnotherBuild = copy.serve(data, Map.of("MOORING_TRAINING", "off"))) {
            assertThat(argumentsOf(ofAnotherBuild)).noneMatch(argument -> argument.contains("AOT"));
            end(ofAnotherBuild);
        }
    }

    private static void end(ChildProcess service) {
        service.terminate();
        assertThat(service.awaitExit(Duration.ofMinutes(1))).isEqualTo(143);
    }

    private static List<String> argumentsOf(ChildProcess service) {
        return argumentsOf(ProcessHandle.of(service.pid()).orElseThrow());
    }

    private static List<String> argumentsOf(ProcessHandle process) {
        return process.info().arguments().map(List::of).orElse(List.of());
    }

    private static void assertPrints(String pattern, int exit, String argument) {
        try (ChildProcess process = copy.run(Map.of(), argument)) {
            process.awaitLine(Pattern.compile(pattern), PATIENCE);
            assertThat(process.awaitExit(PATIENCE)).isEqualTo(exit);
        }
    }
}
