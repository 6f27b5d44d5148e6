package dev.mooring.adapter.rest.edge;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;

import dev.mooring.domain.lifecycle.AttemptFailure;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.ReauthorizationCause;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** The codes are a promise: the documentation lists each with its status and meaning. */
class ErrorCodesTest {
    private static final Path DOCUMENT = Path.of("..", "docs", "errors.md");

    @Test
    void documentationListsExactlyTheCodesAndReasonsThereAre() throws IOException {
        List<String> rows =
                Files.readAllLines(DOCUMENT).stream()
                        .filter(line -> line.startsWith("| `"))
                        .toList();

        List<String> expected =
                Stream.of(
                                Arrays.stream(ErrorCode.values()).map(ErrorCodesTest::row),
                                Arrays.stream(Problem.Code.values()).map(ErrorCodesTest::row),
                                reasons(AttemptFailure.class),
                                reasons(ReauthorizationCause.class))
                        .flatMap(starts -> starts)
                        .toList();

        assertThat(rows).zipSatisfy(expected, (row, start) -> assertThat(row).startsWith(start));
        assertThat(rows).hasSameSizeAs(expected);
    }

    private static String row(ErrorCode code) {
        return "| `%s` | %d | %s | %s |"
                .formatted(code.word(), code.status(), code.type().word(), code.meaning());
    }

    private static String row(Problem.Code code) {
        ApiError error = ApiError.of(new Problem(code, "any"));
        return "| `%s` | %d | %s | ".formatted(code.word(), error.status(), error.type().word());
    }

    private static Stream<String> reasons(Class<?> sealed) {
        return Arrays.stream(sealed.getPermittedSubclasses())
                .map(reason ->
                        PropertyNamingStrategies.SnakeCaseStrategy.INSTANCE.translate(
                                reason.getSimpleName()))
                .map("| `%s` | "::formatted);
    }
}
