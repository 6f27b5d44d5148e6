package dev.mooring.endtoend;

import dev.mooring.endtoend.ApiClient.Credential;
import dev.mooring.party.KnownSecrets;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The packaged service as a process: the jar that {@code bootstrap/bin/mooring} starts, with a data
 * directory and loopback ports of its own, configured by its environment alone. All that it says is
 * searched by {@link SaidSecrets}.
 */
final class ServiceProcess implements AutoCloseable {

    private static final Path JAR = Path.of("target", "mooring.jar").toAbsolutePath();
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Pattern PRINTED_KEY = Pattern.compile("\\b(mrg_[A-Za-z0-9_-]{43})\\b");

    /** Of these the values are secrets. */
    private static final Set<String> SECRET_SETTINGS =
            Set.of(
                    "MOORING_ADMIN_KEY",
                    "MOORING_DATABASE_PASSWORD",
                    "MOORING_OIDC_CLIENT_SECRET",
                    "MOORING_OUTBOUND_PROXY_PASSWORD");

    private static final Set<ServiceProcess> RUNNING = ConcurrentHashMap.newKeySet();

    private final Path data;
    private final Map<String, String> environment;
    private final List<String> options;
    private final List<String> inside;
    private ChildProcess process;
    private volatile String adminKey;

    private ServiceProcess(
            Path data, Map<String, String> environment, List<String> options, List<String> inside) {
        this.data = data;
        this.environment = environment;
        this.options = options;
        this.inside = inside;
        this.adminKey = environment.getOrDefault("MOORING_ADMIN_KEY", "unknown");
        this.process = launch(data, environment, options, inside);
    }

    /** Starts it on this data directory with this environment on top, and waits until it serves. */
    static ServiceProcess start(Path data, Map<String, String> environment) {
        return start(data, environment, List.of());
    }

    /** The same with further options of the JVM, of which the last one counts. */
    static ServiceProcess start(Path data, Map<String, String> environment, List<String> options) {
        return started(
                new ServiceProcess(data, environment(data, environment), options, List.of()));
    }

    /**
     * Starts it inside of this command, which must execute, in its own place, the command that
     * follows; and waits until it serves.
     */
    static ServiceProcess startInside(
            List<String> command, Path data, Map<String, String> environment) {
        return started(
                new ServiceProcess(data, environment(data, environment), List.of(), command));
    }

    private static ServiceProcess started(ServiceProcess service) {
        service.awaitReady();
        RUNNING.add(service);
        return service;
    }

    /** Starts it without waiting; for configurations that it is to refuse. */
    static ChildProcess launchOnly(Path data, Map<String, String> environment) {
        return launch(data, environment(data, environment), List.of(), List.of());
    }

    /** Runs a command of the command line beside it, with the same settings. */
    ChildProcess command(String... arguments) {
        return launch(data, environment, options, List.of(), arguments);
    }

    /** Runs a command of the command line where no service runs. */
    static ChildProcess commandOnly(Path data, List<String> arguments) {
        return launch(
                data,
                environment(data, Map.of()),
                List.of(),
                List.of(),
                arguments.toArray(String[]::new));
    }

    /** The base of its API, without a trailing slash. */
    String address() {
        return "http://localhost:" + environment.get("MOORING_PORT");
    }

    /** The base of its admin socket. */
    String adminAddress() {
        return "http://localhost:" + environment.get("MOORING_ADMIN_PORT");
    }

    /** The admin key that its first start printed. */
    String printedKey() {
        return process.awaitLine(PRINTED_KEY, Duration.ofSeconds(5)).group(1);
    }

    /** Everything printed since its last start. */
    List<String> log() {
        return process.output();
    }

    /** The process of its last start. */
    ChildProcess process() {
        return process;
    }

    /** Ends it at once, as {@code kill -9} does. */
    void kill() {
        process.kill();
    }

    /** Lets it stand still: its connections stay open, and it does nothing. */
    void freeze() {
        Signals.freeze(process.pid());
    }

    /** Lets it go on after {@link #freeze()}. */
    void thaw() {
        Signals.thaw(process.pid());
    }

