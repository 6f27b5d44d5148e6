package dev.mooring.endtoend;

import com.fasterxml.jackson.databind.JsonNode;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The public conformance suite of MCP, an npm package. It plays the MCP server and the
 * authorization server of many scenarios and judges what comes in from the client, which is a
 * Mooring behind the small driver {@code conformance-client.mjs}.
 */
final class ConformanceSuite {

    private static final String COMMAND_LINE =
            "node_modules/@modelcontextprotocol/conformance/dist/index.js";

    /**
     * For one scenario, and for all of a revision, which begin at once; loaded machines are slow.
     */
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    /** {@code <scenario>-<time>}, a directory for each scenario. */
    private static final Pattern DIRECTORY = Pattern.compile("(.+)-\\d{4}-\\d\\d-\\d\\dT[-\\d]+Z");

    private ConformanceSuite() {}

    /**
     * What a scenario found.
     *
     * @param passed how many of its checks were passed
     * @param failed the checks that failed, and those that warned
     * @param complaints about these, in its own words
     * @param outcome what the driver says became of it
     */
    record Finding(
            String scenario,
            String revision,
            int passed,
            Set<String> failed,
            List<String> complaints,
            JsonNode outcome) {

        private static Finding read(String scenario, String revision, Path directory) {
            try {
                List<JsonNode> checks = new ArrayList<>();
                ApiClient.JSON
                        .readTree(directory.resolve("checks.json").toFile())
                        .forEach(checks::add);
                List<JsonNode> failed =
                        checks.stream()
                                .filter(check -> is(check, "FAILURE") || is(check, "WARNING"))
                                .toList();
                String printed = Files.readString(directory.resolve("stdout.txt"));
                return new Finding(
                        scenario,
                        revision,
                        (int) checks.stream().filter(check -> is(check, "SUCCESS")).count(),
                        failed.stream()
                                .map(check -> check.path("id").asText())
                                .collect(Collectors.toSet()),
                        failed.stream().map(Finding::inWords).toList(),
                        printed.isBlank()
                                ? ApiClient.object().put("state", "killed")
                                : ApiClient.JSON.readTree(printed));
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        }

        private static boolean is(JsonNode check, String status) {
            return check.path("status").asText().equals(status);
        }

        private static String inWords(JsonNode check) {
            return "%s: %s (%s)"
                    .formatted(
                            check.path("id").asText(),
                            check.path("description").asText(),
                            check.path("errorMessage").asText());
        }

        /** {@code connected}, or the code with which Mooring refused to go on. */
        String end() {
            String state = outcome.path("state").asText();
            return state.equals("refused") ? outcome.path("code").asText() : state;
        }

        /** One row of a table. */
        @Override
        public String toString() {
            return "%-45s %s %3d/%-3d %-28s %2d %2d %6.1f s"
                    .formatted(
                            scenario,
                            revision,
                            passed,
                            passed + complaints.size(),
                            end(),
                            outcome.path("consents").asInt(),
                            outcome.path("calls").asInt(),
                            outcome.path("milliseconds").asInt() / 1000.0);
        }
    }

    /**
     * Runs all scenarios of a revision at once, prints what they found, and returns it by their
     * names.
     *
     * @param mooring where the service is
     * @param key of an operator
     */
    static SortedMap<String, Finding> run(String revision, String mooring, String key) {
        Path results = SharedService.newDataDirectory();
        Map<String, String> environment = new HashMap<>();
        environment.put("MOORING_URL", mooring);
        environment.put("MOORING_KEY", key);
        // The suite's way to start the driver bears no blank in a path, so Node is on the PATH.
        environment.put("PATH", NpmPackages.node().getParent() + ":" + System.getenv().get("PATH"));
        List<String> command =
                List.of(
                        NpmPackages.node().toString(),
                        COMMAND_LINE,
                        "client",
                        "--requirements",
                        revision,
                        "--command",
                        "node conformance-client.mjs",
                        "--timeout",
                        "" + PATIENCE.toMillis(),
                        "--output-dir",
                        results.toString());
        long start = System.nanoTime();
        String output;
        try (ChildProcess suite =
                ChildProcess.start(command, NpmPackages.directory(), environment)) {
            int exit = suite.awaitExit(PATIENCE.plusMinutes(1));
            output = String.join("\n", suite.output());
            // 1 is a check that failed, which some may; by a signal it is more.
            if (exit > 1) {
                throw new AssertionError("The suite broke off (%d):%n%s".formatted(exit, output));
            }
        }
        SortedMap<String, Finding> findings = read(revision, results);
        if (findings.isEmpty()) {
            throw new AssertionError("The suite found nothing, but printed:\n" + output);
        }
        print(findings, Duration.ofNanos(System.nanoTime() - start));
        return findings;
    }

    private static SortedMap<String, Finding> read(String revision, Path results) {
        try (Stream<Path> files = Files.walk(results)) {
            SortedMap<String, Finding> findings = new TreeMap<>();
            files.filter(file -> file.endsWith("checks.json"))
                    .map(Path::getParent)
                    .forEach(directory -> {
                        Matcher name = DIRECTORY.matcher(results.relativize(directory).toString());
                        if (name.matches()) {
                            findings.put(
                                    name.group(1),
                                    Finding.read(name.group(1), revision, directory));
                        }
                    });
            return findings;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static void print(Map<String, Finding> findings, Duration took) {
        String table =
                findings.values().stream()
                        .map(Finding::toString)
                        .collect(Collectors.joining(System.lineSeparator()));
        System.out.printf(
                "%-45s %-10s %7s %-28s consents, calls, time%n%s%n%d scenarios in %d s%n",
                "scenario", "revision", "passed", "end", table, findings.size(), took.toSeconds());
    }
}
