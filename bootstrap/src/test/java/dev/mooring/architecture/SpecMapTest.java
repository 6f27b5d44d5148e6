package dev.mooring.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import static java.util.function.Predicate.not;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * {@code docs/spec-map.md} has a row for every clause, and whatever a row names is there: the
 * classes among the sources of production, the tests among those of the tests.
 */
class SpecMapTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern ROW =
            Pattern.compile("\\| ([A-Z]\\d+) \\|[^|]+\\|[^|]+\\|([^|]+)\\|([^|]+)\\|");
    private static final Pattern NAME = Pattern.compile("`([A-Za-z0-9_.]+)`");

    /** How many clauses each part of the map has. */
    private static final Map<String, Integer> CLAUSES =
            Map.of("D", 9, "R", 10, "Z", 10, "S", 6, "T", 6, "G", 8, "E", 4, "O", 9, "X", 13);

    /** One line of the map. */
    private record Row(String clause, List<String> classes, List<String> tests) {
        static Row of(MatchResult row) {
            return new Row(row.group(1), names(row.group(2)), names(row.group(3)));
        }

        private static List<String> names(String cell) {
            return NAME.matcher(cell).results().map(found -> found.group(1)).toList();
        }
    }

    private static final Map<String, List<String>> PRODUCTION = sources("main");
    private static final Map<String, List<String>> TESTS = sources("test");

    @Test
    void everyClauseHasARowAndWhateverTheRowsNameIsThere() throws IOException {
        assertThat(faults(Files.readString(ROOT.resolve("docs/spec-map.md")))).isEmpty();
    }

    /** The check itself, on rows of which only the last one is right. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "| Z9 | s | w | `HttpUrl` | - |; Z9 names no test",
                "| Z9 | s | w | - | `HttpUrlTest.anEndlessUrlIsRefused` |; Z9 names no class",
                "| Z9 | s | w | `NoClass` | `HttpUrlTest.anEndlessUrlIsRefused` |;"
                        + " Z9 names NoClass, which is not there",
                "| Z9 | s | w | `HttpUrl` | `HttpUrlTest.noTest` |;"
                        + " Z9 names HttpUrlTest.noTest, which is not there",
                "| Z9 | s | w | `HttpUrl` | `NoTest.anEndlessUrlIsRefused` |;"
                        + " Z9 names NoTest.anEndlessUrlIsRefused, which is not there",
                "| Z9 | s | w | `HttpUrl` | `HttpUrlTest` |;"
                        + " Z9 names HttpUrlTest, which is not there",
                "| Z9 | s | w | `HttpUrl` | `HttpUrlTest.anEndlessUrlIsRefused` |; Z10 has no row",
                "| Z9 | s | w | `HttpUrl` | `HttpUrlTest.anEndlessUrlIsRefused` |"
                        + "| Z9 | s | w | `HttpUrl` | `HttpUrlTest.anEndlessUrlIsRefused` |;"
                        + " Z9 has more than one row"
            })
    void aRowThatNamesNothingThatExistsIsReported(String row, String fault) {
        assertThat(faults(row)).contains(fault);
        assertThat(faults(row).stream().filter(found -> found.startsWith("Z9 ")))
                .hasSize(fault.startsWith("Z9 ") ? 1 : 0);
    }

    private static List<String> faults(String map) {
        List<Row> rows = ROW.matcher(map).results().map(Row::of).toList();
        List<String> faults = new ArrayList<>();
        List<String> found = rows.stream().map(Row::clause).toList();
        CLAUSES.entrySet().stream()
                .flatMap(part ->
                        IntStream.rangeClosed(1, part.getValue())
                                .mapToObj(number -> part.getKey() + number))
                .filter(not(found::contains))
                .forEach(clause -> faults.add(clause + " has no row"));
        found.stream()
                .filter(clause -> Collections.frequency(found, clause) > 1)
                .distinct()
                .forEach(clause -> faults.add(clause + " has more than one row"));
        for (Row row : rows) {
            if (row.classes().isEmpty()) {
                faults.add(row.clause() + " names no class");
            }
            if (row.tests().isEmpty()) {
                faults.add(row.clause() + " names no test");
            }
            Stream.concat(
                            row.classes().stream().filter(not(PRODUCTION::containsKey)),
                            row.tests().stream().filter(not(SpecMapTest::isTest)))
                    .forEach(name ->
                            faults.add(row.clause() + " names " + name + ", which is not there"));
        }
        return faults;
    }

    /** Whether {@code Class.method} is a test, its annotation in the paragraph that it ends. */
    private static boolean isTest(String name) {
        String[] parts = name.split("\\.", -1);
        return parts.length == 2
                && TESTS.getOrDefault(parts[0], List.of()).stream()
                        .anyMatch(source -> hasTest(source, parts[1]));
    }

    private static boolean hasTest(String source, String name) {
        int method = source.indexOf("void " + name + "(");
        String before = source.substring(0, Math.max(method, 0));
        String paragraph = before.substring(before.lastIndexOf("\n\n") + 1);
        return paragraph.contains("@Test\n") || paragraph.contains("@ParameterizedTest");
    }

    /**
     * The text of every source file of the repository by the name of its class, which classes of
     * several packages may share.
     */
    private static Map<String, List<String>> sources(String kind) {
        try (Stream<Path> modules = Files.list(ROOT)) {
            return modules.map(module -> module.resolve("src/" + kind + "/java"))
                    .filter(Files::isDirectory)
                    .flatMap(SpecMapTest::sources)
                    .collect(
                            Collectors.groupingBy(
                                    file -> file.getFileName().toString().replace(".java", ""),
                                    Collectors.mapping(SpecMapTest::text, Collectors.toList())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<Path> sources(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