    /** Ends it in order and returns its exit code. */
    int terminate() {
        process.terminate();
        return process.awaitExit(Duration.ofSeconds(30));
    }

    /** Starts it again on the same data, ports and configuration, and waits until it serves. */
    void startAgain() {
        knownAdminKey();
        process.close();
        process = launch(data, environment, options, inside);
        awaitReady();
    }

    @Override
    public void close() {
        RUNNING.remove(this);
        try {
            searchAnswers();
        } finally {
            end();
        }
    }

    private void end() {
        // In order, so that its database ends with it and the data directory can be deleted.
        if (process.isAlive()) {
            process.terminate();
            try {
                process.awaitExit(Duration.ofSeconds(30));
            } finally {
                process.close();
            }
        }
        process.close();
    }

    /** Searches the answers of every service that goes on running. */
    static void searchRunning() {
        RUNNING.forEach(ServiceProcess::searchAnswers);
    }

    /** Has the answers searched, as all are, that tell of what happened in its life. */
    private void searchAnswers() {
        rememberKeysIn(data.resolve("encryption-keys"));
        rememberKeysIn(Path.of(environment.getOrDefault("MOORING_ENCRYPTION_KEY_FILE", "")));
        if (!process.isAlive() || !isReady()) {
            return;
        }
        try (ApiClient operator = new ApiClient(adminAddress(), new Credential.Nobody());
                ApiClient auditor =
                        new ApiClient(address(), new Credential.ApiKey(knownAdminKey()))) {
            operator.get("/metrics");
            auditor.get("/api/audit?limit=1000");
        } catch (UncheckedIOException endedMeanwhile) {
            return;
        }
    }

    /** The key that it was given, or printed in one of its lives; there may be another by now. */
    private String knownAdminKey() {
        process.output().stream()
                .map(PRINTED_KEY::matcher)
                .filter(Matcher::find)
                .map(Matcher::group)
                .findFirst()
                .ifPresent(key -> adminKey = key);
        return adminKey;
    }

    /** Each line of such a file has the id of a key and the key. */
    private static void rememberKeysIn(Path file) {
        if (Files.isRegularFile(file)) {
            try {
                Files.readAllLines(file).stream()
                        .map(line -> line.substring(line.indexOf(' ') + 1))
                        .forEach(KnownSecrets::remember);
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        }
    }

    /** Waits until it serves. */
    void awaitReady() {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try (HttpClient http = HttpClient.newHttpClient()) {
            while (!isReady(http)) {
                if (!process.isAlive() || System.nanoTime() > deadline) {
                    String output = String.join("\n", process.output());
                    process.close();
                    throw new AssertionError("The service does not become ready:\n" + output);
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            }
        }
    }

    private boolean isReady() {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return isReady(http);
        }
    }

    private boolean isReady(HttpClient http) {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(address() + "/health/ready"))
                        .timeout(Duration.ofSeconds(5))
                        .build();
        try {
            return http.send(request, BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stopped);
        }
    }

    private static Map<String, String> environment(Path data, Map<String, String> onTop) {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("MOORING_PORT", "" + FreePorts.next());
        environment.put("MOORING_ADMIN_PORT", "" + FreePorts.next());
        environment.put("MOORING_DATA_DIR", data.toString());
        environment.put("MOORING_OUTBOUND_ALLOW", "localhost");
        environment.putAll(onTop);
        SECRET_SETTINGS.forEach(name -> KnownSecrets.remember(environment.getOrDefault(name, "")));
        return environment;
    }

    private static ChildProcess launch(
            Path data,
            Map<String, String> environment,
            List<String> options,
            List<String> inside,
            String... arguments) {
        List<String> command = new ArrayList<>(inside);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // What bin/mooring sets, with the cheaper compiler: these processes live for seconds.
        command.addAll(
                List.of("-XX:+UseCompactObjectHeaders", "-Xmx512m", "-XX:TieredStopAtLevel=1"));
        command.addAll(options);
        command.addAll(List.of("-jar", JAR.toString()));
        command.addAll(List.of(arguments));
        return SaidSecrets.watch(ChildProcess.start(command, data, environment));
    }
}
