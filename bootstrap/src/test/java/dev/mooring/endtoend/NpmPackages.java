package dev.mooring.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

/**
 * The npm packages of the real parties, installed below {@code target/parties} by the first test
 * that needs them and kept for later runs. They bring their own Node, because the machine's may be
 * older than they allow.
 */
final class NpmPackages {

    private static final Path SOURCES = Path.of("src", "test", "parties").toAbsolutePath();
    private static final Path DIRECTORY = Path.of("target", "parties").toAbsolutePath();
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    /** Why they are missing; empty when they are there. Tried once in this JVM. */
    private static final AtomicReference<Optional<Optional<String>>> TRIED =
            new AtomicReference<>(Optional.empty());

    private NpmPackages() {}

    /** Installs them unless that was done before; the answer says why that is impossible. */
    static synchronized Optional<String> whyMissing() {
        if (TRIED.get().isEmpty()) {
            TRIED.set(Optional.of(install()));
        }
        return TRIED.get().orElseThrow();
    }

    /** Where the packages and the scripts of the parties are. */
    static Path directory() {
        return DIRECTORY;
    }

    /** The Node that came with them. */
    static Path node() {
        try (Stream<Path> packages = Files.list(DIRECTORY.resolve("node_modules"))) {
            return packages.filter(each -> each.getFileName().toString().startsWith("node-"))
                    .map(each -> each.resolve("bin").resolve("node"))
                    .filter(Files::isExecutable)
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("No Node for this machine."));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static Optional<String> install() {
        try {
            Files.createDirectories(DIRECTORY);
            try (FileChannel channel =
                            FileChannel.open(
                                    DIRECTORY.resolve("lock"),
                                    StandardOpenOption.CREATE,
                                    StandardOpenOption.WRITE);
                    FileLock oneAtATime = channel.lock()) {
                return oneAtATime.isValid() ? installLocked() : Optional.of("the lock was lost");
            }
        } catch (IOException broken) {
            return Optional.of("the packages could not be installed: " + broken);
        }
    }

    private static Optional<String> installLocked() throws IOException {
        String wanted = Files.readString(SOURCES.resolve("package.json"));
        Path installed = DIRECTORY.resolve("installed.json");
        try (Stream<Path> scripts = Files.list(SOURCES)) {
            for (Path script : scripts.toList()) {
                Files.copy(
                        script,
                        DIRECTORY.resolve(script.getFileName()),
                        StandardCopyOption.REPLACE_EXISTING);
            }
        }
        if (Files.exists(installed) && Files.readString(installed).equals(wanted)) {
            return Optional.empty();
        }
        Optional<String> failure = npmInstall();
        if (failure.isEmpty()) {
            Files.writeString(installed, wanted);
        }
        return failure;
    }

    private static Optional<String> npmInstall() {
        List<String> command =
                List.of(
                        "npm",
                        "install",
                        "--no-package-lock",
                        "--ignore-scripts",
                        "--no-audit",
                        "--no-fund",
                        "--loglevel=error");
        try (ChildProcess npm = ChildProcess.start(command, DIRECTORY, Map.of())) {
            int exit = npm.awaitExit(PATIENCE);
            return exit == 0
                    ? Optional.empty()
                    : Optional.of("npm install failed with exit code " + exit);
        } catch (UncheckedIOException notStarted) {
            return Optional.of("npm is not installed");
        } catch (AssertionError tooSlow) {
            return Optional.of("npm install took longer than " + PATIENCE.toMinutes() + " minutes");
        }
    }
}
